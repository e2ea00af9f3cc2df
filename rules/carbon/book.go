package carbon

import (
	"maps"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/degreeday"
)

// book computes the years of one path and keeps what they were made with.
type book struct {
	plan     Plan
	uses     []Use // of the perimeter
	carriers []gtc.Carrier
	now      time.Time
	// cold are the degree-days 15/15 of the days of stations.
	cold    map[string]map[time.Time]float64
	years15 map[string][]degreeday.Sum[degreeday.DJ15]
	used    map[gtc.Factor]bool
	normals map[string]degreeday.Normal[degreeday.DJ15]
	models  map[modelKey]ModelUsed
}

func newBook(p Plan, uses []Use, weather Weather, now time.Time) *book {
	b := &book{
		plan: p, now: now, used: map[gtc.Factor]bool{}, cold: map[string]map[time.Time]float64{},
		years15: map[string][]degreeday.Sum[degreeday.DJ15]{}, normals: map[string]degreeday.Normal[degreeday.DJ15]{},
		models: map[modelKey]ModelUsed{},
	}
	carriers := map[gtc.Carrier]bool{}
	for _, u := range uses {
		if p.counts(u) && u.Carrier != gtc.CarrierWater {
			b.uses = append(b.uses, u)
			carriers[u.Carrier] = true
		}
	}
	for _, f := range p.Figures {
		for c := range f.KWh {
			if len(p.Carriers) == 0 || slices.Contains(p.Carriers, c) {
				carriers[c] = true
			}
		}
	}
	b.carriers = slices.AppendSeq([]gtc.Carrier{}, maps.Keys(carriers))
	slices.Sort(b.carriers)
	for station, days := range weather {
		b.cold[station] = make(map[time.Time]float64, len(days))
		for _, d := range days {
			b.cold[station][civil(d.Date)] = degreeday.Of15(d.Min, d.Max)
		}
		b.years15[station] = degreeday.Years[degreeday.DJ15](station, days)
	}
	for _, y := range p.Published {
		have := b.years15[y.Station]
		if i := slices.IndexFunc(have, func(s degreeday.Sum[degreeday.DJ15]) bool { return s.Year == y.Year }); i >= 0 {
			if !have[i].Whole() {
				have[i] = y
			}
			continue
		}
		b.years15[y.Station] = append(have, y)
	}
	return b
}

func (b *book) sites() []gtc.SiteID {
	set := map[gtc.SiteID]bool{}
	for _, u := range b.uses {
		set[u.Site] = true
	}
	return slices.AppendSeq([]gtc.SiteID{}, slices.Values(sortedKeys(set)))
}

// years are the calendar years of which there is a day or a figure.
func (b *book) years() []int {
	set := map[int]bool{}
	for _, u := range b.uses {
		if len(u.Days) > 0 {
			for y := u.Days[0].Date.Year(); y <= u.Days[len(u.Days)-1].Date.Year(); y++ {
				set[y] = true
			}
		}
	}
	for _, f := range b.plan.Figures {
		set[f.Year] = true
	}
	return sortedKeys(set)
}

// figure returns the figures of a carrier in a year.
func (b *book) figure(year int, c gtc.Carrier) (Figures, bool) {
	for _, f := range b.plan.Figures {
		if _, ok := f.KWh[c]; ok && f.Year == year {
			return f, true
		}
	}
	return Figures{}, false
}

// tally adds up what a year is known by.
type tally struct {
	year            Year
	kg, norm, final float64
	noKg, noNorm    bool
	some            bool
	through         time.Time
}

// year computes one year, false when nothing is known of it.
func (b *book) year(y int) (Year, bool) {
	t := tally{year: Year{Year: y, Carriers: []CarrierYear{}}}
	for _, c := range b.carriers {
		if f, ok := b.figure(y, c); ok {
			t.add(b.fromFigures(f, c, &t.year))
			t.final += f.KWh[c]
			continue
		}
		row, ok := b.metered(y, c, &t)
		if !ok {
			t.year.Partial = true
			t.year.Gaps = append(t.year.Gaps, Gap{Code: GapNoData, Year: y, Carrier: c})
			continue
		}
		t.add(row)
	}
	if !t.some {
		return Year{}, false
	}
	if y >= b.now.Year() {
		t.year.Partial = true
	}
	if !t.noKg {
		t.year.KgCO2 = &t.kg
	}
	if !t.noNorm && !t.noKg && !t.year.Partial {
		t.year.NormKgCO2 = &t.norm
	}
	t.year.FinalKWh = &t.final
	if t.year.Partial && !t.through.IsZero() {
		t.year.Through = t.through.Format(time.DateOnly)
	}
	return t.year, true
}

func (t *tally) add(row CarrierYear) {
	t.some = true
	t.year.Carriers = append(t.year.Carriers, row)
	t.year.Partial = t.year.Partial || row.partial
	if row.KgCO2 == nil {
		t.noKg = true
	} else {
		t.kg += *row.KgCO2
	}
	if row.NormKgCO2 == nil {
		t.noNorm = true
	} else {
		t.norm += *row.NormKgCO2
	}
}

