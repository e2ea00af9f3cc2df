package modbus_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/config"
	simulator "github.com/cpas-charleroi/gtc/simulators/modbus"
)

// What reads has no method that writes, and nothing in it leads to one that
// does.
func TestWhatReadsCannotWrite(t *testing.T) {
	t.Parallel()
	for _, typ := range []reflect.Type{reflect.TypeFor[modbus.Bus](), reflect.TypeFor[modbus.Source]()} {
		for m := range reflect.PointerTo(typ).Methods() {
			require.NotContains(t, strings.ToLower(m.Name), "write", typ.String())
		}
		for f := range typ.Fields() {
			require.NotEqual(t, reflect.TypeFor[*modbus.Writer](), f.Type, typ.String())
		}
	}
	// The other way round it is so by name, and needs a grant to be made.
	_, writes := reflect.TypeFor[*modbus.Writer]().MethodByName("Write")
	require.True(t, writes)
	for _, make := range []any{modbus.NewWriter, modbus.NewController} {
		require.Equal(t, reflect.TypeFor[config.WriteGrant](), reflect.TypeOf(make).In(0))
	}
	for f := range reflect.TypeFor[config.WriteGrant]().Fields() {
		require.False(t, f.IsExported(), "a grant could be made up")
	}
	_, err := modbus.NewWriter(config.WriteGrant{}, modbus.Timeouts{})
	require.Error(t, err, "the zero grant leads nowhere")
}

// The frames of writes are built in one file only, and its functions belong
// to the types that need a grant.
func TestOnlyTheWriterBuildsWrites(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	found := false
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, e.Name(), nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "AppendWrite") {
				require.Equal(t, "writer.go", e.Name())
				found = true
			}
			return true
		})
	}
	require.True(t, found)
}

// No grant is given for an endpoint that carries a fire panel, whichever
// device, profile, connection or spelling leads to it.
func TestNoGrantWhereAFirePanelIs(t *testing.T) {
	t.Parallel()
	cat, err := catalogue.Load()
	require.NoError(t, err)
	for _, urls := range [][2]string{
		{"modbus://10.0.0.8:502", "modbus://10.0.0.8:502"},
		{"modbus://Panel.example:502", "rtuovertcp://panel.example:502"},
		{"rtu:///dev/ttyUSB0?baud=9600", "rtu:///dev/../dev/ttyUSB0?baud=19200"},
	} {
		site := boilerAt(urls[0])
		_, err = site.GrantWrite(cat, "plc")
		require.NoError(t, err)
		site.Connections = append(site.Connections, config.Connection{ID: "other", URL: urls[1]})
		site.Devices = append(site.Devices, config.Device{ID: "panel", Connection: "other", Equipment: map[string]gtc.EquipmentID{"panel": "f1"}})
		for _, id := range []gtc.DeviceID{"plc", "panel"} {
			_, err = site.GrantWrite(cat, id)
			require.ErrorIs(t, err, config.ErrReadOnly, "%v %s", urls, id)
		}
	}
}

// tap passes bytes on to a server and keeps those of the clients.
type tap struct {
	mu   sync.Mutex
	seen map[net.Conn][]byte
}

func (c *tap) listen(t *testing.T, server string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			up, err := (&net.Dialer{}).DialContext(ctx, "tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			context.AfterFunc(ctx, func() { _, _ = client.Close(), up.Close() })
			running.Go(func() { _, _ = io.Copy(client, up) })
			running.Go(func() { _, _ = io.Copy(up, io.TeeReader(client, recorded{c, client})) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); cancel(); running.Wait() })
	return "modbus://" + l.Addr().String()
}

type recorded struct {
	tap  *tap
	conn net.Conn
}

func (r recorded) Write(p []byte) (int, error) {
	r.tap.mu.Lock()
	defer r.tap.mu.Unlock()
	r.tap.seen[r.conn] = append(r.tap.seen[r.conn], p...)
	return len(p), nil
}

