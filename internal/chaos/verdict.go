package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Verdict is what became of everything that the devices said.
type Verdict struct {
	Published Tally // over MQTT, journal against InfluxDB
	Served    Tally // over Modbus, journal against InfluxDB
	Queued    Tally // edges' queues against InfluxDB
	Events    Tally // edges' events against the hub's
	Rejected  []string
	// Refused are messages that no broker acknowledged in the end: an edge that
	// does not take anything any more.
	Refused int
	Written Written
	Settled time.Duration // how long the backlog took after the last fault
}

// Failed reports whether anything was lost, doubled, changed or rejected.
func (v *Verdict) Failed() bool {
	return v.Published.Failed() || v.Served.Failed() || v.Queued.Failed() || v.Events.Failed() || len(v.Rejected) > 0 || v.Refused > 0
}

// Settle ends the devices, waits until everything they were promised is
// stored, ends the installation and compares. It waits for at most patience,
// each time; what has not arrived by then is lost.
func (w *World) Settle(ctx context.Context, patience time.Duration) (Verdict, error) {
	var v Verdict
	begun := time.Now()
	for _, p := range w.pubs {
		p.pause()
	}
	if err := await(ctx, patience, func() bool { return w.journal.Unacked() == 0 }); err != nil {
		v.Refused = w.journal.Unacked()
		w.o.Log("%d messages were not acknowledged: %v", v.Refused, err)
	}
	for _, d := range w.devices {
		d.close()
	}
	if err := w.awaitPublished(ctx, patience); err != nil {
		w.o.Log("not everything that was acknowledged has arrived: %v", err)
	}
	v.Settled = time.Since(begun)
	var errs []error
	for _, e := range w.edges {
		errs = append(errs, e.stop(30*time.Second))
	}
	queues, err := w.drain(ctx, patience)
	if err != nil {
		return v, errors.Join(append(errs, err)...)
	}
	if err := w.awaitQueues(ctx, queues, patience); err != nil {
		w.o.Log("not everything that was queued has arrived: %v", err)
	}
	errs = append(errs, w.hub.stop(30*time.Second))
	err = w.judge(ctx, queues, &v)
	v.Written = w.store.seen()
	return v, errors.Join(append(errs, err)...)
}

// awaitPublished waits until every acknowledged message is stored. An edge
// that was killed delivers some of them half a minute later: its broker waits
// that long for the acknowledgement of the run before.
func (w *World) awaitPublished(ctx context.Context, patience time.Duration) error {
	site := 0
	return await(ctx, patience, func() bool {
		for ; site < w.o.Sites; site++ {
			acked := 0
			for _, m := range w.journal.Site(site).Published {
				if m.Acked {
					acked++
				}
			}
			n, err := w.rowsStored(ctx, site)
			if err != nil || n < acked {
				return false
			}
		}
		return true
	})
}

// awaitQueues waits until every line of every queue is stored.
func (w *World) awaitQueues(ctx context.Context, queues []queueOf, patience time.Duration) error {
	site := 0
	tick := time.Time{}
	return await(ctx, patience, func() bool {
		if time.Since(tick) < time.Second {
			return false
		}
		for ; site < w.o.Sites; site++ {
			points, _, err := w.stored(ctx, site, measurementsOf(queues[site].points))
			tick = time.Now()
			if err != nil || len(points) < len(queues[site].points) {
				return false
			}
		}
		return true
	})
}

func measurementsOf(p Points) []string {
	seen := map[string]bool{}
	for key := range p {
		m, _, _ := strings.Cut(key, ",")
		seen[m] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// judge compares everything, site by site.
func (w *World) judge(ctx context.Context, queues []queueOf, v *Verdict) error {
	events, rejected, err := w.hubHas(ctx)
	if err != nil {
		return err
	}
	v.Rejected = rejected
	for i, q := range queues {
		name := SiteName(i)
		points, rows, err := w.stored(ctx, i, measurementsOf(q.points))
		if err != nil {
			return err
		}
		j := w.journal.Site(i)
		v.Published.Add(ComparePublished(name, j.Published, rows[Publisher]))
		v.Served.Add(CompareServed(name, j, rows[Polled]))
		v.Queued.Add(CompareQueue(name, q.points, points, q.whole))
		v.Events.Add(CompareEvents(name, q.events, events[name]))
	}
	return nil
}

// Print writes the table of a run.
func (v *Verdict) Print(out io.Writer, effects Effects) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // Flush tells
	p("fault\tinjected\ttotal\teffect")
	for _, k := range slices.Sorted(maps.Keys(effects)) {
		e := effects[k]
		p("%s\t%d\t%s\t%d %s", k, e.Injected, e.Total.Round(time.Second), e.Count, e.What)
	}
	p("")
	p("field values\tmust be there\tare there\tlost\tdoubled\tmoved\twrong\tforeign\tnot taken")
	for _, row := range []struct {
		name string
		t    *Tally
	}{
		{"published (MQTT, acknowledged)", &v.Published},
		{"polled (Modbus, answered)", &v.Served},
		{"taken by the edges (queues)", &v.Queued},
		{"events of the edges", &v.Events},
	} {
		t := row.t
		p("%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d", row.name, t.Journalled, t.Stored, t.Lost, t.Doubled, t.Moved, t.Wrong, t.Foreign, t.Untaken)
	}
	p("")
	p("rejected: %d; never acknowledged: %d; written: %d lines in %d requests; slowest %s (%s); backlog gone %s after the last fault",
		len(v.Rejected), v.Refused, v.Written.Lines, v.Written.Requests, v.Written.Slowest.Round(100*time.Millisecond), v.Written.SlowestLine, v.Settled.Round(time.Second))
	for _, t := range []*Tally{&v.Published, &v.Served, &v.Queued, &v.Events} {
		for _, e := range t.Examples {
			p("  %s", e)
		}
	}
	for i, r := range v.Rejected {
		if i < maxExamples {
			p("  rejected %s", r)
		}
	}
	return w.Flush()
}
