package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/ingest"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const offlineSite = `site: s1
label: {fr: Maison, nl: Huis, en: House}
category: night_shelter
address: 6000 Charleroi
time_zone: Europe/Brussels
area_m2: 690
weather_station: here
weather_equipment: meteo
hub: {url: "nats://127.0.0.1:7422"}
connections:
  - {id: chaufferie, url: "modbus://127.0.0.1:15091"}
equipment:
  - {id: circuit, kind: heating_circuit, label: {fr: Circuit}}
  - {id: meteo, kind: weather, label: {fr: Sonde}}
  - {id: gaz, kind: gas_meter, label: {fr: Gaz}}
  - {id: chaleur, kind: heat_meter, label: {fr: Chaleur}}
devices:
  - {id: regulateur, connection: chaufferie, profile: danfoss-ecl310-a247, unit: 254, equipment: {circuit: circuit, outdoor: meteo}}
  - {id: impulsions, connection: chaufferie, profile: wb-mcm8, unit: 2, equipment: {meter: gaz}}
  - {id: compteur, connection: chaufferie, profile: belimo-energy-valve, unit: 3, equipment: {meter: chaleur}}
meters:
  - {equipment: gaz, point: volume_m3, carrier: gas, direction: import, kwh_per_unit: 10}
`

// offlineRun is one hub with its database and one edge with its queue, on a
// clock of the test's.
type offlineRun struct {
	*centre
	t    *testing.T
	db   *influx.Client
	dir  string
	edge *bus.Edge
	at   atomic.Int64
	// index of the gas meter and of the heat meter.
	gas, heat float64
}

func newOfflineRun(t *testing.T, start time.Time) *offlineRun {
	t.Helper()
	config := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(config, "sites"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(config, "gtc.yaml"), []byte("console: {language: fr}\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(config, "sites", "s1.yaml"), []byte(offlineSite), 0o600))
	r := &offlineRun{t: t, db: influxtest.Start(t), dir: t.TempDir()}
	r.centre = newCentreOf(t, r.db, config)
	r.at.Store(start.UnixMilli())
	r.now = func() time.Time { return time.UnixMilli(r.at.Load()).UTC() }
	return r
}

// run starts what a hub runs all the time, less what the test does itself.
func (r *offlineRun) run() {
	ctx, cancel := context.WithCancel(r.t.Context())
	var wg sync.WaitGroup
	for _, f := range []func() error{
		func() error { return r.bus.Run(ctx) },
		func() error { return r.bus.Live(ctx, r.onLive, r.onHealth) },
		func() error { return r.bus.Consume(ctx, bus.StreamSamples, "ALARMS", 256, r.onStored) },
		func() error {
			return ingest.Run(ctx, ingest.Options{Hub: r.bus, Store: r.db, Sites: r.siteIDs, Log: zerolog.Nop()})
		},
	} {
		wg.Go(func() {
			if err := f(); err != nil {
				r.t.Errorf("hub: %v", err)
			}
		})
	}
	r.t.Cleanup(func() { cancel(); wg.Wait() })
}

// open opens the edge's queue, linked or not.
func (r *offlineRun) open(linked bool) {
	r.t.Helper()
	if r.edge != nil {
		r.edge.Close()
	}
	o := bus.EdgeOptions{Site: "s1", Dir: r.dir, Log: zerolog.Nop()}
	if linked {
		o.HubURL, o.Password = r.bus.LeafURL(), "password of this test"
	}
	var err error
	r.edge, err = bus.StartEdge(r.t.Context(), o)
	require.NoError(r.t, err)
	r.t.Cleanup(r.edge.Close)
}

// demand is what the house burns at an instant, in kWh a day; it burns a
// quarter more in the last ninety days.
func demand(at, end time.Time) (kwh, outdoor float64) {
	day := at.Unix() / 86400
	outdoor = 10 - 9*math.Cos(2*math.Pi*float64(at.YearDay())/365) + float64(day%7)
	kwh = 100 + 50*math.Max(0, 15-outdoor)
	if end.Sub(at) < 90*24*time.Hour {
		kwh *= 1.25
	}
	return kwh, outdoor
}

// history stores hourly samples of the months before the run.
func (r *offlineRun) history(from, to, end time.Time) {
	r.t.Helper()
	var buf []byte
	for at := from; at.Before(to); at = at.Add(time.Hour) {
		kwh, outdoor := demand(at, end)
		buf = fmt.Appendf(buf, "gas_meter,equipment=gaz,site=s1 volume_m3=%f %d\nweather,equipment=meteo,site=s1 air_temp=%f %d\n",
			r.gas, at.UnixMilli(), outdoor, at.UnixMilli())
		r.gas += kwh / 10 / 24
	}
	require.NoError(r.t, r.db.Write(r.t.Context(), influx.Raw, buf))
}

// minute is what the edge reads in a minute.
func (r *offlineRun) minute(at, end time.Time) []byte {
	kwh, outdoor := demand(at, end)
	r.gas += kwh / 10 / 24 / 60
	r.heat += kwh * 0.9 / 24 / 60
	ms := at.UnixMilli()
	return fmt.Appendf(nil, "weather,equipment=meteo,site=s1 air_temp=%f %d\ngas_meter,equipment=gaz,site=s1 volume_m3=%f %d\n"+
		"heat_meter,equipment=chaleur,site=s1 energy_kwh=%f %d\nheating_circuit,equipment=circuit,site=s1 flow_temp=%f,room_temp=21.5,pump_run=true %d\n",
		outdoor, ms, r.gas, ms+200, r.heat, ms+400, 70-outdoor, ms+600)
}

// publish puts the minutes [from,to) into the edge's queue, the clock with them.
func (r *offlineRun) publish(from, to, end time.Time) {
	r.t.Helper()
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		r.at.Store(at.Add(time.Second).UnixMilli())
		require.NoError(r.t, r.edge.PublishSamples(r.t.Context(), "gtc", r.minute(at, end)))
	}
}

// arrived waits until all that was queued is in InfluxDB and was seen.
func (r *offlineRun) arrived(newest time.Time) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		r.lookAtDelivery(r.t.Context())
		q, err := r.edge.Queued(r.t.Context())
		w, err2 := r.bus.Waiting(r.t.Context())
		return err == nil && err2 == nil && q == 0 && w == 0 && r.delivery.state("s1", r.now()).Newest.Equal(newest)
	}, 2*time.Minute, 50*time.Millisecond, "everything arrives")
}

// beat is the edge's heartbeat, all devices answering.
func (r *offlineRun) beat(queued uint64) {
	h := bus.Health{Site: "s1", At: r.now(), Queued: queued, Boot: "b"}
	for _, d := range []gtc.DeviceID{"regulateur", "impulsions", "compteur"} {
		h.Devices = append(h.Devices, bus.DeviceHealth{Device: d, Known: true, Online: true, LastSuccess: r.now()})
	}
	r.onHealth(h)
}

// pass lets the alarms and the energy rules work, as they do all the time.
func (r *offlineRun) pass() {
	r.t.Helper()
	r.alarms.tick(r.now(), alarm.Store{At: r.now()})
	judged, err := r.energy.pass(r.t.Context(), r.now())
	require.NoError(r.t, err)
	for k, fs := range judged {
		require.NoError(r.t, r.publishFindings(r.t.Context(), k, fs))
	}
}

// rows are all rows of a query as text.
func (r *offlineRun) rows(db influx.Database, query string) []string {
	r.t.Helper()
	var out []string
	require.NoError(r.t, r.db.Query(r.t.Context(), db, query, func(tab *influx.Table) error {
		for i := range tab.Values {
			line := tab.Name
			for j, c := range tab.Columns {
				line += fmt.Sprintf(" %s=%v", c, tab.Values[i][j])
			}
			out = append(out, line)
		}
		return nil
	}))
	return out
}

func (r *offlineRun) findingsText() string {
	r.t.Helper()
	data, err := json.MarshalIndent(r.findings.of("s1", "gaz"), "", " ")
	require.NoError(r.t, err)
	return string(data)
}

// TestThreeDaysOfflineEndAsIfNothingHadHappened takes an edge off the link for
// 72 hours of samples every minute and links it again: everything arrives, in
// order, and rollups and findings are those of a run without the cut. While it
// is away the site is late, not lost; when it is back, what is on its way calls
// nobody.
func TestThreeDaysOfflineEndAsIfNothingHadHappened(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	end := time.Now().In(brussels).Truncate(time.Hour)
	start := end.Add(-76 * time.Hour)
	cut, back := start.Add(2*time.Hour), end.Add(-2*time.Hour)
	last := end.Add(-time.Minute + 600*time.Millisecond).UTC()
	runs := map[string]*offlineRun{}
	for _, name := range []string{"uninterrupted", "cut"} {
		r := newOfflineRun(t, start)
		runs[name] = r
		r.history(start.AddDate(-1, -6, 0), start, end)
		require.NoError(t, r.energy.restore(t.Context()))
		r.run()
		r.open(true)
	}

	r := runs["uninterrupted"]
	for at := start; at.Before(end); at = at.Add(4 * time.Hour) {
		to := at.Add(4 * time.Hour)
		r.publish(at, to, end)
		r.arrived(to.Add(-time.Minute + 600*time.Millisecond).UTC())
		r.beat(0)
		r.pass()
	}

	r = runs["cut"]
	r.publish(start, cut, end)
	r.beat(0)
	r.arrived(cut.Add(-time.Minute + 600*time.Millisecond).UTC())
	r.pass()
	r.open(false)
	for at := cut; at.Before(back); at = at.Add(24 * time.Hour) {
		r.publish(at, at.Add(24*time.Hour), end)
		r.pass()
		r.lookAtDelivery(t.Context())
	}
	d := r.delivery.state("s1", r.now())
	require.Equal(t, console.DeliveryLate, d.State)
	require.False(t, d.Known, "how much waits is not known")
	require.InDelta(t, (72 * time.Hour).Seconds(), d.LateSeconds, 61)

	// A live sample comes ahead of the three days.
	r.at.Store(back.UnixMilli())
	r.onLive("s1", "gtc", fmt.Appendf(nil, "heating_circuit,equipment=circuit,site=s1 flow_temp=55 %d\n", back.UnixMilli()-1))
	r.beat(4320)
	r.alarms.tick(r.now(), alarm.Store{At: r.now()})
	r.open(true)
	r.publish(back, end, end)
	r.arrived(last)
	r.beat(0)
	r.pass()
	r.lookAtDelivery(t.Context())
	require.Equal(t, console.DeliveryInOrder, r.delivery.state("s1", r.now()).State)

	for _, a := range r.alarms.list() {
		require.Equal(t, "edge_lost", a.Class, "nothing was missing: %+v", a)
	}
	same := runs["uninterrupted"]
	for _, kind := range []string{"weather", "gas_meter", "heat_meter", "heating_circuit"} {
		want := same.rows(influx.Raw, "SELECT * FROM "+kind)
		require.GreaterOrEqual(t, len(want), 76*60)
		require.Equal(t, want, r.rows(influx.Raw, "SELECT * FROM "+kind), kind)
	}
	for _, q := range []string{
		"SELECT * FROM energy WHERE step='hour'", "SELECT * FROM energy WHERE step='day'", "SELECT * FROM weather_day",
	} {
		want := same.rows(influx.Rollup, q)
		require.NotEmpty(t, want, q)
		require.Equal(t, want, r.rows(influx.Rollup, q), q)
	}
	require.Contains(t, same.findingsText(), `"drift"`)
	require.Equal(t, same.findingsText(), r.findingsText())
}
