package profile

import (
	"testing"

	"github.com/cpas-charleroi/gtc"
)

func BenchmarkDecode(b *testing.B) {
	r := Register{Type: "f32", Scale: 0.1, Address: 5}
	w := []uint16{0x4120, 0}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Decode(r, "high", gtc.TypeFloat, w)
	}
}

func BenchmarkDecodeScaled(b *testing.B) {
	r := Register{Type: "i16", Scale: 0.001, Address: 5, ScaleFrom: &ScaleRegister{Address: 6}}
	w := []uint16{0x4120, 1}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = Decode(r, "high", gtc.TypeFloat, w)
	}
}
