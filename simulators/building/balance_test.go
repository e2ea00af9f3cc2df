package building_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// manyFaults are faults of every part of the building.
func manyFaults() []building.Fault {
	from := epoch.AddDate(0, 2, 0)
	return []building.Fault{
		{Kind: building.ValveStuckOpen, From: from, Size: 0.6},
		{Kind: building.EfficiencyLoss, From: from, Size: 0.1, Ramp: 60 * 24 * time.Hour},
		{Kind: building.GasLeakNight, From: from, Size: 0.2},
		{Kind: building.BoilerShortCycling, From: from, Size: 10},
		{Kind: building.DHWLoopLoss, From: from, Size: 2},
		{Kind: building.WindowLeftOpen, From: from, To: from.AddDate(0, 1, 0), Size: 1},
		{Kind: building.NightVentilation, From: from, Size: 0.7},
		{Kind: building.BoilerLockout, From: from.AddDate(0, 3, 0), To: from.AddDate(0, 3, 1)},
		{Kind: building.SummerHeating, From: from, Size: 20},
		{Kind: building.PumpAlwaysOn, From: from},
		{Kind: building.Simultaneous, From: from, Size: 0.4},
	}
}

// TestEnergyBalancesClose over a year, for every category, sound and faulty,
// at both steps, with commands on the way when faulty: heat, gas and electricity to 0.1 %
// (they close to rounding), and the meters against the ledger.
func TestEnergyBalancesClose(t *testing.T) {
	t.Parallel()
	for _, c := range building.Categories() {
		for name, o := range map[string]struct {
			faults   []building.Fault
			commands bool
			step     time.Duration
		}{
			"sound":            {step: building.Step},
			"faulty":           {faults: manyFaults(), commands: true, step: building.Step},
			"in three minutes": {faults: manyFaults(), commands: true, step: 3 * time.Minute},
		} {
			t.Run(string(c)+" "+name, func(t *testing.T) {
				t.Parallel()
				p := params(t, c, 1500, o.faults...)
				p.Step = o.step
				b := building.New(p)
				if o.commands {
					command(t, b)
				}
				b.AdvanceTo(epoch.AddDate(1, 0, 0))
				closes(t, b, epoch.AddDate(1, 0, 0))
			})
		}
	}
}

// command changes everything that can be changed, month by month.
func command(t *testing.T, b *building.Building) {
	t.Helper()
	for i, change := range []func(c *building.Controls){
		func(c *building.Controls) { c.ComfortTemp, c.SetbackTemp = 23, 12 },
		func(c *building.Controls) { c.Mode, c.FlowTempSp = building.HeatingManual, 70 },
		func(c *building.Controls) { c.Mode, c.Pump = building.HeatingAuto, building.ForcedOff },
		func(c *building.Controls) { c.Pump, c.Valve, c.ValvePct = building.Automatic, building.ForcedOn, 80 },
		func(c *building.Controls) {
			c.Valve, c.DHWMode, c.CirculationPump = building.Automatic, building.DHWEco, false
		},
		func(c *building.Controls) { c.BoilerEnable, c.VentilationMode = false, building.VentilationHigh },
		func(c *building.Controls) { c.BoilerEnable, c.DHWMode = true, building.DHWDisinfection },
		func(c *building.Controls) {
			c.Mode, c.VentilationMode = building.HeatingOff, building.VentilationNightCooling
		},
	} {
		c := b.Controls()
		change(&c)
		require.NoError(t, b.SetControls(epoch.AddDate(0, i+1, 0).Add(7*time.Minute), c))
	}
}

