package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/hub"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// noon is the clock of the hub of these tests: a 20 November that is not long
// ago, because InfluxDB does not keep samples for ever. Golden files speak of
// the one of 2026.
func noon() time.Time {
	now := time.Now().UTC()
	at := time.Date(now.Year(), 11, 20, 12, 0, 0, 0, time.UTC)
	if at.After(now.Add(-time.Hour)) {
		at = at.AddDate(-1, 0, 0)
	}
	return at
}

// centre is a hub on a real bus and a real InfluxDB.
type centre struct {
	url    string
	at     time.Time
	hub    *hub.Hub
	bus    *bus.Hub
	tokens *user.Tokens
}

// centreOptions say what a hub finds when it starts.
type centreOptions struct {
	dir    string
	at     time.Time
	db     *influx.Client
	before func(tb testing.TB, b *bus.Hub)
	seed   *notify.Book
}

// startCentre starts a hub and returns when every meter has been rolled up.
func startCentre(tb testing.TB, o centreOptions) *centre {
	tb.Helper()
	cfg, err := config.Load(o.dir)
	require.NoError(tb, err)
	cat, err := catalogue.Load()
	require.NoError(tb, err)
	classes, err := alarm.Library(cat)
	require.NoError(tb, err)
	passwords := map[gtc.SiteID]string{}
	for _, s := range cfg.Sites {
		passwords[s.ID] = "password of this test"
	}
	b, err := bus.StartHub(tb.Context(), bus.HubOptions{LeafListen: "127.0.0.1:0", Dir: tb.TempDir(), Sites: passwords, NoSync: true, Log: zerolog.Nop()})
	require.NoError(tb, err)
	tb.Cleanup(b.Close)
	if o.before != nil {
		o.before(tb, b)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	h, err := hub.New(tb.Context(), hub.Options{
		Config: cfg, Catalogue: cat, Classes: classes, Bus: b, Influx: o.db, Listener: l, Seed: o.seed, Version: "1.2.3", EnergyEvery: time.Hour,
		Now: func() time.Time { return o.at }, Log: zerolog.Nop(), Registry: prometheus.NewRegistry(),
	})
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		require.NoError(tb, <-done)
	})
	select {
	case <-h.FirstPass():
	case <-time.After(5 * time.Minute):
		tb.Fatal("the hub has not been through its meters")
	}
	js, err := jetstream.New(b.Conn())
	require.NoError(tb, err)
	kv, err := js.KeyValue(tb.Context(), "users")
	require.NoError(tb, err)
	return &centre{url: "http://" + l.Addr().String(), at: o.at, hub: h, bus: b, tokens: user.OpenTokens(kv)}
}

// source is a data source on a hub as Grafana configures it.
func source(tb testing.TB, url, token string, jsonData map[string]any) *Datasource {
	tb.Helper()
	if jsonData == nil {
		jsonData = map[string]any{}
	}
	jsonData["url"] = url
	body, err := json.Marshal(jsonData)
	require.NoError(tb, err)
	d, err := New(tb.Context(), backend.DataSourceInstanceSettings{
		UID: "gtc", Name: "GTC", Type: PluginID, JSONData: body, DecryptedSecureJSONData: map[string]string{"token": token},
	})
	require.NoError(tb, err)
	out, ok := d.(*Datasource)
	require.True(tb, ok)
	tb.Cleanup(out.Dispose)
	return out
}

// outdoor is the temperature of a day: the same on the same date of any year.
func outdoor(day time.Time) float64 {
	return 10 - 9*math.Cos(2*math.Pi*float64(int(day.Month())*30+day.Day())/365) + float64(day.Day()%7)
}

// burnt is what the boiler of Dampremy burns a day: it follows the weather
// exactly, and a quarter more from 1 October on.
func burnt(day time.Time, drift time.Time) float64 {
	kwh := 100 + 50*math.Max(0, 15-outdoor(day))
	if !day.Before(drift) {
		kwh *= 1.25
	}
	return kwh
}

// history is what InfluxDB holds of Dampremy: twenty months of its gas meter and its
// weather by the hour, and two days of its circuit by the minute with two
// hours of silence.
func history(at time.Time) (lines []byte) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		panic(err)
	}
	drift := time.Date(at.Year(), 10, 1, 0, 0, 0, 0, brussels)
	index := 1000.0
	for day := time.Date(at.Year()-2, 4, 1, 0, 0, 0, 0, brussels); day.Before(at); day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		hours := next.Sub(day).Hours()
		for k := range int(hours) {
			t := day.Add(time.Duration(k) * time.Hour)
			if t.After(at) {
				break
			}
			lines = fmt.Appendf(lines, "gas_meter,equipment=gaz,site=dampremy volume_m3=%f %d\n", index+float64(k)*burnt(day, drift)/hours/10, t.UnixMilli())
			lines = fmt.Appendf(lines, "weather,equipment=meteo,site=dampremy air_temp=%f %d\n", outdoor(day), t.UnixMilli())
		}
		index += burnt(day, drift) / 10
	}
	for m := range 2 * 24 * 60 {
		t := at.Add(time.Duration(m-2*24*60+1) * time.Minute)
		if h := at.Sub(t).Hours(); h > 10 && h < 12 {
			continue
		}
		lines = fmt.Appendf(lines, "heating_circuit,equipment=circuit-1,site=dampremy flow_temp=%f,pump_run=%t,mode=%di %d\n",
			50+5*math.Sin(float64(m)/60), m%120 < 100, 1+(m/720)%2, t.UnixMilli())
		lines = fmt.Appendf(lines, "electricity_meter,equipment=logement,site=dampremy power_kw=1 %d\n", t.UnixMilli())
	}
	return lines
}

