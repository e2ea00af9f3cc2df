package hub

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// edgeDevice is the tag device of what is said of a site's edge as a whole.
const edgeDevice = "edge"

// reportKept bounds the lines that wait while InfluxDB takes nothing: about a
// day of fifty sites.
const reportKept = 72_000

// report writes the delivery of each site into the measurement collector. It is
// used by one goroutine.
type report struct {
	store interface {
		Write(ctx context.Context, db influx.Database, lines []byte) error
	}
	dropped prometheus.Counter
	lines   [][]byte
}

func newReport(db *influx.Client, dropped prometheus.Counter) *report {
	return &report{store: db, dropped: dropped}
}

func (r *report) waiting() int { return len(r.lines) }

// write adds the delivery of each site at an instant and writes all that waits.
// On an error the lines stay, the oldest out first.
func (r *report) write(ctx context.Context, sites map[gtc.SiteID]console.Delivery, at time.Time) error {
	for _, site := range slices.Sorted(maps.Keys(sites)) {
		d := sites[site]
		r.lines = append(r.lines, influx.NewLine(influx.MeasurementCollector).
			Tag(influx.TagDevice, edgeDevice).Tag(influx.TagSite, string(site)).
			Float("late_s", d.LateSeconds).Float("queued", float64(d.Waiting)).At(at.Truncate(time.Millisecond)).Append(nil))
	}
	if over := len(r.lines) - reportKept; over > 0 {
		r.lines = r.lines[over:]
		r.dropped.Add(float64(over))
	}
	for len(r.lines) > 0 {
		n := min(len(r.lines), writeLines)
		err := r.store.Write(ctx, influx.Raw, bytes.Join(r.lines[:n], nil))
		if _, rejected := errors.AsType[*influx.RejectedError](err); rejected {
			r.dropped.Add(float64(n)) // it would be in the way for ever
		} else if err != nil {
			return fmt.Errorf("report delivery: %w", err)
		}
		r.lines = r.lines[n:]
		if err != nil {
			return fmt.Errorf("report delivery: %w", err)
		}
	}
	return nil
}
