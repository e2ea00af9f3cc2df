//go:build browser

package console

import (
	"testing"
	"time"
)

// TestColdRecordFitsEveryScreen looks at the list of cold rooms, and at the
// record of one with gaps and alarms and of one that was never read.
func TestColdRecordFitsEveryScreen(t *testing.T) {
	f := newFixture()
	srv := serveOptions(t, Options{Model: f, Alarms: newBoard(), Cold: coldFixture{f.now}, Version: "0.1.0", Now: func() time.Time { return f.now }}, time.Minute)
	last := "?month=" + f.now.AddDate(0, -1, 0).Format(monthLayout)
	everyPage(t, browser(t), srv.URL, map[string]string{
		"coldrooms": "/froid", "cold": "/froid/jumet/cold-1" + last, "cold-never": "/froid/jumet/freezer" + last,
	}, false)
}