// changes are the changes of an alarm as ingest stores them.
func alarmLines(at time.Time) (lines []byte) {
	for _, c := range []struct {
		before         time.Duration
		from, to, rest string
	}{
		{26 * time.Hour, "normal", "unacknowledged", `actor="alarm"`},
		{25 * time.Hour, "unacknowledged", "acknowledged", `actor="garde",reason="vu"`},
		{24 * time.Hour, "acknowledged", "normal", `actor="alarm"`},
		{2 * time.Hour, "normal", "unacknowledged", `actor="alarm"`},
	} {
		lines = fmt.Appendf(lines, "alarm,alarm=boiler_lockout,equipment=chaudiere,site=dampremy state=%q,from=%q,%s,priority=2i,event=\"e\" %d\n",
			c.to, c.from, c.rest, at.Add(-c.before).UnixMilli())
	}
	return lines
}

// kept puts an alarm that stands and a finding into the hub's state.
func kept(at time.Time) func(tb testing.TB, b *bus.Hub) {
	return func(tb testing.TB, b *bus.Hub) {
		tb.Helper()
		put := func(key string, v any) {
			body, err := json.Marshal(v)
			require.NoError(tb, err)
			_, err = b.State().Put(tb.Context(), key, body)
			require.NoError(tb, err)
		}
		put("alarm/dampremy/chaudiere/boiler_lockout", gtc.Alarm{
			ID: "dampremy/chaudiere/boiler_lockout", Class: "boiler_lockout", Site: "dampremy", Equipment: "chaudiere", Kind: "boiler",
			Priority: gtc.PriorityHigh, State: gtc.AlarmUnacknowledged, Since: at.Add(-2 * time.Hour), Changed: at.Add(-2 * time.Hour), Occurrence: 2,
			Label: gtc.Label{"fr": "Chaudière en sécurité"}, Advice: gtc.Label{"fr": "Aller voir."},
		})
		put("finding/dampremy/ancien/drift/2026-10-01", gtc.Finding{
			ID: "dampremy/ancien/drift/2026-10-01", Site: "dampremy", Meter: "ancien", Carrier: gtc.CarrierGas, Rule: "drift", Kind: gtc.FindingDrift,
			State: gtc.FindingNew, Detected: at.AddDate(0, 0, -30), Onset: at.AddDate(0, 0, -50), Through: at.AddDate(0, 0, -1),
			ExcessKWh: 1400, ExcessPct: 25, BandPct: 4, Confidence: 0.99, KWhPerWeek: 200,
			Causes: []gtc.Cause{{ID: "night", KWh: 900, Label: gtc.Label{"fr": "Chauffage la nuit"}}},
			Text:   gtc.Label{"fr": "Le gaz a quitté sa référence"},
		})
		put("works", []alarm.Work{{
			ID: "travaux-1", Kind: alarm.WorkMaintenance, Site: "dampremy", Equipment: "ecs", By: "garde", Reason: "Entretien du ballon",
			From: at.Add(-time.Hour), Until: at.Add(time.Hour), Begun: true,
		}})
	}
}

// dampremy is the hub of the small park with its history.
func dampremy(tb testing.TB) *centre {
	tb.Helper()
	at := noon()
	db := influxtest.Start(tb)
	require.NoError(tb, db.Write(tb.Context(), influx.Raw, history(at)))
	require.NoError(tb, db.Write(tb.Context(), influx.Raw, alarmLines(at)))
	return startCentre(tb, centreOptions{dir: "testdata/config", at: at, db: db, before: kept(at), seed: rota(at)})
}

// rota is a book of which somebody has the turn until the day after tomorrow.
func rota(at time.Time) *notify.Book {
	return &notify.Book{
		People: []notify.Person{{ID: "un", Name: "Personne un", Phone: "+32475000001"}, {ID: "deux", Name: "Personne deux", Phone: "+32475000002"}},
		Rotas:  []notify.Rota{{ID: "garde", Start: at.AddDate(0, 0, -5), TurnDay: 7, Members: []string{"un", "deux"}}},
		Routes: []notify.Route{{ID: "tout", Steps: []notify.Step{{To: []string{"rota:garde"}, Channels: []notify.Channel{notify.SMS}}}}},
	}
}

// TestDatasource asks one hub all that the data source can ask: starting it
// takes longer than everything else.
func TestDatasource(t *testing.T) {
	c := dampremy(t)
	// Those at the end change what the hub knows.
	for _, test := range []struct {
		name string
		run  func(*testing.T, *centre)
	}{
		{"frames", testFrames},
		{"dashboards", testDashboards},
		{"absent", testAbsent},
		{"viewers", testViewers},
		{"bad input", testBadInput},
		{"records", testRecords},
		{"hub away", testHubAway},
		{"no panic", testNoPanic},
		{"protocol", testProtocol},
		{"streams", testStreams},
		{"numbers", testNumbers},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, c) })
	}
}
