package backtest_test

import (
	"testing"

	"github.com/cpas-charleroi/gtc/rules/backtest"
)

// BenchmarkReplay is one gas meter of two and a half years: baseline, drift.
func BenchmarkReplay(b *testing.B) {
	m := gas("s", made(900, 1, step(420, 900, 0.25)))
	b.ReportAllocs()
	for b.Loop() {
		backtest.Replay(m, backtest.Options{})
	}
}
