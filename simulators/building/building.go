package building

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc/simulators/noise"
)

const (
	// warmUp is integrated before the epoch so that nothing starts cold.
	warmUp = 20 * 24 * time.Hour
	// markEvery is after how many steps a state is kept from which the building
	// can go on when an earlier instant is asked; of mostMarks the older ones
	// are thinned out, so that a short way back is cheap and a long one not
	// dear.
	markEvery = 64
	mostMarks = 96
)

// Building is one building in time. It is not safe for concurrent use.
type Building struct {
	p Params
	r rooms
	w tank
	k boiler
	// windows, water and habits vary from day to day as people do.
	windows, water, habits noise.Layer

	prev, next State
	inner      inner
	ledger     Ledger
	block      block
	hour       hour
	day        day
	people     habit
	now        wrong

	// log holds every change of controls and step, the first before the
	// epoch; applied is the entry in force.
	log     []change
	applied int
	// marks hold where the building has been, the first at the epoch;
	// frontier is the end of the last step ever integrated.
	marks    []mark
	unmarked int // steps since the last mark
	frontier time.Time
}

// inner is what the integration needs beside the visible state.
type inner struct {
	radiatorTemp float64 // mean of the circuit's water and metal, °C
	heating      bool    // not stopped by the summer limit
	frost        bool
	charging     bool
	burner       bool
	boost        float64 // hours left of the morning boost
	wasComfort   bool
	held         float64 // hours at the legionella temperature
	month        time.Month
	quarterKWh   float64 // electricity of the quarter-hour so far
}

// mark is a state from which the building can go on.
type mark struct {
	state  State
	inner  inner
	ledger Ledger
}

// New returns the building at its epoch. It does not judge the parameters; see
// [Params.Validate].
func New(p Params) *Building {
	p = p.Complete()
	layer := func(name string, sd float64) noise.Layer {
		return noise.Layer{Seed: noise.Seed(p.Seed, name), Period: 36 * time.Hour, SD: sd}
	}
	b := &Building{
		p: p, r: newRooms(p), w: newTank(p), k: newBoiler(p),
		windows: layer("windows", 0.10), water: layer("water", 0.10), habits: layer("habits", 0.05),
	}
	at := p.Epoch.Add(-warmUp)
	b.log = []change{{at: at, controls: p.controls(), step: Step}}
	if p.Step != Step {
		b.log = append(b.log, change{at: p.Epoch, controls: p.controls(), step: p.Step})
	}
	outdoor := p.Weather.At(at).AirTemp
	b.next = State{
		At: at, OutdoorTemp: outdoor, OutdoorSensorTemp: outdoor, OutdoorDampedTemp: outdoor,
		RoomTemp: p.ComfortTemp, RoomSensorTemp: p.ComfortTemp, StructureTemp: p.ComfortTemp - 1,
		TankTemp: p.HotWaterTemp, TankBottomTemp: p.HotWaterTemp - 2,
		FlowTemp: p.ComfortTemp, ReturnTemp: p.ComfortTemp,
		BoilerFlowTemp: 55, BoilerReturnTemp: 45, CO2ppm: 500, LegionellaDone: true,
	}
	b.inner = inner{radiatorTemp: p.ComfortTemp, heating: true}
	for b.next.At.Before(p.Epoch) {
		b.step()
	}
	b.startMeters()
	b.ledger = Ledger{}
	b.marks = []mark{{b.next, b.inner, b.ledger}}
	b.prev, b.frontier = b.next, b.next.At
	return b
}

// startMeters gives the meters the indices of a few years of service.
func (b *Building) startMeters() {
	years := 2 + 6*noise.Uniform(b.p.Seed, 1)
	a := b.p.AreaM2
	s := &b.next
	s.GasM3, s.GasKWh = math.Round(years*a*15), 0
	s.HeatKWh = math.Round(years * a * 90)
	s.HeatM3 = math.Round(years * a * 6)
	s.ElecDayKWh = math.Round(years * a * 25)
	s.ElecNightKWh = math.Round(years * a * 14)
	s.Starts = math.Round(years * 7000)
	s.BurnerHours = math.Round(years * 2600)
	s.PumpHours = math.Round(years * 5200)
	s.DemandMaxKW = s.ElecKW
}

// rewind goes back to the last mark at or before t.
func (b *Building) rewind(t time.Time) {
	i := len(b.marks) - 1
	for i > 0 && b.marks[i].state.At.After(t) {
		i--
	}
	m := &b.marks[i]
	b.prev, b.next = m.state, m.state
	b.inner, b.ledger = m.inner, m.ledger
	b.applied, b.block = 0, block{}
}

// Params returns the building's parameters, completed.
func (b *Building) Params() Params { return b.p }

// AdvanceTo integrates up to the step that contains t. Going back is allowed;
// it costs an integration from some steps before t when t is recent, and from
// some weeks before when it is years ago.
func (b *Building) AdvanceTo(t time.Time) {
	if t.Before(b.prev.At) {
		b.rewind(t)
	}
	for b.next.At.Before(t) {
		b.prev = b.next
		b.step()
		if b.next.At.After(b.frontier) {
			b.frontier = b.next.At
		}
		if b.next.At.After(b.marks[len(b.marks)-1].state.At) {
			b.mark()
		}
	}
}

// mark keeps the state every so many steps. When there are too many, every
// other one of the older three quarters goes, but for the first.
func (b *Building) mark() {
	if b.unmarked++; b.unmarked < markEvery {
		return
	}
	b.unmarked = 0
	b.marks = append(b.marks, mark{b.next, b.inner, b.ledger})
	if len(b.marks) <= mostMarks {
		return
	}
	kept := b.marks[:1]
	for i := 1; i < len(b.marks); i++ {
		if i%2 == 0 || i > 3*mostMarks/4 {
			kept = append(kept, b.marks[i])
		}
	}
	b.marks = kept
}

// At returns the state at t; before the epoch it is that of the epoch.
func (b *Building) At(t time.Time) State {
	t = t.UTC()
	if t.Before(b.p.Epoch) {
		t = b.p.Epoch
	}
	b.AdvanceTo(t)
	if t.Equal(b.prev.At) {
		return b.prev // what ends here, however one came here
	}
	span := b.next.At.Sub(b.prev.At)
	return between(&b.prev, &b.next, t, float64(t.Sub(b.prev.At))/float64(span))
}

// Ledger returns the energies since the epoch up to the end of the last step.
func (b *Building) Ledger() Ledger {
	l := b.ledger
	begin := &b.marks[0]
	l.Stored = b.stored(&b.next, &b.inner) - b.stored(&begin.state, &begin.inner)
	l.BoilerStored = b.k.heatC * (b.next.BoilerFlowTemp - begin.state.BoilerFlowTemp) / 1000
	return l
}

// stored is the heat in air, structure, radiators and tank above 0 °C, kWh.
func (b *Building) stored(s *State, in *inner) float64 {
	return (b.r.airC*s.RoomTemp + b.r.structureC*s.StructureTemp + b.r.radiatorC*in.radiatorTemp +
		b.w.layerC*(s.TankTemp+s.TankBottomTemp)) / 1000
}
