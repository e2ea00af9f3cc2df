package why_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// house is one simulated building with its instruments: a gas, a heat and an
// electricity meter, a heating circuit, a boiler, hot water and an outdoor
// sensor. Instruments resolve what real ones do.
type house struct {
	site   gtc.Site
	start  time.Time
	days   int
	ev     why.Evidence
	joined map[gtc.EquipmentID][]baseline.Day
}

func brussels(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return loc
}

// siteOf is a site with the equipment of a house.
func siteOf(id gtc.SiteID, c gtc.Category, loc *time.Location) gtc.Site {
	l := func(fr string) gtc.Label { return gtc.Label{"fr": fr} }
	return gtc.Site{
		ID: id, Category: c, Location: loc,
		Equipment: []gtc.Equipment{
			{ID: "circuit", Kind: "heating_circuit", Label: l("Circuit radiateurs")},
			{ID: "chaudiere", Kind: "boiler", Label: l("Chaudière"), Condensing: true},
			{ID: "ecs", Kind: "dhw", Label: l("Eau chaude")},
			{ID: "meteo", Kind: "weather", Label: l("Sonde extérieure")},
			{ID: "air", Kind: "ventilation", Label: l("Groupe de ventilation")},
		},
		Meters: []gtc.Meter{
			{Equipment: "gaz", Kind: "gas_meter", Point: "volume_m3", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 10.9, MaxPerHour: 200, EAN: "1", Label: l("Gaz")},
			{Equipment: "chaleur", Kind: "heat_meter", Point: "energy_kwh", Carrier: gtc.CarrierHeat, Direction: gtc.DirectionImport, KWhPerUnit: 1, MaxPerHour: 2000, Label: l("Chaleur")},
			{Equipment: "elec", Kind: "electricity_meter", Point: "energy_import_kwh", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1, MaxPerHour: 2000, EAN: "2", Label: l("Électricité")},
		},
	}
}

// simulate runs a building and reads its instruments every ten minutes.
func simulate(tb testing.TB, id gtc.SiteID, p building.Params, days int, commands ...command) *house {
	tb.Helper()
	loc := brussels(tb)
	p.Location = loc
	h := &house{site: siteOf(id, p.Category, loc), start: p.Epoch, days: days}
	end := h.start.AddDate(0, 0, days)
	n := int(end.Sub(h.start) / why.Step)
	b := building.New(p)
	for _, c := range commands {
		now := b.Controls()
		c.change(&now)
		require.NoError(tb, b.SetControls(c.at, now))
	}
	h.ev = why.Evidence{
		Site: &h.site, From: h.start.UTC(), Points: map[why.Point][]float64{}, Hours: map[gtc.EquipmentID][]float64{},
		Baselines: map[gtc.EquipmentID]baseline.Baseline{}, Dials: map[gtc.EquipmentID][]why.Dial{},
	}
	readers := instruments()
	for q := range readers {
		h.ev.Points[q] = make([]float64, n)
	}
	h.ev.Outdoor, h.ev.Elsewhere = make([]float64, n), make([]float64, n)
	for i := range n {
		s := b.At(h.start.Add(time.Duration(i) * why.Step))
		for q, read := range readers {
			h.ev.Points[q][i] = read(&s)
		}
		h.ev.Outdoor[i] = s.OutdoorTemp
		h.ev.Elsewhere[i] = s.OutdoorTemp + 0.8*math.Sin(float64(i)/700)
	}
	h.meter()
	h.fit(baseline.Native) // as the hub does
	h.subscribe()
	return h
}

// command is what somebody changes at the controllers.
type command struct {
	at     time.Time
	change func(c *building.Controls)
}

// margin is by how much a contract exceeds the highest quarter-hour that its
// owner knows.
const margin = 1.25

// subscribe makes the contract of the electricity after a year, or what there
// is of one before the last winter.
func (h *house) subscribe() {
	demand := h.ev.Points[why.Point{Equipment: "elec", Point: why.PointDemand}]
	most := 0.0
	for _, v := range demand[:min(len(demand), baselineDays*144)] {
		most = max(most, v)
	}
	for i := range h.site.Meters {
		if m := &h.site.Meters[i]; m.Carrier == gtc.CarrierElectricity {
			m.SubscribedKW = math.Ceil(margin * most)
		}
	}
}

