package console

import (
	"context"
	"errors"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/internal/user"
)

// data answers what programs ask, of one site; what it was asked is kept.
type data struct {
	at     time.Time
	points api.PointQuery
	energy api.EnergyQuery
	fails  error
}

func (d *data) value() api.Value {
	return api.Value{
		Series:    gtc.Series{Site: "central", Kind: "heating_circuit", Equipment: "circuit-1", Point: "flow_temp"},
		SiteLabel: text("Central", "Centraal", "Central"), Category: "office", EquipmentLabel: text("Circuit", "Kring", "Circuit"),
		Label: text("Départ", "Vertrek", "Flow"), Unit: "°C", Type: "float", Now: new(50.0), NowAt: d.at, Quality: "good",
	}
}

func (d *data) Catalogue(context.Context) (api.Catalogue, error) {
	return api.Catalogue{
		At: d.at, Kinds: []api.Kind{{ID: "heating_circuit", Label: text("Circuit", "Kring", "Circuit")}}, Carriers: []gtc.Carrier{gtc.CarrierGas},
		Classes: []api.AlarmClass{{ID: "boiler_lockout", Label: text("Sécurité", "Storing", "Lockout"), Priority: 2, Discipline: "heating"}},
		Sites: []api.Site{{
			ID: "central", Label: text("Central", "Centraal", "Central"), Category: "office", TimeZone: zoneName, AreaM2: 100,
			Devices: []gtc.DeviceID{"regulateur"},
			Equipment: []api.Equipment{{ID: "circuit-1", Kind: "heating_circuit", Label: text("Circuit", "Kring", "Circuit"), Points: []api.Point{
				{ID: "mode", Label: text("Régime", "Regime", "Mode"), Type: "enum", Enum: map[int]gtc.Label{1: text("Auto", "Auto", "Auto")}},
			}}},
			Meters: []api.Meter{{ID: "gaz", Label: text("Gaz", "Gas", "Gas"), Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport}},
		}},
		OnCall: []api.OnCall{{Rota: "garde", Person: "un", Until: d.at.Add(time.Hour)}, {Rota: "nuit"}},
	}, d.fails
}

func (d *data) Points(_ context.Context, q api.PointQuery) (api.Points, error) {
	d.points = q
	return api.Points{
		At: d.at, From: q.From, To: q.To, IntervalMS: q.Interval.Milliseconds(), Queries: []string{"SELECT"},
		Series: []api.PointSeries{{Value: d.value(), Aggregate: api.AggregateMean, GapMS: 1000, Times: []int64{1}, Values: []float64{2.5}}},
	}, d.fails
}

func (d *data) Values(context.Context, api.ValueQuery) (api.Values, error) {
	return api.Values{At: d.at, Total: 1, Values: []api.Value{d.value()}}, d.fails
}

func (d *data) Consumption(_ context.Context, q api.EnergyQuery) (api.Consumption, error) {
	d.energy = q
	return api.Consumption{
		At: d.at, From: q.From, To: q.To, Step: q.Step, Unit: q.Unit, Per: q.Per, Group: q.Group,
		Rows: []api.ConsumptionGroup{{
			Site: "central", SiteLabel: text("Central", "Centraal", "Central"), Meters: 1, Baseline: &api.Baseline{Model: "hdd_only", Eligible: true},
			Intervals: []api.ConsumptionInterval{{At: 1, Actual: new(2.0), Coverage: 1}},
		}},
	}, d.fails
}

func (d *data) AlarmHistory(_ context.Context, q api.HistoryQuery) (api.AlarmHistory, error) {
	return api.AlarmHistory{At: d.at, From: q.From, To: q.To, Changes: []api.AlarmChange{{
		At: d.at, Alarm: "central/boiler/lockout", Class: "lockout", Site: "central", Equipment: "boiler", Priority: 2, From: gtc.AlarmNormal,
		To: gtc.AlarmUnacknowledged,
	}}}, d.fails
}

func (d *data) Collectors(context.Context) (api.Collectors, error) {
	return api.Collectors{At: d.at, Edges: []api.Edge{{
		Site: "central", SiteLabel: text("Central", "Centraal", "Central"), Delivery: "in_order", Devices: []api.Device{{ID: "regulateur", Profile: "p"}},
	}}}, d.fails
}

// oneToken knows one secret; another asks too often.
type oneToken struct {
	*user.Tokens
	asked int
}

func (o *oneToken) Use(_ context.Context, secret string, _ time.Time) (user.Token, error) {
	o.asked++
	switch secret {
	case "gtc_good":
		return user.Token{ID: "grafana"}, nil
	case "gtc_often":
		return user.Token{}, user.TooManyError{Wait: 1500 * time.Millisecond}
	case "gtc_broken":
		return user.Token{}, errors.New("no bucket")
	}
	return user.Token{}, user.ErrToken
}