func closes(t *testing.T, b *building.Building, end time.Time) {
	t.Helper()
	l := b.Ledger()
	const rounding = 1e-9 // of what flowed; 1e-3 is asked
	require.InDelta(t, 0, l.Residual(), rounding*(l.Boiler+l.Gains))
	require.InDelta(t, 0, l.GasResidual(), rounding*l.Gas)
	require.InDelta(t, 0, l.ElectricityResidual(), rounding*l.Electricity)
	gas, elec := use(b, epoch, end)
	require.InEpsilon(t, l.Gas, gas, rounding)
	require.InEpsilon(t, l.Electricity, elec, rounding)
	s := b.At(end)
	heat := s.HeatKWh - b.At(epoch).HeatKWh
	require.InEpsilon(t, l.Circuit, heat, rounding)
	// What the boiler gave is what the circuit, the tank and the coil took.
	require.Greater(t, l.Boiler, l.Circuit)
	require.Greater(t, l.Gas, l.Boiler)
	for _, v := range []float64{l.Flue, l.HotWater, l.Loop, l.StandingLoss, l.StartLoss} {
		require.Positive(t, v)
	}
}

// TestGasIsHeatOverEfficiency recomputes the year's gas from what the boiler
// gave hour by hour.
func TestGasIsHeatOverEfficiency(t *testing.T) {
	t.Parallel()
	leak := building.Fault{Kind: building.GasLeakNight, From: epoch, Size: 0.3}
	b := building.New(params(t, gtc.CategoryRestHome, 1500, leak))
	require.NoError(t, b.Finer(time.Minute))
	var given, burnt float64
	last := b.At(epoch)
	for at := epoch.Add(time.Minute); !at.After(epoch.AddDate(0, 4, 0)); at = at.Add(time.Minute) {
		s := b.At(at)
		burnt += s.ModulationPct / 100 * b.Params().BoilerKW * (s.BurnerHours - last.BurnerHours) / max(s.Efficiency, 0.1)
		given += s.BoilerKW / 60
		last = s
	}
	l := b.Ledger()
	require.InEpsilon(t, l.Gas-l.Leak, burnt, 0.005, "burner output over its efficiency")
	require.InEpsilon(t, l.Boiler, given, 1e-9)
	require.InEpsilon(t, 0.3*122*24*b.Params().GasKWhPerM3, l.Leak, 0.02)
	require.InEpsilon(t, l.Gas, l.Boiler+l.StandingLoss+l.StartLoss+l.Flue+l.Leak, 0.001)
}

func TestEndUsesSumToTheMeter(t *testing.T) {
	t.Parallel()
	for _, c := range building.Categories() {
		b := building.New(params(t, c, 1500, manyFaults()...))
		for at := epoch; at.Before(epoch.AddDate(0, 4, 0)); at = at.Add(61 * time.Minute) {
			s := b.At(at)
			sum := s.BaseKW + s.LightingKW + s.EquipmentKW + s.KitchenKW + s.LiftKW + s.VentilationKW + s.HeatingAuxKW + s.CoolingKW
			require.InDelta(t, s.ElecKW, sum, 1e-9)
		}
	}
}

// TestHeatMeterIsFlowTimesDifference: what the heat meter counts is what its
// flow and temperatures say, but for the minutes after the pump starts.
func TestHeatMeterIsFlowTimesDifference(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryRestHome, 1500))
	require.NoError(t, b.Finer(5*time.Minute))
	var counted, said float64
	for at := epoch.AddDate(0, 3, 0); at.Before(epoch.AddDate(0, 6, 0)); at = at.Add(5 * time.Minute) {
		s := b.At(at)
		counted += s.HeatKW / 12
		said += s.HeatM3h * 1.163 * (s.FlowTemp - s.ReturnTemp) / 12
	}
	require.InEpsilon(t, counted, said, 0.01)
}

// TestCalorificValueVariesByMonth around the given one and within its bounds.
func TestCalorificValueVariesByMonth(t *testing.T) {
	t.Parallel()
	b := building.New(params(t, gtc.CategoryOffice, 1500))
	values := map[float64]int{}
	sum := 0.0
	for m := range 12 {
		for d := range 3 {
			s := b.At(epoch.AddDate(0, m, 3+8*d))
			values[s.CalorificKWhPerM3]++
			sum += s.CalorificKWhPerM3 / 36
			require.InEpsilon(t, 10.9, s.CalorificKWhPerM3, 0.012)
		}
	}
	require.Len(t, values, 12, "one value a month")
	require.InEpsilon(t, 10.9, sum, 0.005)
}