// instruments are what is read, at the resolution at which it is shown.
func instruments() map[why.Point]func(s *building.State) float64 {
	tenth := func(f func(s *building.State) float64) func(s *building.State) float64 {
		return func(s *building.State) float64 { return math.Round(10*f(s)) / 10 }
	}
	state := func(f func(s *building.State) bool) func(s *building.State) float64 {
		return func(s *building.State) float64 {
			if f(s) {
				return 1
			}
			return 0
		}
	}
	return map[why.Point]func(s *building.State) float64{
		{Equipment: "circuit", Point: "flow_temp"}:           tenth(func(s *building.State) float64 { return s.FlowTemp }),
		{Equipment: "circuit", Point: "flow_temp_sp"}:        tenth(func(s *building.State) float64 { return s.FlowTempSp }),
		{Equipment: "circuit", Point: "return_temp"}:         tenth(func(s *building.State) float64 { return s.ReturnTemp }),
		{Equipment: "circuit", Point: "room_temp"}:           tenth(func(s *building.State) float64 { return s.RoomSensorTemp }),
		{Equipment: "circuit", Point: "room_temp_sp"}:        tenth(func(s *building.State) float64 { return s.RoomTempSp }),
		{Equipment: "circuit", Point: "heat_demand"}:         state(func(s *building.State) bool { return s.HeatDemand }),
		{Equipment: "circuit", Point: "pump_run"}:            state(func(s *building.State) bool { return s.PumpRun }),
		{Equipment: "ecs", Point: "storage_temp"}:            tenth(func(s *building.State) float64 { return s.TankTemp }),
		{Equipment: "ecs", Point: "flow_temp"}:               tenth(func(s *building.State) float64 { return s.HotWaterFlowTemp }),
		{Equipment: "ecs", Point: "circulation_return_temp"}: tenth(func(s *building.State) float64 { return s.LoopReturnTemp }),
		{Equipment: "ecs", Point: "circulation_pump_run"}:    state(func(s *building.State) bool { return s.CirculationPump }),
		{Equipment: "ecs", Point: "charging"}:                state(func(s *building.State) bool { return s.Charging }),
		{Equipment: "chaudiere", Point: "burner_run"}:        state(func(s *building.State) bool { return s.BurnerRun }),
		{Equipment: "chaudiere", Point: "starts_count"}:      func(s *building.State) float64 { return math.Floor(s.Starts) },
		{Equipment: "chaudiere", Point: "run_h"}:             tenth(func(s *building.State) float64 { return s.BurnerHours }),
		{Equipment: "chaudiere", Point: "pressure_bar"}:      func(s *building.State) float64 { return math.Round(100*s.PressureBar) / 100 },
		{Equipment: "chaudiere", Point: "return_temp"}:       tenth(func(s *building.State) float64 { return s.BoilerReturnTemp }),
		{Equipment: "air", Point: "heating_valve_pct"}:       tenth(func(s *building.State) float64 { return s.CoilPct }),
		{Equipment: "air", Point: "cooling_valve_pct"}:       tenth(func(s *building.State) float64 { return s.CoolPct }),
		{Equipment: "elec", Point: "demand_kw"}:              tenth(func(s *building.State) float64 { return s.ElecKW }),
		{Equipment: "meteo", Point: "air_temp"}:              tenth(func(s *building.State) float64 { return s.OutdoorSensorTemp }),
		{Equipment: "gaz", Point: "volume_m3"}:               func(s *building.State) float64 { return math.Floor(100*s.GasM3) / 100 },
		{Equipment: "chaleur", Point: "energy_kwh"}:          func(s *building.State) float64 { return math.Floor(s.HeatKWh) },
		{Equipment: "elec", Point: "energy_import_kwh"}:      func(s *building.State) float64 { return math.Floor(10*(s.ElecDayKWh+s.ElecNightKWh)) / 10 },
	}
}

// meter rolls the indexes up to hours and days.
func (h *house) meter() {
	h.joined = map[gtc.EquipmentID][]baseline.Day{}
	per := int(time.Hour / why.Step)
	for _, m := range h.site.Meters {
		index := h.ev.Points[why.Point{Equipment: m.Equipment, Point: m.Point}]
		hours := make([]float64, len(index)/per)
		for i := range hours {
			hours[i] = math.NaN()
			if (i+1)*per < len(index) {
				hours[i] = m.KWhPerUnit * (index[(i+1)*per] - index[i*per])
			}
		}
		h.ev.Hours[m.Equipment] = hours
		var days []baseline.Day
		for d := range h.days - 1 {
			start := h.start.AddDate(0, 0, d)
			a, b := int(start.Sub(h.start)/time.Hour), int(start.AddDate(0, 0, 1).Sub(h.start)/time.Hour)
			day := baseline.Day{Date: start, HasKWh: true, HasTemp: true, Coverage: 1}
			for i := a; i < b; i++ {
				day.KWh += hours[i]
				for _, t := range h.ev.Outdoor[i*per : (i+1)*per] {
					day.Temp += t / float64((b-a)*per)
				}
			}
			days = append(days, day)
		}
		h.joined[m.Equipment] = days
	}
}

// fit makes the baselines of the first year.
func (h *house) fit(mode baseline.Mode) {
	for _, m := range h.site.Meters {
		fitted, err := baseline.Fit(h.joined[m.Equipment], baseline.FitOptions{Mode: mode, Carrier: m.Carrier, From: h.start, To: h.start.AddDate(1, 0, 0)})
		if err == nil {
			h.ev.Baselines[m.Equipment] = fitted
		}
	}
}

// all switches every rule on that can judge.
func all(tb testing.TB) why.Set {
	tb.Helper()
	set, err := why.Library()
	require.NoError(tb, err)
	for i := range set {
		set[i].Enabled = true
	}
	return set
}

// judge reads the house day by day up to a number of days.
func (h *house) judge(rules why.Set, days int) []gtc.Finding {
	b := why.NewBook(h.site, rules, h.start.AddDate(0, 0, 1))
	b.Look(&h.ev, h.start.AddDate(0, 0, days))
	return b.Judge()
}

// office is the building of most tests.
func params(c gtc.Category, area float64, seed uint64, epoch time.Time, faults ...building.Fault) building.Params {
	p := building.Params{Seed: seed, Weather: weather.New(seed/4 + 3), Epoch: epoch, Category: c, AreaM2: area, Faults: faults}
	if c == gtc.CategoryOffice { // its ventilation unit cools too
		p.CoolingKW = 0.006 * area
	}
	return p
}
