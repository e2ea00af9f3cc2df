//go:build browser

package console

import (
	"testing"
	"time"
)

// coldPages are the list of cold rooms, the record of one with gaps and alarms
// and that of one that was never read.
func coldPages(now time.Time) map[string]string {
	last := "?month=" + now.AddDate(0, -1, 0).Format(monthLayout)
	return map[string]string{
		"coldrooms": "/froid", "cold": "/froid/jumet/cold-1" + last, "cold-never": "/froid/jumet/freezer" + last,
	}
}

// TestColdRecordFitsEveryScreen looks at the record that a kitchen keeps.
func TestColdRecordFitsEveryScreen(t *testing.T) {
	f := newFixture()
	srv := serveOptions(t, Options{Model: f, Alarms: newBoard(), Cold: coldFixture{f.now}, Version: "0.1.0", Now: func() time.Time { return f.now }}, time.Minute)
	everyPage(t, browser(t), srv.URL, coldPages(f.now), false)
}
