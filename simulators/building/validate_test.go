package building_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

func TestUsualParametersAreValid(t *testing.T) {
	t.Parallel()
	for _, c := range building.Categories() {
		for _, area := range []float64{60, 900, 12000} {
			p := params(t, c, area)
			require.Empty(t, p.Validate(), c)
			require.Empty(t, p.Complete().Validate(), c)
		}
	}
}

func TestImpossibleParametersAreNamed(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	fault := func(f building.Fault) func(p *building.Params) {
		return func(p *building.Params) {
			p.Faults = []building.Fault{{Kind: building.PumpAlwaysOn, From: epoch}, f}
		}
	}
	ok := epoch.Add(day)
	for field, spoil := range map[string]func(p *building.Params){
		"area_m2":              func(p *building.Params) { p.AreaM2 = -100 },
		"category":             func(p *building.Params) { p.Category = "castle" },
		"loss_w_per_k":         func(p *building.Params) { p.LossWPerK = math.NaN() },
		"air_share":            func(p *building.Params) { p.AirShare = 1 },
		"boiler_efficiency":    func(p *building.Params) { p.BoilerEfficiency = 1.07 },
		"boiler_kw":            func(p *building.Params) { p.BoilerKW = -5 },
		"min_modulation":       func(p *building.Params) { p.MinModulation = 2 },
		"hot_water_temp":       func(p *building.Params) { p.HotWaterTemp = 95 },
		"heat_recovery":        func(p *building.Params) { p.HeatRecovery = 1.2 },
		"gas_kwh_per_m3":       func(p *building.Params) { p.GasKWhPerM3 = 1 },
		"legionella.temp":      func(p *building.Params) { p.Legionella.Temp = 40 },
		"electric_gain":        func(p *building.Params) { p.ElectricGain = math.Inf(1) },
		"setback_temp":         func(p *building.Params) { p.SetbackTemp = 25 },
		"flow_temp_min":        func(p *building.Params) { p.FlowTempMin, p.FlowTempMax = 60, 50 },
		"step":                 func(p *building.Params) { p.Step = 7 * time.Minute },
		"schedule":             func(p *building.Params) { p.Schedule.Days[1][0] = building.Period{From: 600, To: 1500} },
		"ventilation_schedule": func(p *building.Params) { p.VentilationSchedule.Days[1][0] = building.Period{From: 9, To: 8} },
		"faults[1].fault":      fault(building.Fault{Kind: "gremlin", From: ok, Size: 1}),
		"faults[1].from":       fault(building.Fault{Kind: building.SetbackLost, From: epoch.Add(-day), Size: 1}),
		"faults[1].to":         fault(building.Fault{Kind: building.SetbackLost, From: ok, To: ok, Size: 1}),
		"faults[1].ramp":       fault(building.Fault{Kind: building.SetbackLost, From: ok, Size: 1, Ramp: -day}),
		"faults[1].size":       fault(building.Fault{Kind: building.EfficiencyLoss, From: ok, Size: 0.9}),
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			p := params(t, gtc.CategoryOffice, 1000)
			spoil(&p)
			wrong := p.Validate()
			require.Len(t, wrong, 1)
			require.Equal(t, field, wrong[0].Field)
			require.NotEmpty(t, wrong[0].What)
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	t.Parallel()
	p := params(t, "castle", -1)
	p.BoilerEfficiency = 1.5
	p.Faults = []building.Fault{{Kind: "gremlin", From: epoch.Add(-time.Hour), To: epoch.Add(-2 * time.Hour), Ramp: -1}}
	var fields []string
	for _, w := range p.Validate() {
		fields = append(fields, w.Field)
	}
	require.ElementsMatch(t, []string{
		"area_m2", "boiler_efficiency", "category",
		"faults[0].fault", "faults[0].from", "faults[0].to", "faults[0].ramp",
	}, fields)
}

// TestSizesOutOfRange holds both ends of every kind's range.
func TestSizesOutOfRange(t *testing.T) {
	t.Parallel()
	for _, k := range building.FaultKinds() {
		from, to, ok := building.SizeRange(k)
		require.True(t, ok)
		if from == 0 && to == 0 {
			continue
		}
		for size, bad := range map[float64]bool{from - 1: true, to + 1: true, to: false, math.NaN(): true, 0: true} {
			if size == 0 && from > 0 {
				continue
			}
			p := params(t, gtc.CategoryOffice, 1000, building.Fault{Kind: k, From: epoch, Size: size})
			require.Equal(t, bad, len(p.Validate()) == 1, "%s %g", k, size)
		}
	}
	p := params(t, gtc.CategoryOffice, 1000, building.Fault{Kind: building.ScheduleWrong, From: epoch, Size: 18})
	require.Len(t, p.Validate(), 1, "neither hours nor weekends")
	_, _, ok := building.SizeRange("gremlin")
	require.False(t, ok)
}
