package building

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc/simulators/noise"
)

// warmUp is integrated before the epoch so that nothing starts cold.
const warmUp = 20 * 24 * time.Hour

// Building is one building in time. It is not safe for concurrent use.
type Building struct {
	p Params
	h heating
	w hotWater
	// windows, water and habits vary from day to day as people do.
	windows, water, habits noise.Layer

	begin, prev, next State
	beginInner, inner inner
	beginLedger       Ledger
	ledger            Ledger
	now               wrong
}

// inner is what the integration needs beside the visible state.
type inner struct {
	dampedOutdoor float64
	season        bool
	charging      bool
	burner        bool
	boost         float64 // hours left of the morning boost
	wasComfort    bool
	month         time.Month
}

// New returns the building at its epoch.
func New(p Params) *Building {
	p = p.Complete()
	layer := func(name string, sd float64) noise.Layer {
		return noise.Layer{Seed: noise.Seed(p.Seed, name), Period: 36 * time.Hour, SD: sd}
	}
	b := &Building{
		p: p, h: newHeating(p), w: newHotWater(p),
		windows: layer("windows", 0.10), water: layer("water", 0.10), habits: layer("habits", 0.05),
	}
	at := p.Epoch.Add(-warmUp)
	b.next = State{
		At: at, RoomTemp: p.ComfortTemp, StructureTemp: p.ComfortTemp - 1,
		TankTemp: p.HotWaterTemp, FlowTemp: p.ComfortTemp, ReturnTemp: p.ComfortTemp,
		BoilerFlowTemp: 55, BoilerReturnTemp: 45,
	}
	b.inner = inner{dampedOutdoor: p.Weather.At(at).AirTemp, season: true}
	for b.next.At.Before(p.Epoch) {
		b.step()
	}
	b.startMeters()
	b.ledger = Ledger{}
	b.beginLedger = Ledger{Stored: b.stored(&b.next)}
	b.begin, b.beginInner = b.next, b.inner
	b.rewind()
	return b
}

// startMeters gives the meters the indices of a few years of service.
func (b *Building) startMeters() {
	years := 2 + 6*noise.Uniform(b.p.Seed, 1)
	a := b.p.AreaM2
	s := &b.next
	s.GasM3 = math.Round(years * a * 15)
	s.HeatKWh = math.Round(years * a * 90)
	s.HeatM3 = math.Round(years * a * 6)
	s.ElecDayKWh = math.Round(years * a * 25)
	s.ElecNightKWh = math.Round(years * a * 14)
	s.Starts = math.Round(years * 9000)
	s.BurnerHours = math.Round(years * 2600)
	s.DemandMaxKW = s.ElecKW
}

func (b *Building) rewind() {
	b.prev, b.next = b.begin, b.begin
	b.inner, b.ledger = b.beginInner, Ledger{}
}

// Params returns the building's parameters, completed.
func (b *Building) Params() Params { return b.p }

// AdvanceTo integrates up to the step that contains t. Going back is allowed
// and costs an integration from the epoch.
func (b *Building) AdvanceTo(t time.Time) {
	if t.Before(b.prev.At) {
		b.rewind()
	}
	for b.next.At.Before(t) {
		b.prev = b.next
		b.step()
	}
}

// At returns the state at t; before the epoch it is that of the epoch.
func (b *Building) At(t time.Time) State {
	t = t.UTC()
	if t.Before(b.p.Epoch) {
		t = b.p.Epoch
	}
	b.AdvanceTo(t)
	span := b.next.At.Sub(b.prev.At)
	if span <= 0 {
		return b.next
	}
	return between(&b.prev, &b.next, t, float64(t.Sub(b.prev.At))/float64(span))
}

// Ledger returns the energies since the epoch up to the end of the last step.
func (b *Building) Ledger() Ledger {
	l := b.ledger
	l.Stored = b.stored(&b.next) - b.beginLedger.Stored
	return l
}

// stored is the heat in air, structure and tank above 0 °C, kWh.
func (b *Building) stored(s *State) float64 {
	return (b.h.airC*s.RoomTemp + b.h.structureC*s.StructureTemp + b.w.tankC*s.TankTemp) / 1000
}