// Captured on the wire, through refusals, timeouts and reconnections: only
// reads of listed addresses leave.
func TestCaptureShowsOnlyListedReads(t *testing.T) {
	t.Parallel()
	p := meter()
	p.Registers = append(p.Registers, profile.Register{Slot: "meter", Point: "fault", Table: "discrete", Address: 9, Type: "bit", Poll: "alarm"},
		profile.Register{Slot: "meter", Point: "x_out", Table: "coil", Address: 3, Type: "bit", Poll: "alarm"},
		profile.Register{Slot: "meter", Point: "x_hole", Table: "holding", Address: 130, Type: "u16", Poll: "alarm"})
	served := meter()
	served.Registers = append(served.Registers, p.Registers[9])
	s := listen(t, map[uint8]*simulator.Unit{1: {Profile: served, Values: constant(1)}, 2: {Profile: served, Values: constant(1)}})
	s.Inject(simulator.Fault{Kind: simulator.FaultSilence, Unit: 2, Every: 3}, simulator.Fault{Kind: simulator.FaultHangUp, Every: 7})
	c := &tap{seen: map[net.Conn][]byte{}}
	fast := clock.NewFast(time.Now().Add(-time.Hour), 20)
	r := run(t, modbus.Options{
		URL: c.listen(t, s.Addr()), Timeouts: modbus.Timeouts{Request: 50 * time.Millisecond},
		Devices: []modbus.Device{device("m1", 1, p), device("m2", 2, p)}, Clock: fast,
	})
	r.await(t, 40, good("m1", "power_kw"))
	r.await(t, 1, said("m1", gtc.QualityRefused))
	listed := map[uint8]map[int]bool{1: {3: true}, 2: {9: true}, 3: {130: true}, 4: {40: true, 41: true}}
	for a := 100; a < 116; a++ {
		listed[3][a] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	frames := 0
	for _, raw := range c.seen {
		for len(raw) > 0 {
			f, n, err := wire.CutTCP(raw)
			require.NoError(t, err)
			if n == 0 {
				break // cut in the middle by the end of the test
			}
			raw = raw[n:]
			frames++
			require.Len(t, f.PDU, 5)
			for i := range int(f.PDU[3])<<8 | int(f.PDU[4]) {
				address := int(f.PDU[1])<<8 | int(f.PDU[2]) + i
				require.True(t, listed[f.PDU[0]][address], "function %d address %d", f.PDU[0], address)
			}
		}
	}
	require.Greater(t, frames, 100)
}

// A controller writes between two reads, over the one session the device has.
func TestControllerWrites(t *testing.T) {
	t.Parallel()
	p := &profile.Profile{ID: "p", Slots: map[string]gtc.Kind{"a": "boiler"}, Registers: []profile.Register{
		{Slot: "a", Point: "x_setpoint", Table: "holding", Address: 7, Type: "i16", Scale: 0.1, Poll: "alarm", Write: &profile.Write{}},
		{Slot: "a", Point: "x_on", Table: "coil", Address: 1, Type: "bit", Poll: "alarm", Write: &profile.Write{}},
		{Slot: "a", Point: "x_fixed", Table: "holding", Address: 8, Type: "u16", Poll: "alarm"},
	}}
	var mu sync.Mutex
	values := map[gtc.PointID]gtc.Value{"x_setpoint": gtc.Float(20), "x_on": gtc.Bool(false), "x_fixed": gtc.Float(3)}
	unit := &simulator.Unit{
		Profile: p,
		Values: func(_ string, id gtc.PointID) gtc.Value {
			mu.Lock()
			defer mu.Unlock()
			return values[id]
		},
		Store: func(_ string, id gtc.PointID, v gtc.Value) error {
			mu.Lock()
			defer mu.Unlock()
			values[id] = v
			return nil
		},
	}
	s := simulator.NewServer(map[uint8]*simulator.Unit{1: unit})
	require.NoError(t, s.Listen("127.0.0.1:0"))
	t.Cleanup(s.Close)
	s.Inject(simulator.Fault{Kind: simulator.FaultOneSession})
	c, err := modbus.NewController(grant(t, s.URL()), modbus.Options{URL: s.URL(), Devices: []modbus.Device{device("plc", 1, p)}, Clock: clock.Wall{}, Log: zerolog.Nop()})
	require.NoError(t, err)
	r := &recorder{}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx, r.emit) })
	t.Cleanup(func() { cancel(); running.Wait() })
	r.await(t, 1, good("plc", "x_setpoint"))

	got, err := c.Write(t.Context(), "plc", modbus.Write{Function: wire.WriteRegister, Address: 7, Words: []uint16{215}})
	require.NoError(t, err)
	require.Equal(t, []uint16{215}, got.Words)
	_, err = c.Write(t.Context(), "plc", modbus.Write{Function: wire.WriteCoil, Address: 1, Bits: []bool{true}})
	require.NoError(t, err)
	r.await(t, 1, func(s gtc.Sample) bool { return s.Point == "x_setpoint" && s.Value.Num == 21.5 })
	r.await(t, 1, func(s gtc.Sample) bool { return s.Point == "x_on" && s.Value.True() })
	_, err = c.Write(t.Context(), "plc", modbus.Write{Function: wire.WriteRegister, Address: 8, Words: []uint16{1}})
	require.ErrorIs(t, err, wire.IllegalAddress)
	_, err = c.Write(t.Context(), "nobody", modbus.Write{Function: wire.WriteRegister, Address: 8, Words: []uint16{1}})
	require.ErrorContains(t, err, "no such device")
	_, err = c.Write(t.Context(), "plc", modbus.Write{Function: wire.WriteRegister, Address: 8})
	require.ErrorContains(t, err, "no such write")
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, gtc.Float(21.5), values["x_setpoint"])
}

