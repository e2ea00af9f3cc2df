package wire_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// Whatever arrives, nothing panics, a frame lies within the bytes given, and
// decoding allocates nothing but the result.
func FuzzFrames(f *testing.F) {
	for _, b := range [][]byte{
		wire.AppendTCP(nil, 7, 3, []byte{3, 4, 0, 1, 0, 2}),
		wire.AppendRTU(nil, 3, []byte{3, 4, 0, 1, 0, 2}),
		wire.AppendRTU(nil, 3, []byte{1, 1, 5}),
		wire.AppendRTU(nil, 3, []byte{0x83, 2}),
		wire.AppendRTU(nil, 3, wire.AppendWrite(nil, wire.WriteCoil, 1, 0xff00)),
		wire.AppendRTU(nil, 3, wire.AppendWriteRegisters(nil, 1, []uint16{1, 2})),
		{0, 1, 0, 0, 0xff, 0xff, 1, 3, 250},
		{1, 3, 255},
		{1, 0x2b},
		{},
	} {
		f.Add(b, uint8(3), uint16(2))
	}
	f.Fuzz(func(t *testing.T, raw []byte, function uint8, count uint16) {
		count = count%wire.MaxBits + 1
		words, bits := make([]uint16, 0, wire.MaxBits), make([]bool, 0, wire.MaxBits)
		for name, cut := range map[string]func([]byte) (wire.Frame, int, error){
			"tcp": wire.CutTCP, "rtu": wire.CutRTU, "request": wire.CutRTURequest,
		} {
			frame, n, err := cut(raw)
			if err != nil || n == 0 {
				require.Zero(t, n, name)
				continue
			}
			require.LessOrEqual(t, n, min(len(raw), wire.MaxFrame), name)
			require.NotEmpty(t, frame.PDU, name)
			require.LessOrEqual(t, len(frame.PDU), wire.MaxPDU, name)
			_ = frame.Function() + uint8(frame.Exception())
			w, errWords := wire.AppendWords(words[:0], frame.PDU, function, count)
			b, errBits := wire.AppendBits(bits[:0], frame.PDU, function, count)
			require.LessOrEqual(t, len(w), len(raw))
			if wire.Bits(function) && errBits == nil {
				require.Len(t, b, int(count))
			}
			if !wire.Bits(function) && errWords == nil {
				require.Len(t, w, int(count))
			}
			_ = wire.CheckEcho(frame.PDU, raw)
		}
	})
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	tcp := wire.AppendTCP(nil, 7, 3, append([]byte{3, 250}, make([]byte, 250)...))
	rtu := wire.AppendRTU(nil, 3, append([]byte{3, 250}, make([]byte, 250)...))
	words := make([]uint16, 0, wire.MaxRegisters)
	check := func(raw []byte, cut func([]byte) (wire.Frame, int, error)) {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			frame, n, err := cut(raw)
			if err != nil || n != len(raw) {
				panic("no frame")
			}
			if words, err = wire.AppendWords(words[:0], frame.PDU, wire.ReadHolding, 125); err != nil {
				panic(err)
			}
		}))
	}
	check(tcp, wire.CutTCP)
	check(rtu, wire.CutRTU)
}

// The corpus that fuzzing left is committed and walked by every test run.
func TestCorpusIsCommitted(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("testdata/fuzz/FuzzFrames")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
}
