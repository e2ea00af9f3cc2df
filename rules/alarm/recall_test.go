package alarm_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// anew is an engine that starts where another one ended, with what that one
// would have stored.
func anew(t *testing.T, classes []alarm.Class, sites []gtc.Site, expected []gtc.Series, e *alarm.Engine) *alarm.Engine {
	t.Helper()
	pass := func(from, to any) {
		data, err := json.Marshal(from)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, to))
	}
	var kept []gtc.Alarm
	pass(e.Alarms(), &kept)
	next := alarm.New(classes, sites, kept)
	next.Expect(expected)
	for _, s := range sites {
		r, ok := e.Recall(s.ID)
		if !ok {
			continue
		}
		var known alarm.Recall
		pass(r, &known)
		next.Resume(known)
	}
	return next
}

func TestDelaysRunOnThroughRestarts(t *testing.T) {
	_, classes := load(t)
	site := gtc.Site{ID: "home", Location: time.UTC, Equipment: []gtc.Equipment{
		{ID: "m", Kind: gtc.KindElectricityMeter}, {ID: "w", Kind: gtc.KindWeather}, {ID: "circuit", Kind: "heating_circuit"}, {ID: "panel", Kind: gtc.KindFirePanel},
	}}
	sites := []gtc.Site{site}
	expected := []gtc.Series{{Site: "home", Equipment: "m", Point: "energy_import_kwh", Kind: gtc.KindElectricityMeter}}
	sample := func(eq gtc.EquipmentID, p gtc.PointID, at time.Time, v gtc.Value) gtc.Sample {
		return gtc.Sample{Series: gtc.Series{Site: "home", Equipment: eq, Point: p}, At: at, Value: v, Quality: gtc.QualityGood}
	}
	run := func(times int, each, step time.Duration, samples func(at time.Time) []gtc.Sample) (raised []string) {
		e := alarm.New(classes, sites, nil)
		e.Expect(expected)
		at := start
		for range times {
			for range int(each / step) {
				events := e.Observe(samples(at))
				events = append(events, e.Health(alarm.Health{Site: "home", At: at})...)
				for _, ev := range append(events, e.Tick(at)...) {
					raised = append(raised, ev.Subject+" "+ev.To)
				}
				at = at.Add(step)
			}
			e = anew(t, classes, sites, expected, e)
		}
		return raised
	}
	raised := run(20, 23*time.Hour, 5*time.Minute, func(at time.Time) []gtc.Sample {
		return []gtc.Sample{sample("w", "air_temp", at, gtc.Float(8)), sample("circuit", "local_manual", at, gtc.Bool(true))}
	})
	for _, id := range []string{"home/m/electricity_meter_silent", "home/circuit/heating_local_manual"} {
		require.Len(t, slices.DeleteFunc(slices.Clone(raised), func(s string) bool { return s != id+" unacknowledged" }), 1, "%s in %v", id, raised)
	}
	raised = run(4, 110*time.Minute, time.Minute, func(at time.Time) []gtc.Sample {
		return []gtc.Sample{sample("panel", "test", at, gtc.Bool(true))}
	})
	require.Contains(t, raised, "home/panel/fire_test unacknowledged")
}

// park has one equipment of every kind that a class watches, with the points
// that the classes read.
func park(cat *catalogue.Catalogue, classes []alarm.Class) (site gtc.Site, points []catalogue.Point, series []gtc.Series) {
	site = gtc.Site{ID: "home", Location: time.UTC, Category: gtc.CategoryRestHome}
	for _, k := range cat.Kinds() {
		used := false
		for _, p := range append(cat.Points(k), cat.Patterns(k)...) {
			if !slices.ContainsFunc(classes, func(c alarm.Class) bool { return c.Kind == k && c.Reads(p.ID) }) {
				continue
			}
			used = true
			points = append(points, p)
			series = append(series, gtc.Series{Site: site.ID, Kind: k, Equipment: gtc.EquipmentID(k), Point: p.ID})
		}
		if used {
			site.Equipment = append(site.Equipment, gtc.Equipment{ID: gtc.EquipmentID(k), Kind: k})
		}
	}
	return site, points, series
}

// TestARestartChangesNothing plays the same years of a plant gone mad to an
// engine that is never restarted and to one that often is.
func TestARestartChangesNothing(t *testing.T) {
	cat, classes := load(t)
	site, points, series := park(cat, classes)
	sites := []gtc.Site{site}
	rng := rand.New(rand.NewPCG(7, 11))
	steady, restarted := alarm.New(classes, sites, nil), alarm.New(classes, sites, nil)
	steady.Expect(series)
	restarted.Expect(series)
	values := make([]gtc.Value, len(points))
	for i := range values {
		values[i] = gtc.Value{Type: points[i].Type}
	}
	told := func(events []gtc.Event) (out []string) {
		for _, ev := range events {
			out = append(out, fmt.Sprint(ev.ID, ev.At, ev.From, ev.To, ev.Priority, ev.Reason, ev.Inhibited))
		}
		slices.Sort(out)
		return out
	}
	total, restarts, silent := 0, 0, 0
	at := start
	for range 5_000 {
		at = at.Add(time.Duration(1+rng.IntN(5)) * 10 * time.Second)
		var samples []gtc.Sample
		for i := range points {
			if rng.IntN(3) > 0 || i == int(at.Unix()/86400)%len(points) {
				continue // one point each day is silent
			}
			s := gtc.Sample{Series: series[i], At: at, Quality: gtc.QualityGood}
			switch v := &values[i]; {
			case rng.IntN(400) == 0:
				s.Quality = gtc.QualityCommLost
			case v.Type == gtc.TypeBool && rng.IntN(30) == 0:
				v.Num = 1 - v.Num
			case v.Type == gtc.TypeEnum && rng.IntN(30) == 0:
				v.Num = float64(rng.IntN(5))
			case v.Type == gtc.TypeFloat && rng.IntN(4) == 0:
				v.Num = max(-10, min(95, v.Num+8*rng.NormFloat64()))
			}
			if s.Quality == gtc.QualityGood {
				s.Value = values[i]
			}
			samples = append(samples, s)
		}
		health := alarm.Health{Site: site.ID, At: at}
		if silent = max(silent-1, 0); silent > 0 {
			samples, health.Queued = nil, 1 // what the site says waits
		} else if rng.IntN(300) == 0 {
			silent = 10
		}
		play := func(e *alarm.Engine) []string {
			return told(slices.Concat(e.Tick(at), e.Observe(samples), e.Health(health)))
		}
		want := play(steady)
		require.Equal(t, want, play(restarted), "%s, after %d restarts", at, restarts)
		total += len(want)
		if rng.IntN(50) == 0 {
			restarted, restarts = anew(t, classes, sites, series, restarted), restarts+1
		}
	}
	require.Greater(t, total, 500)
	require.Greater(t, restarts, 50)
}
