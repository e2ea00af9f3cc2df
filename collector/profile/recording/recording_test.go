package recording_test

import (
	"flag"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/collector/profile/recording"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

var update = flag.Bool("update", false, "write the missing recordings of testdata/frames, and what is expected of all")

const frames = "../testdata/frames"

// TestRecordings decodes the recorded answers of every Modbus profile and
// compares what comes out with the samples that were expected.
func TestRecordings(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	lib, err := profile.Library()
	require.NoError(t, err)
	for _, id := range slices.Sorted(maps.Keys(lib)) {
		p := lib[id]
		if p.Protocol != "modbus" {
			continue
		}
		t.Run(id, func(t *testing.T) {
			name := filepath.Join(frames, id+".yaml")
			data, err := os.ReadFile(name)
			if *update && os.IsNotExist(err) {
				data, err = simulate(t, p, cat).Marshal(), nil
			}
			require.NoError(t, err, "every profile comes with a recording: go test ./collector/profile/recording -update")
			f, mistakes := recording.Parse(name, data)
			require.Empty(t, mistakes)
			require.Equal(t, id, f.Profile)
			want := *f
			memory, err := f.Memory()
			require.NoError(t, err)
			f.Interpret(memory, p, cat)
			if *update {
				require.NoError(t, os.MkdirAll(frames, 0o755))
				require.NoError(t, os.WriteFile(name, f.Marshal(), 0o644))
				return
			}
			require.Equal(t, want.Identity, f.Identity)
			require.Equal(t, want.Samples, f.Samples)
			require.Equal(t, want.Closed, f.Closed)
			require.Equal(t, string(data), string(f.Marshal()), "as it would be written")
			for i, d := range p.Identify {
				require.True(t, d.Accepts(f.Identity[i].Text), "%s says %q", d.What, f.Identity[i].Text)
			}
			good := 0
			for _, s := range f.Samples {
				require.NotEqual(t, gtc.QualityCommLost.String(), s.Quality, "%s is not in the recording", s.Point)
				if s.Quality == "" {
					good++
				}
			}
			require.True(t, good > 0 || len(f.Closed) > 0, "the recording shows nothing")
		})
	}
	names, err := filepath.Glob(filepath.Join(frames, "*.yaml"))
	require.NoError(t, err)
	for _, name := range names {
		require.Contains(t, lib, strings.TrimSuffix(filepath.Base(name), ".yaml"), "a recording without a profile")
	}
}

// simulate makes a recording from plausible values.
func simulate(t *testing.T, p *profile.Profile, cat *catalogue.Catalogue) *recording.File {
	t.Helper()
	f := &recording.File{Profile: p.ID, Origin: recording.OriginSimulated, Framing: recording.FramingTCP, Unit: 1}
	memory := recording.NewMemory()
	var points []modbus.Point
	add := func(r profile.Register, kind gtc.ValueType) {
		points = append(points, modbus.Point{Series: gtc.Series{Point: r.Point}, Type: kind, Register: r})
	}
	for _, d := range p.Identify {
		memory.PutWords(d.Table, d.Address, p.IdentityWords(d))
		answer(t, f, memory, modbus.Request{Table: modbus.Table(d.Table), Address: d.Address, Count: uint16(d.Words())})
	}
	shared := map[string]uint16{}
	for _, r := range p.Registers {
		point, ok := cat.Point(p.Slots[r.Slot], r.Point)
		require.True(t, ok)
		add(r, point.Type)
		v := plausible(r, point)
		if r.Type == "bit" {
			memory.PutBits(r.Table, r.Address, []bool{v.True() != r.Invert})
			continue
		}
		words, err := profile.Encode(r, p.Modbus.WordOrder, v)
		require.NoError(t, err, r.Point)
		for i, w := range words {
			at := r.Start() + uint16(i)
			key := r.Table + string(rune(at))
			if r.Bit != nil || r.Mask != 0 || r.ScaleFrom != nil {
				w |= shared[key]
			}
			shared[key] = w
			memory.PutWords(r.Table, at, []uint16{w})
		}
	}
	if c := p.Contacts; c != nil {
		for i := range c.Count {
			add(c.Register("", c.First+i, false), gtc.TypeBool)
			memory.PutBits(c.Table, c.Address+uint16(i), []bool{i%3 == 1})
		}
	}
	requests, err := modbus.Plan(points, modbus.Limits{MaxRegisters: p.Modbus.MaxRegisters, MaxBits: p.Modbus.MaxBits, MaxHole: p.Modbus.MaxHole}, modbus.Line{})
	require.NoError(t, err)
	for _, r := range requests {
		answer(t, f, memory, r)
	}
	return f
}

// answer appends the exchange of a read; what is not in the memory is zero.
func answer(t *testing.T, f *recording.File, memory *recording.Memory, r modbus.Request) {
	t.Helper()
	function := map[modbus.Table]uint8{modbus.Coil: 1, modbus.Discrete: 2, modbus.Holding: 3, modbus.Input: 4}[r.Table]
	pdu := []byte{function, uint8(wire.DataBytes(function, r.Count))}
	if r.Table.Bits() {
		pdu = append(pdu, make([]byte, pdu[1])...)
		for i := range r.Count {
			if b, ok := memory.Bits(string(r.Table), r.Address+i, 1); ok && b[0] {
				pdu[2+i/8] |= 1 << (i % 8)
			}
		}
	} else {
		for i := range r.Count {
			w, ok := memory.Words(string(r.Table), r.Address+i, 1)
			if !ok {
				w = []uint16{0}
			}
			pdu = append(pdu, byte(w[0]>>8), byte(w[0]))
		}
	}
	f.Append(wire.AppendRead(nil, function, r.Address, r.Count), pdu)
}

// plausible is a value that a point may well have.
func plausible(r profile.Register, point catalogue.Point) gtc.Value {
	h := fnv.New32a()
	_, _ = h.Write([]byte(point.ID))
	some := float64(h.Sum32()%1000) / 1000
	switch point.Type {
	case gtc.TypeBool:
		return gtc.Bool(some > 0.5)
	case gtc.TypeEnum:
		states := slices.Sorted(maps.Values(r.Enum))
		return gtc.Enum(states[int(some*float64(len(states)))])
	default:
	}
	for _, c := range []struct {
		unit      string
		low, high float64
	}{
		{"V", 225, 240},
		{"A", 1, 60},
		{"kW", 0.5, 25},
		{"kvar", 0.1, 8},
		{"kVA", 0.5, 25},
		{"kWh", 1000, 90000},
		{"kvarh", 100, 9000},
		{"Hz", 49.95, 50.05},
		{"°C", 18, 65},
		{"K", 5, 25},
		{"m³/h", 0.2, 4},
		{"m³", 100, 9000},
		{"bar", 1, 2.5},
		{"%", 5, 90},
		{"Pa", 20, 200},
		{"h", 100, 20000},
	} {
		if c.unit == point.Unit {
			return gtc.Float(c.low + some*(c.high-c.low))
		}
	}
	if point.ID == "power_factor" {
		return gtc.Float(0.9 + some/10)
	}
	return gtc.Float(float64(int(some * 3)))
}

func TestParseMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ yaml, want string }{
		"words": {"profile: p\norigin: simulatd\nframing: udp\n", "f:2:9: origin: \"simulatd\" is not simulated or device (did you mean \"simulated\"?)\nf:3:10: framing: \"udp\" is not tcp or rtu"},
		"short": {"profile: p\norigin: device\nframing: tcp\nexchanges: [{request: \"00 01\", answer: \"00\"}]\n", "f:4:13: exchanges[0]: request: not a Modbus frame: 2 bytes"},
		"swapped": {
			"profile: p\norigin: device\nframing: tcp\nexchanges: [{request: \"00 01 00 00 00 06 01 03 00 00 00 01\", answer: \"00 02 00 00 00 05 01 03 02 00 07\"}]\n",
			"f:4:13: exchanges[0]: answer of unit 1 to function 3 does not belong to the request",
		},
		"crc": {"profile: p\norigin: device\nframing: rtu\nexchanges: [{request: \"01 03 00 00 00 01 84 0b\", answer: \"01 83 02 c0 f1\"}]\n", "f:4:13: exchanges[0]: request: checksum is wrong"},
		"key": {"profil: p\n", "f:1:1: unknown key \"profil\" (did you mean \"profile\"?)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, mistakes := recording.Parse("f", []byte(c.yaml))
			require.Equal(t, c.want, mistakes.Error())
		})
	}
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(frames, "*.yaml"))
	require.NoError(f, err)
	for _, name := range names[:min(3, len(names))] {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, mistakes := recording.Parse("f", data)
		if len(mistakes) > 0 {
			return
		}
		if _, err := file.Memory(); err != nil {
			return
		}
		again, mistakes := recording.Parse("f", file.Marshal())
		require.Empty(t, mistakes)
		require.Equal(t, file, again)
	})
}
