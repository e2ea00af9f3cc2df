package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc/collector/modbus/wire"
)

// The frames of the specification and of a published capture.
func TestFrames(t *testing.T) {
	t.Parallel()
	read := wire.AppendRead(nil, wire.ReadHolding, 0x6b, 3)
	require.Equal(t, []byte{0x11, 0x03, 0x00, 0x6b, 0x00, 0x03, 0x76, 0x87}, wire.AppendRTU(nil, 0x11, read))
	require.Equal(t, []byte{0, 1, 0, 0, 0, 6, 0x11, 0x03, 0x00, 0x6b, 0x00, 0x03}, wire.AppendTCP(nil, 1, 0x11, read))
	require.Equal(t, []byte{0x11, 0x05, 0x00, 0xac, 0xff, 0x00, 0x4e, 0x8b}, wire.AppendRTU(nil, 0x11, wire.AppendWrite(nil, wire.WriteCoil, 0xac, 0xff00)))
	require.Equal(t, []byte{0x11, 0x10, 0, 1, 0, 2, 4, 0, 0x0a, 1, 2, 0xc6, 0xf0}, wire.AppendRTU(nil, 0x11, wire.AppendWriteRegisters(nil, 1, []uint16{10, 0x102})))
}

// A frame that arrives byte by byte is found when its last byte is there, and
// not before, whatever follows it.
func TestFramesAreCutWhereTheyEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.Uint8().Draw(t, "unit")
		function := rapid.SampledFrom([]uint8{1, 2, 3, 4}).Draw(t, "function")
		payload := rapid.SliceOfN(rapid.Byte(), 1, 250).Draw(t, "data")
		pdu := append([]byte{function, uint8(len(payload))}, payload...)
		if rapid.Bool().Draw(t, "refused") {
			pdu = []byte{function | 0x80, rapid.Uint8Range(1, 15).Draw(t, "code")}
		}
		tail := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "tail")
		for _, c := range []struct {
			raw []byte
			cut func([]byte) (wire.Frame, int, error)
		}{
			{wire.AppendTCP(nil, 9, unit, pdu), wire.CutTCP},
			{wire.AppendRTU(nil, unit, pdu), wire.CutRTU},
		} {
			for n := range c.raw {
				_, got, err := c.cut(c.raw[:n])
				require.NoError(t, err)
				require.Zero(t, got)
			}
			f, n, err := c.cut(append(c.raw, tail...))
			require.NoError(t, err)
			require.Equal(t, len(c.raw), n)
			require.Equal(t, unit, f.Unit)
			require.Equal(t, pdu, f.PDU)
			require.Equal(t, function, f.Function())
		}
	})
}

// Up to three flipped bits never pass an RTU frame's checksum.
func TestChecksumFindsFlippedBits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(t, "data")
		raw := wire.AppendRTU(nil, 5, append([]byte{3, uint8(len(payload))}, payload...))
		flipped := map[int]bool{}
		for range rapid.IntRange(1, 3).Draw(t, "flips") {
			flipped[rapid.IntRange(0, 8*len(raw)-1).Draw(t, "bit")] = true
		}
		for bit := range flipped {
			raw[bit/8] ^= 1 << (bit % 8)
		}
		f, n, err := wire.CutRTU(raw)
		require.False(t, err == nil && n == len(raw), "%v", f)
	})
}

func TestAnswersThatDoNotFit(t *testing.T) {
	t.Parallel()
	_, err := wire.AppendWords(nil, []byte{3, 2, 0, 1}, wire.ReadHolding, 2)
	require.ErrorContains(t, err, "2 bytes of data instead of 4")
	_, err = wire.AppendWords(nil, []byte{4, 2, 0, 1}, wire.ReadHolding, 1)
	require.ErrorContains(t, err, "function 4 instead of 3")
	_, err = wire.AppendBits(nil, []byte{1, 1, 0}, wire.ReadCoils, 9)
	require.ErrorIs(t, err, wire.ErrAnswer)
	bits, err := wire.AppendBits(nil, []byte{1, 2, 0x05, 1}, wire.ReadCoils, 9)
	require.NoError(t, err)
	require.Equal(t, []bool{true, false, true, false, false, false, false, false, true}, bits)
	require.NoError(t, wire.CheckEcho([]byte{6, 0, 1, 0, 2}, []byte{6, 0, 1, 0, 2}))
	require.ErrorIs(t, wire.CheckEcho([]byte{6, 0, 1, 0, 3}, []byte{6, 0, 1, 0, 2}), wire.ErrAnswer)
	require.EqualError(t, wire.GatewayNoAnswer, "exception 11: gateway target device failed to respond")
	require.EqualError(t, wire.Exception(99), "exception 99: unknown exception")
}
