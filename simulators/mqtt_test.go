package simulators_test

import (
	"slices"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators"
)

func password(site gtc.SiteID, user string) string { return string(site) + "+" + user }

// broker starts the site's own broker where the park left its address.
func broker(t *testing.T, s *config.Site) {
	t.Helper()
	o := bus.EdgeOptions{Site: s.ID, Dir: t.TempDir(), MQTTListen: s.Broker.Listen, Log: zerolog.Nop()}
	for _, u := range s.Broker.Users {
		o.MQTTUsers = append(o.MQTTUsers, bus.MQTTUser{
			User: u.User, Password: password(s.ID, u.User), Publish: u.Publish, Subscribe: u.Subscribe,
		})
	}
	e, err := bus.StartEdge(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(e.Close)
}

// subscribe sends the messages of all topics of a site's devices to the
// returned channel.
func subscribe(t *testing.T, s *config.Site, c config.Connection) <-chan paho.Message {
	t.Helper()
	messages := make(chan paho.Message, 1000)
	filters := map[string]byte{}
	for _, u := range s.Broker.Users {
		for _, f := range u.Subscribe {
			filters[f] = 1
		}
	}
	client := paho.NewClient(paho.NewClientOptions().AddBroker("tcp" + c.URL[len("mqtt"):]).
		SetClientID("test").SetUsername(c.User).SetPassword(password(s.ID, c.User)))
	done := client.Connect()
	require.True(t, done.WaitTimeout(10*time.Second))
	require.NoError(t, done.Error())
	t.Cleanup(func() { client.Disconnect(0) })
	done = client.SubscribeMultiple(filters, func(_ paho.Client, m paho.Message) { messages <- m })
	require.True(t, done.WaitTimeout(10*time.Second))
	require.NoError(t, done.Error())
	return messages
}

func TestHistoryIsWhatAnMQTTDevicePublishes(t *testing.T) {
	t.Parallel()
	for _, id := range []gtc.SiteID{"antenne-gilly", "ec-docherie"} {
		t.Run(string(id), func(t *testing.T) {
			t.Parallel()
			historyIsPublished(t, id)
		})
	}
}

func historyIsPublished(t *testing.T, id gtc.SiteID) {
	t.Helper()
	cfg := demo(t)
	cfg.Sites = slices.DeleteFunc(cfg.Sites, func(s *config.Site) bool { return s.ID != id })
	s := cfg.Sites[0]
	p, err := simulators.Load(cfg, onlySite(t, s.ID))
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), simulators.Options{
		Epoch: origin.AddDate(0, -2, 0), Origin: origin, Clock: stillAt(origin), Log: zerolog.Nop(), PasswordFor: password,
	}))
	t.Cleanup(p.Close)
	broker(t, s) // after the park: publishers wait for it
	messages := subscribe(t, s, s.Connections[2])

	cat, err := catalogue.Load()
	require.NoError(t, err)
	missing := map[gtc.Series]gtc.Value{}
	for series, v := range at(t, p, s.ID, origin) {
		if series.Equipment == "elec" || series.Equipment == "intrusion" || series.Equipment == "elec-serveurs" || series.Equipment == "salle-polyvalente" {
			missing[series] = v
		}
	}
	require.Greater(t, len(missing), 25)
	for len(missing) > 0 {
		select {
		case m := <-messages:
			for series, v := range decode(t, cfg, cat, s, m) {
				if want, ok := missing[series]; ok {
					require.Equal(t, want.Type, v.Type, series)
					require.InDelta(t, want.Num, v.Num, 1e-6, series)
					delete(missing, series)
				}
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("never published: %v", missing)
		}
	}
}

func decode(t *testing.T, cfg *config.Config, cat *catalogue.Catalogue, s *config.Site, m paho.Message) map[gtc.Series]gtc.Value {
	t.Helper()
	values := map[gtc.Series]gtc.Value{}
	for _, d := range s.Devices {
		p := cfg.Profiles[d.Profile]
		topic, ok := p.Match(d.Topic, m.Topic())
		if d.Topic == "" || !ok {
			continue
		}
		typeOf := func(slot string, point gtc.PointID) gtc.ValueType {
			def, _ := cat.Point(p.Slots[slot], point)
			return def.Type
		}
		if topic.Availability != nil {
			continue
		}
		fields, err := profile.DecodePayload(topic, typeOf, m.Payload(), origin)
		require.NoError(t, err)
		for _, f := range fields {
			if eq := d.Equipment[f.Slot]; eq != "" {
				values[gtc.Series{Site: s.ID, Kind: p.Slots[f.Slot], Equipment: eq, Point: f.Point}] = f.Value
			}
		}
	}
	return values
}

func TestReplayIsServedThroughItsProfiles(t *testing.T) {
	t.Parallel()
	days := twoYears()
	r, err := simulators.NewReplay(days, simulators.ReplayOptions{Now: origin})
	require.NoError(t, err)
	cfg := &config.Config{}
	cfg.Profiles, err = profile.Library()
	require.NoError(t, err)
	clk := stillAt(r.Live())
	p, err := simulators.Load(cfg, "")
	require.NoError(t, err)
	p.Add(r)
	require.NoError(t, p.Start(t.Context(), simulators.Options{Clock: clk, Log: zerolog.Nop()}))
	t.Cleanup(p.Close)
	require.Same(t, r.Site(), cfg.Sites[0])
	read := newReader(t, cfg)

	gas := gtc.Series{Site: simulators.ReplaySite, Kind: gtc.KindGasMeter, Equipment: "gaz", Point: "volume_m3"}
	outdoor := gtc.Series{Site: simulators.ReplaySite, Kind: gtc.KindWeather, Equipment: "meteo", Point: "air_temp"}
	loc := brussels(t)
	first := r.From().In(loc)
	for _, n := range []int{400, 500, 730} {
		midnight := func(n int) time.Time {
			return time.Date(first.Year(), first.Month(), first.Day()+n, 0, 0, 0, 0, loc)
		}
		var index [2]float64
		for k := range index {
			clk.now.Store(midnight(n + k).UnixMilli())
			history := at(t, p, simulators.ReplaySite, midnight(n+k).UTC())
			require.Len(t, history, 2)
			for _, d := range r.Site().Devices {
				for series, v := range read.device(r.Site(), d) {
					require.Equal(t, history[series], v)
				}
			}
			index[k] = history[gas].Num
			if k == 0 {
				require.InDelta(t, days[n].Temperature, history[outdoor].Num, 1e-9)
			}
		}
		require.InDelta(t, days[n].KWh, 10*(index[1]-index[0]), 0.11)
	}
}
