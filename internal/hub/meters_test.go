package hub

import (
	"fmt"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/importer"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/influx/influxtest"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// plant is a site with whatever meters a test gives it.
type plant struct {
	db    *influx.Client
	sites []gtc.Site
	start time.Time
	rules *energyRules
}

func newPlant(t *testing.T, meters ...gtc.Meter) *plant {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	now := time.Now().In(loc)
	p := &plant{db: influxtest.Start(t), start: time.Date(now.Year()-1, 3, 1, 0, 0, 0, 0, loc)}
	p.sites = []gtc.Site{{ID: "s1", Location: loc, WeatherStation: "here", Meters: meters}}
	p.again()
	return p
}

// again is a hub that starts.
func (p *plant) again() {
	p.rules = newEnergyRules(history{p.db}, p.sites, []StationSource{{Station: "here", Site: "s1", Weather: "meteo"}}, zerolog.Nop())
}

// count stores an index that rises by perHour for some days.
func (p *plant) count(t *testing.T, m gtc.Meter, days int, perHour func(hour int) float64) {
	t.Helper()
	var buf []byte
	index := 1000.0
	for k := range days*24 + 1 {
		buf = fmt.Appendf(buf, "%s,equipment=%s,site=s1 %s=%f %d\n", m.Kind, m.Equipment, m.Point, index, p.start.Add(time.Duration(k)*time.Hour).UnixMilli())
		index += perHour(k)
	}
	require.NoError(t, p.db.Write(t.Context(), influx.Raw, buf))
}

func (p *plant) pass(t *testing.T, days int) map[meterKey][]gtc.Finding {
	t.Helper()
	require.NoError(t, p.rules.restore(t.Context()))
	judged, err := p.rules.pass(t.Context(), p.start.AddDate(0, 0, days))
	require.NoError(t, err)
	return judged
}

// days are those in memory, which must be those in InfluxDB.
func (p *plant) days(t *testing.T, site int, id gtc.EquipmentID, d gtc.Direction) []energy.Interval {
	t.Helper()
	s := &p.sites[site]
	ms := p.rules.meters[meterKey{s.ID, id, d}]
	require.NotNil(t, ms)
	kept, err := p.rules.days(t.Context(), s, ms.meter, time.Unix(0, 0))
	require.NoError(t, err)
	days := ms.days.All()
	require.Len(t, kept, len(days))
	for i := range kept {
		require.Equal(t, days[i].Start.Unix(), kept[i].Start.Unix())
		require.InDelta(t, days[i].KWh, kept[i].KWh, 1e-9)
		require.Equal(t, days[i].NoEnergy, kept[i].NoEnergy)
		require.Equal(t, days[i].Source, kept[i].Source)
	}
	return days
}

func flat(v float64) func(int) float64 { return func(int) float64 { return v } }

func gasByDate(values ...gtc.CalorificValue) gtc.Meter {
	return gtc.Meter{
		Equipment: "gaz", Kind: gtc.KindGasMeter, Point: "volume_m3", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 11,
		Gas: &gtc.GasVolume{AirMbar: 1000, PressureMbar: 22, TempC: 12, Values: values},
	}
}

// TestGasByDate rolls gas up with the calorific value of each day and the
// meter's own pressure, corrects a value, and starts again.
func TestGasByDate(t *testing.T) {
	p := newPlant(t)
	day := func(n int) time.Time { return p.start.AddDate(0, 0, n) }
	m := gasByDate(gtc.CalorificValue{From: day(2), KWhPerM3n: 11}, gtc.CalorificValue{From: day(5), KWhPerM3n: 12})
	p.sites[0].Meters = []gtc.Meter{m}
	p.again()
	p.count(t, m, 10, flat(1))
	var buf []byte
	for k := range 24 {
		buf = fmt.Appendf(buf, "gas_meter,equipment=gaz,site=s1 gas_pressure_mbar=122,gas_temp=2 %d\n", day(7).Add(time.Duration(k)*time.Hour+time.Minute).UnixMilli())
	}
	require.NoError(t, p.db.Write(t.Context(), influx.Raw, buf))
	p.pass(t, 10)
	z := func(mbar, c float64) float64 { return mbar / 1013.25 * 273.15 / (273.15 + c) }
	days := p.days(t, 0, "gaz", gtc.DirectionImport)
	require.True(t, days[0].NoEnergy, "m³ of a date without a calorific value are not energy")
	require.InDelta(t, 24, days[0].Volume, 1e-6)
	require.InDelta(t, 24*11*z(1022, 12), days[3].KWh, 1e-6)
	require.InDelta(t, 24*12*z(1022, 12), days[6].KWh, 1e-6)
	require.InDelta(t, 24*12*z(1122, 2), days[7].KWh, 1e-6, "the meter's own pressure and temperature come first")

	// The operator corrects one value and adds an earlier one: the days that
	// they hold for change, without a sample, hours too.
	p.sites[0].Meters = []gtc.Meter{gasByDate(gtc.CalorificValue{From: day(0), KWhPerM3n: 10}, gtc.CalorificValue{From: day(2), KWhPerM3n: 11}, gtc.CalorificValue{From: day(5), KWhPerM3n: 11.5})}
	p.again()
	require.NoError(t, p.rules.restore(t.Context()))
	days = p.days(t, 0, "gaz", gtc.DirectionImport)
	require.InDelta(t, 24*10*z(1022, 12), days[0].KWh, 1e-6)
	require.InDelta(t, 24*11*z(1022, 12), days[3].KWh, 1e-6)
	require.InDelta(t, 24*11.5*z(1122, 2), days[7].KWh, 1e-6, "with the m³(n) that were measured")
	hours, err := p.rules.hours(t.Context(), "s1", p.sites[0].Meters[0], day(7), day(8))
	require.NoError(t, err)
	require.Len(t, hours, 24)
	require.InDelta(t, 11.5*z(1122, 2), hours[3].KWh, 1e-6)
	require.InDelta(t, 11.5, hours[3].PCS, 0)
}

func electricity(id gtc.EquipmentID, d gtc.Direction, of gtc.EquipmentID) gtc.Meter {
	m := gtc.Meter{Equipment: id, Kind: gtc.KindElectricityMeter, Point: "energy_import_kwh", Carrier: gtc.CarrierElectricity, Direction: d, KWhPerUnit: 1, SubmeterOf: of}
	switch d {
	case gtc.DirectionExport:
		m.Point = "energy_export_kwh"
	case gtc.DirectionProduction:
		m.Kind, m.Point = "pv_inverter", "energy_kwh"
	case gtc.DirectionImport:
	}
	return m
}

// TestConsumptionOfASiteThatProduces makes the consumption of import, export
// and production, and one hour late changes it again.
func TestConsumptionOfASiteThatProduces(t *testing.T) {
	main, out, pv := electricity("elec", gtc.DirectionImport, ""), electricity("elec", gtc.DirectionExport, ""), electricity("toit", gtc.DirectionProduction, "")
	kitchen := electricity("cuisine", gtc.DirectionImport, "use")
	use := gtc.Meter{Equipment: "use", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1}
	for _, x := range []struct {
		m gtc.Meter
		w float64
	}{{main, 1}, {pv, 1}, {out, -1}} {
		use.Terms = append(use.Terms, gtc.MeterTerm{Site: "s1", Meter: x.m.Equipment, Direction: x.m.Direction, Weights: []gtc.Weight{{Value: x.w}}})
	}
	p := newPlant(t, use, main, out, pv, kitchen) // made of those that follow
	p.count(t, main, 40, flat(5))
	p.count(t, pv, 40, func(h int) float64 { return float64(h % 24 / 12 * 4) })
	p.count(t, out, 40, flat(1))
	p.count(t, kitchen, 40, flat(7)) // more than 5 − 1 + 2: it cannot be
	judged := p.pass(t, 40)
	days := p.days(t, 0, "use", gtc.DirectionImport)
	require.Len(t, days, 40)
	for _, d := range days[:20] {
		require.InDelta(t, 24*(5-1)+12*4, d.KWh, 4.1, "%s", d.Start)
		require.InDelta(t, 1, d.Coverage, 0)
		require.Empty(t, d.Source)
	}
	hours, err := p.rules.hours(t.Context(), "s1", use, p.start, p.start.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.Len(t, hours, 24)
	require.InDelta(t, 8, hours[20].KWh, 1e-6)

	state := func(id gtc.EquipmentID, d gtc.Direction) *meterState { return p.rules.meters[meterKey{"s1", id, d}] }
	require.Equal(t, energy.IsPart, state("elec", gtc.DirectionImport).why)
	require.Equal(t, energy.NotUse, state("elec", gtc.DirectionExport).why)
	require.Equal(t, energy.NotUse, state("toit", gtc.DirectionProduction).why)
	require.NotEqual(t, energy.IsPart, state("use", gtc.DirectionImport).why, "the consumption is judged")

	found := judged[meterKey{"s1", "use", gtc.DirectionImport}]
	require.Len(t, found, 1)
	require.Equal(t, energy.RuleBalance, found[0].Rule)

	// Three days of the production come late from a file: the use is made again.
	require.Empty(t, p.rules.meters[meterKey{"s1", "use", gtc.DirectionImport}].touched)
	csv := "Date;kWh\n"
	for k := 40; k < 43; k++ {
		csv += p.start.AddDate(0, 0, k).Format("02/01/2006") + ";48\n"
	}
	for _, m := range []gtc.Meter{main, out, pv} {
		r, err := importer.Import(t.Context(), "f.csv", []byte(csv), importer.Options{Oldest: p.start, Store: importer.Store{DB: p.db, Database: influx.Raw, Target: importer.Target{
			Site: "s1", Meter: m, Location: p.sites[0].Location, Unit: "kWh", Now: time.Now().UTC(),
		}}})
		require.NoError(t, err)
		require.Empty(t, r.Mistakes)
	}
	require.NoError(t, p.rules.takeImports(t.Context(), time.Now()))
	_, err = p.rules.pass(t.Context(), p.start.AddDate(0, 0, 45))
	require.NoError(t, err)
	days = p.days(t, 0, "use", gtc.DirectionImport)
	require.Len(t, days, 43)
	require.InDelta(t, 48, days[42].KWh, 1e-6)
	require.Empty(t, days[42].Source, "all parts are metered")
	p.again()
	require.Empty(t, p.pass(t, 45)[meterKey{"s1", "use", gtc.DirectionExport}])
	require.Len(t, p.days(t, 0, "use", gtc.DirectionImport), 43)
}

// TestSharesOfAMeter gives another site its part by date; a changed share is
// used for the past at the next start.
func TestSharesOfAMeter(t *testing.T) {
	whole := electricity("elec", gtc.DirectionImport, "")
	p := newPlant(t, whole)
	day := func(n int) time.Time { return p.start.AddDate(0, 0, n) }
	part := func(w ...gtc.Weight) gtc.Meter {
		return gtc.Meter{
			Equipment: "s1-elec", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1, Allocated: true,
			Terms: []gtc.MeterTerm{{Site: "s1", Meter: "elec", Direction: gtc.DirectionImport, Weights: w}},
		}
	}
	p.sites = append(p.sites, gtc.Site{ID: "s2", Location: p.sites[0].Location, Meters: []gtc.Meter{part(gtc.Weight{From: day(2), Value: 0.25}, gtc.Weight{From: day(5), Value: 0.5})}})
	p.again()
	p.count(t, whole, 10, flat(10))
	p.pass(t, 10)
	days := p.days(t, 1, "s1-elec", gtc.DirectionImport)
	require.Len(t, days, 8, "before its first share nothing is known of it")
	require.InDelta(t, 60, days[0].KWh, 1e-6)
	require.InDelta(t, 120, days[5].KWh, 1e-6)
	require.Equal(t, energy.SourceAllocated, days[5].Source)
	require.Equal(t, energy.IsShare, p.rules.meters[meterKey{"s2", "s1-elec", gtc.DirectionImport}].why)

	p.sites[1].Meters = []gtc.Meter{part(gtc.Weight{From: day(2), Value: 0.3}, gtc.Weight{From: day(5), Value: 0.5})}
	p.again()
	p.pass(t, 10)
	days = p.days(t, 1, "s1-elec", gtc.DirectionImport)
	require.InDelta(t, 72, days[0].KWh, 1e-6)
	require.InDelta(t, 120, days[5].KWh, 1e-6)
}

// TestTank imports deliveries and dipsticks, spreads them by the weather, and
// fits nothing on them.
func TestTank(t *testing.T) {
	cellar := gtc.Meter{Equipment: "cuve", Kind: gtc.KindTank, Carrier: gtc.CarrierOil, Direction: gtc.DirectionImport, KWhPerUnit: 10, Tank: &gtc.Tank{Unit: "l", Capacity: 5000}}
	p := newPlant(t, cellar)
	var buf []byte
	for k := range 60 * 24 {
		temp := 3.0
		if k >= 30*24 {
			temp = 13
		}
		buf = fmt.Appendf(buf, "weather,equipment=meteo,site=s1 air_temp=%f %d\n", temp, p.start.Add(time.Duration(k)*time.Hour).UnixMilli())
	}
	require.NoError(t, p.db.Write(t.Context(), influx.Raw, buf))
	take := func(kind importer.Kind, text string) {
		t.Helper()
		r, err := importer.Import(t.Context(), "f.csv", []byte(text), importer.Options{Profile: importer.Profile{Kind: kind}, Store: importer.Store{DB: p.db, Database: influx.Raw, Target: importer.Target{
			Site: "s1", Meter: cellar, Location: p.sites[0].Location, Unit: "l", Now: time.Now().UTC(),
		}}})
		require.NoError(t, err)
		require.Empty(t, r.Mistakes)
	}
	on := func(n int) string { return p.start.AddDate(0, 0, n).Format("02/01/2006") }
	p.pass(t, 60)
	require.Empty(t, p.days(t, 0, "cuve", gtc.DirectionImport))

	take(importer.KindDipstick, fmt.Sprintf("Date;Jauge (l)\n%s;1000\n%s;1600\n", on(0), on(60)))
	take(importer.KindDelivery, fmt.Sprintf("Date;Litres livrés\n%s;2000\n", on(20)))
	require.NoError(t, p.rules.takeImports(t.Context(), time.Now()))
	_, err := p.rules.pass(t.Context(), p.start.AddDate(0, 0, 60))
	require.NoError(t, err)
	days := p.days(t, 0, "cuve", gtc.DirectionImport)
	require.Len(t, days, 60)
	sum := 0.0
	for _, d := range days {
		sum += d.KWh
		require.Equal(t, energy.SourceEstimated, d.Source)
		require.Zero(t, d.Coverage)
		require.LessOrEqual(t, d.Low, d.KWh)
		require.GreaterOrEqual(t, d.High, d.KWh)
	}
	require.InDelta(t, 14_000, sum, 1e-6, "1 000 + 2 000 − 1 600 litres")
	require.InDelta(t, 6, days[5].KWh/days[45].KWh, 1e-6, "12 degree-days against 2")
	ms := p.rules.meters[meterKey{"s1", "cuve", gtc.DirectionImport}]
	require.Equal(t, energy.IsTank, ms.why)
	for _, d := range p.rules.joinedOf(ms.key()) {
		require.Zero(t, d.Coverage, "nothing that was estimated can be fitted on")
	}
	litres := 0.0
	require.NoError(t, p.db.Query(t.Context(), influx.Rollup, "SELECT sum(litre) FROM energy WHERE step='day'", func(tb *influx.Table) error {
		litres, _ = tb.Float(0, 1)
		return nil
	}))
	require.InDelta(t, 1400, litres, 1e-6)

	// A delivery was forgotten: the level rises, and that is said.
	take(importer.KindDipstick, fmt.Sprintf("Date;Jauge (l)\n%s;4000\n", on(70)))
	require.NoError(t, p.rules.takeImports(t.Context(), time.Now()))
	_, err = p.rules.pass(t.Context(), p.start.AddDate(0, 0, 80))
	require.NoError(t, err)
	require.Len(t, ms.notes, 1)
	require.Len(t, p.days(t, 0, "cuve", gtc.DirectionImport), 60)
}

// TestEstimatedNeverEntersABaseline fits on a year that was imported as an
// estimate, as an invoice, and as measured days.
func TestEstimatedNeverEntersABaseline(t *testing.T) {
	h := newHeated(t)
	end := h.start.AddDate(0, 1, 0)
	h.write(t, h.start, end, time.Time{}, 0)
	var lines []byte
	for d := h.start.AddDate(-2, 0, 0); d.Before(h.start); d = d.AddDate(0, 0, 1) {
		lines = rollup.AppendTempDay(lines, "here", energy.TempDay{Date: d, Mean: h.temp(d), Min: h.temp(d), Max: h.temp(d), Hours: 24})
	}
	require.NoError(t, h.db.Write(t.Context(), influx.Rollup, lines))
	text := "Date;kWh;Statut\n"
	for d := h.start.AddDate(-1, 0, 0); d.Before(h.start); d = d.AddDate(0, 0, 1) {
		text += fmt.Sprintf("%s;%.3f;Estimé\n", d.Format("02/01/2006"), h.daily(d))
	}
	h.take(t, text)
	require.NoError(t, h.rules.restore(t.Context()))
	_, err := h.rules.pass(t.Context(), end)
	require.NoError(t, err)
	ms := h.state()
	require.GreaterOrEqual(t, ms.days.Len(), 365+25)
	require.False(t, ms.baseline.Eligible)
	require.Less(t, ms.baseline.Metrics.N, 60, "only the metered month can be fitted on")
}

// TestTwoMetersThatAreOne are noticed at both.
func TestTwoMetersThatAreOne(t *testing.T) {
	a, b, other := electricity("a", gtc.DirectionImport, ""), electricity("b", gtc.DirectionImport, ""), electricity("c", gtc.DirectionImport, "")
	p := newPlant(t, a, b, other)
	load := func(h int) float64 { return 1 + float64(h*h%13) + float64(h/24%9) }
	p.count(t, a, 45, load)
	p.count(t, b, 45, load)
	p.count(t, other, 45, func(h int) float64 { return 2 * load(h) })
	judged := p.pass(t, 45)
	for _, id := range []gtc.EquipmentID{"a", "b"} {
		found := judged[meterKey{"s1", id, gtc.DirectionImport}]
		require.Len(t, found, 1, "%s", id)
		require.Equal(t, energy.RuleTwin, found[0].Rule)
		require.Equal(t, gtc.FindingData, found[0].Kind)
	}
	require.Empty(t, judged[meterKey{"s1", "c", gtc.DirectionImport}])
}

// TestWeatherOfOthers fills what the site's own sensor lacks with the days of
// another station, says so, and gives them back when its own come late.
func TestWeatherOfOthers(t *testing.T) {
	p := newPlant(t, electricity("elec", gtc.DirectionImport, ""))
	p.sites[0].WeatherFallbacks = []string{"nowhere", "city"}
	p.again()
	temps := func(from, to int, c float64) {
		var buf []byte
		for k := from * 24; k < to*24; k++ {
			buf = fmt.Appendf(buf, "weather,equipment=meteo,site=s1 air_temp=%f %d\n", c, p.start.Add(time.Duration(k)*time.Hour).UnixMilli())
		}
		require.NoError(t, p.db.Write(t.Context(), influx.Raw, buf))
	}
	var lines []byte
	for k := range 20 {
		lines = rollup.AppendTempDay(lines, "city", energy.TempDay{Date: p.start.AddDate(0, 0, k), Mean: 9, Min: 7, Max: 11, Hours: 24, DJ15: 6, Source: rollup.SourceImported})
	}
	require.NoError(t, p.db.Write(t.Context(), influx.Rollup, lines))
	temps(0, 5, 2)
	temps(8, 10, 3)
	p.pass(t, 12)
	check := func(want map[int]string) {
		t.Helper()
		days, err := p.rules.tempDays(t.Context(), "here", time.Unix(0, 0), p.sites[0].Location)
		require.NoError(t, err)
		require.Equal(t, days, p.rules.temps("here"))
		require.Len(t, days, 12)
		for k, source := range want {
			require.Equal(t, source, days[k].Source, "day %d", k)
			mean := map[string]float64{"": 2, "station:city": 9}[source]
			if k >= 8 && source == "" {
				mean = 3
			}
			require.InDelta(t, mean, days[k].Mean, 1e-9, "day %d", k)
		}
	}
	check(map[int]string{4: "", 5: "station:city", 7: "station:city", 8: "", 10: "station:city", 11: "station:city"})

	temps(5, 7, 2)
	p.rules.observe([]gtc.Sample{{Series: gtc.Series{Site: "s1", Kind: gtc.KindWeather, Equipment: "meteo", Point: "air_temp"}, At: p.start.AddDate(0, 0, 5), Value: gtc.Float(2)}})
	_, err := p.rules.pass(t.Context(), p.start.AddDate(0, 0, 12))
	require.NoError(t, err)
	check(map[int]string{5: "", 6: "", 7: "station:city", 8: ""})
	p.again()
	p.pass(t, 12)
	check(map[int]string{5: "", 6: "", 7: "station:city", 8: ""})
}