// A device that takes a write and does not do it is found out.
func TestWriterReadsBack(t *testing.T) {
	t.Parallel()
	p := &profile.Profile{ID: "p", Slots: map[string]gtc.Kind{"a": "boiler"}, Registers: []profile.Register{
		{Slot: "a", Point: "x_setpoint", Table: "holding", Address: 7, Type: "u16", Poll: "alarm", Write: &profile.Write{}},
	}}
	s := simulator.NewServer(map[uint8]*simulator.Unit{1: {Profile: p, Values: constant(4), Store: func(string, gtc.PointID, gtc.Value) error { return nil }}})
	require.NoError(t, s.ListenRTU("127.0.0.1:0"))
	t.Cleanup(s.Close)
	w, err := modbus.NewWriter(grant(t, s.URL()), modbus.Timeouts{})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.Open(t.Context()))
	_, err = w.Write(t.Context(), 1, modbus.Write{Function: wire.WriteRegister, Address: 7, Words: []uint16{5}})
	require.ErrorIs(t, err, modbus.ErrReadBack)
	require.ErrorContains(t, err, "write "+s.URL()+" unit 1 holding 7+1: device shows another value than was written: [4]")
}

// Nothing is written twice, whatever the line does: a write that was not
// answered is the caller's to judge.
func TestWriterNeverWritesTwice(t *testing.T) {
	t.Parallel()
	p := &profile.Profile{ID: "p", Slots: map[string]gtc.Kind{"a": "boiler"}, Registers: []profile.Register{
		{Slot: "a", Point: "x_setpoint", Table: "holding", Address: 7, Type: "u16", Poll: "alarm", Write: &profile.Write{}},
	}}
	for name, open := range transports() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulator.NewServer(map[uint8]*simulator.Unit{1: {Profile: p, Values: constant(4), Store: func(string, gtc.PointID, gtc.Value) error { return nil }}})
			require.NoError(t, open(s))
			t.Cleanup(s.Close)
			s.Inject(simulator.Fault{Kind: simulator.FaultLate, Delay: 60 * time.Millisecond})
			w, err := modbus.NewWriter(grant(t, s.URL()), modbus.Timeouts{Request: 20 * time.Millisecond})
			require.NoError(t, err)
			defer w.Close()
			const writes = 4
			for range writes {
				require.NoError(t, w.Open(t.Context()))
				_, err = w.Write(t.Context(), 1, modbus.Write{Function: wire.WriteRegister, Address: 7, Words: []uint16{5}})
				require.Error(t, err) // no answer, or one nobody asked for
			}
			require.Eventually(t, func() bool { return s.Writes() > 0 }, patience, time.Millisecond)
			s.Close()
			require.LessOrEqual(t, s.Writes(), uint64(writes))
		})
	}
}