// fromFigures is a carrier of a year that was not metered.
func (b *book) fromFigures(f Figures, c gtc.Carrier, year *Year) CarrierYear {
	row := CarrierYear{Carrier: c, KWh: f.KWh[c], Source: f.Source}
	perKWh, gap := b.meanFactor(f.Year, c)
	if gap != nil {
		year.Gaps = append(year.Gaps, *gap)
	} else {
		row.KgCO2 = new(row.KWh * perKWh)
	}
	norm, gap := b.correctFigures(f, c)
	if gap != nil {
		year.Gaps = append(year.Gaps, *gap)
		return row
	}
	row.NormKWh = &norm
	if heats(c) {
		row.NormBy = ByDegreeDays
	}
	if row.KgCO2 != nil {
		row.NormKgCO2 = new(norm * perKWh)
	}
	return row
}

func (b *book) correctFigures(f Figures, c gtc.Carrier) (float64, *Gap) {
	kwh := f.KWh[c]
	if !heats(c) {
		return kwh, nil
	}
	gap := Gap{Year: f.Year, Carrier: c, Station: f.Station}
	base, ok := f.BaseKWh[c]
	if !ok {
		gap.Code = GapNoBase
		return 0, &gap
	}
	observed, ok := b.degreeDays(f.Station, f.Year)
	if f.DJ15 > 0 {
		observed, ok = degreeday.Published[degreeday.DJ15](f.Station, f.Year, f.DJ15, f.Source), true
	}
	if !ok {
		gap.Code = GapNoDegreeDays
		return 0, &gap
	}
	return b.correct(kwh, base, observed, gap)
}

// correct brings a consumption to normal climate, or says why it cannot.
func (b *book) correct(kwh, base float64, observed degreeday.Sum[degreeday.DJ15], gap Gap) (float64, *Gap) {
	n, ok := b.normal(observed.Station)
	if !ok {
		gap.Code = GapNoNormal
		return 0, &gap
	}
	v, err := n.Correct(kwh, base, observed)
	if err != nil { // of the reasons only an incomplete span is left
		gap.Code, gap.Known, gap.Of = GapNoDegreeDays, observed.Known, observed.Of
		return 0, &gap
	}
	return v, nil
}

func (b *book) normal(station string) (degreeday.Normal[degreeday.DJ15], bool) {
	n, ok := NormalOf(b.plan.Normals.DJ15, b.years15[station], station)
	if ok {
		b.normals[station] = n
	}
	return n, ok
}

func (b *book) degreeDays(station string, year int) (degreeday.Sum[degreeday.DJ15], bool) {
	for _, s := range b.years15[station] {
		if s.Year == year && s.Whole() {
			return s, true
		}
	}
	return degreeday.Sum[degreeday.DJ15]{}, false
}

// meanFactor is the mean of the factors of a year's days.
func (b *book) meanFactor(year int, c gtc.Carrier) (float64, *Gap) {
	sum, n := 0.0, 0
	for d := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
		f, ok := b.plan.factor(c, d)
		if !ok {
			return 0, &Gap{Code: GapNoFactor, Year: year, Carrier: c, Date: d.Format(time.DateOnly)}
		}
		b.used[f] = true
		sum, n = sum+f.KgCO2PerKWh, n+1
	}
	return sum / float64(n), nil
}

// missing is why a year cannot serve as a reference.
func (b *book) missing(year int, y Year, known bool) []Gap {
	if known {
		gaps := slices.DeleteFunc(slices.Clone(y.Gaps), func(g Gap) bool {
			return g.Code != GapNoData && g.Code != GapPartial && g.Code != GapNoFactor
		})
		if len(gaps) == 0 { // the year is not over
			gaps = append(gaps, Gap{Code: GapPartial, Year: year, Known: b.now.YearDay() - 1, Of: time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay()})
		}
		return gaps
	}
	var out []Gap
	for _, c := range b.carriers {
		out = append(out, Gap{Code: GapNoData, Year: year, Carrier: c})
	}
	if len(out) == 0 {
		out = append(out, Gap{Code: GapNoData, Year: year})
	}
	return out
}

func (b *book) factorsUsed() []FactorUsed {
	out := []FactorUsed{}
	for f := range b.used {
		u := FactorUsed{
			Carrier: f.Carrier, From: f.From.Format(time.DateOnly), KgCO2PerKWh: f.KgCO2PerKWh, Published: f.Published,
			Basis: f.Basis, Scope: f.Scope, Year: f.Year, Set: f.Set, Source: f.Source, factor: f,
		}
		if !f.Recorded.IsZero() {
			u.Recorded = f.Recorded.Format(time.DateOnly)
		}
		out = append(out, u)
	}
	slices.SortFunc(out, func(x, y FactorUsed) int { return compareFactors(x.factor, y.factor) })
	return out
}

func (b *book) normalsUsed() []NormalUsed {
	out := []NormalUsed{}
	for _, station := range sortedKeys(b.normals) {
		n := b.normals[station]
		out = append(out, NormalUsed{Station: station, Base: Base15, Value: n.Value, Period: n.Period, Source: n.Source, OwnYears: n.Own})
	}
	return out
}
