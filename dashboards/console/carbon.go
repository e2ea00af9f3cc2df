package console

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console/chart"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// CarbonModel answers what was emitted, and against which path.
type CarbonModel interface {
	// Carbon returns the path and the cadastre by the factors and figures known
	// at an instant, zero for the present.
	Carbon(ctx context.Context, known time.Time) (Carbon, error)
}

// Carbon is the emissions of the park, its path and its cadastre, all computed
// at reading.
type Carbon struct {
	Path carbon.Path `json:"path"`
	// Cadastre ranks buildings by their heating per square metre at normal
	// climate.
	Cadastre []carbon.Standing `json:"cadastre"`
	// Stations are the degree-days of the weather stations.
	Stations []StationClimate `json:"stations"`
}

// StationClimate is the degree-days of one station, by base.
type StationClimate struct {
	Station string        `json:"station"`
	Years   []ClimateYear `json:"years"`
	// Normals are the normal years known, those of each base for itself.
	Normals []carbon.NormalUsed `json:"normals"`
}

// ClimateYear is the degree-days of one calendar year, of its Known of Days
// days; a part of a year has a part of the degree-days.
type ClimateYear struct {
	Year    int     `json:"year"`
	DJ15    float64 `json:"dj15"`
	DJ165   float64 `json:"dj165"`
	DJ165Eq float64 `json:"dj165eq"`
	Known   int     `json:"known_days"`
	Days    int     `json:"days"`
}

// Whole reports whether the year is known well enough to be compared.
func (c ClimateYear) Whole() bool { return c.Days-c.Known <= 3 }

// carbonView answers "are we on the path?".
type carbonView struct {
	Carbon
	Number, Unit, Says string
	Answer, Sub        string
	Emissions, Energy  figure
	Rows               []carbonRow
	Missing            []string
	EEDMissing         []string
	Notes              []string
	// KnownAt is the state of knowledge asked for, "" for the present.
	KnownAt, CSV string
	Lang         string
}

// ModelledAt returns the meters that the station's own years brought to normal
// climate by their models: how many, and those years.
func (v carbonView) ModelledAt(station string) (out []carbonModels) {
	for _, m := range v.Path.Models {
		if m.Station != station {
			continue
		}
		if len(out) == 0 {
			out = append(out, carbonModels{OwnYears: m.OwnYears, Period: m.Period})
		}
		out[0].Meters++
	}
	return out
}

// carbonModels are meters corrected by their models over the same years.
type carbonModels struct {
	Meters, OwnYears int
	Period           string
}

// carbonRow is one year of the table; nil where there is nothing to say.
type carbonRow struct {
	carbon.Year
	// Tonnes are those of the carriers of the path, in its order.
	Tonnes []carbonCell
	// Excess is what the year is above the path, in kg.
	Excess *float64
}

type carbonCell struct {
	Carrier gtc.Carrier
	KgCO2   *float64
	Source  string
}

func (s *server) carbonRoutes(pages *http.ServeMux) {
	if s.carbon == nil {
		return
	}
	pages.HandleFunc("GET /energie/carbone", s.page("carbon", s.carbonPage))
	pages.HandleFunc("GET /energie/carbone.csv", s.carbonCSV)
	pages.HandleFunc("GET /api/v1/energy/carbon", s.answer(s.carbonAPI))
}

// knownAt reads the state of knowledge that a visitor asks for.
func knownAt(r *http.Request) (time.Time, string, error) {
	text := r.URL.Query().Get("known")
	if text == "" {
		return time.Time{}, "", nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, "", errBadRequest{"known", text}
	}
	return at, text, nil
}

func (s *server) readCarbon(r *http.Request) (Carbon, string, error) {
	known, text, err := knownAt(r)
	if err != nil {
		return Carbon{}, "", err
	}
	c, err := s.carbon.Carbon(r.Context(), known)
	if err != nil {
		return Carbon{}, "", fmt.Errorf("read emissions: %w", err)
	}
	return c, text, nil
}

func (s *server) carbonAPI(r *http.Request) (any, error) {
	c, _, err := s.readCarbon(r)
	c.Cadastre, c.Stations = list(c.Cadastre), list(c.Stations)
	return c, err
}

func (s *server) carbonPage(r *http.Request, t *tongue, _ Park) (content, error) {
	c, known, err := s.readCarbon(r)
	if err != nil {
		return content{}, err
	}
	v := carbonView{Carbon: c, KnownAt: known, CSV: "/energie/carbone.csv", Lang: t.Lang}
	if known != "" {
		v.CSV += "?known=" + known
	}
	for _, y := range c.Path.Years {
		v.Rows = append(v.Rows, rowOf(c.Path, y))
	}
	v.Missing, v.EEDMissing = t.gaps(c.Path.Missing), t.gaps(c.Path.EEDMissing)
	for _, y := range c.Path.Years {
		v.Notes = append(v.Notes, t.gaps(y.Gaps)...)
	}
	t.carbonAnswer(&v)
	t.carbonFigures(&v)
	return content{nav: "energy", title: t.must("carbon.title"), body: v}, nil
}

func rowOf(p carbon.Path, y carbon.Year) carbonRow {
	row := carbonRow{Year: y}
	for _, c := range p.Carriers {
		cell := carbonCell{Carrier: c}
		if i := slices.IndexFunc(y.Carriers, func(x carbon.CarrierYear) bool { return x.Carrier == c }); i >= 0 {
			cell.KgCO2, cell.Source = y.Carriers[i].KgCO2, y.Carriers[i].Source
		}
		row.Tonnes = append(row.Tonnes, cell)
	}
	if !y.Partial && y.TargetKgCO2 != nil {
		row.Excess = less(y.KgCO2, *y.TargetKgCO2)
	}
	return row
}

func less(v *float64, from float64) *float64 {
	if v == nil {
		return nil
	}
	return new(*v - from)
}

// gaps says what is not known, each once.
func (t *tongue) gaps(gaps []carbon.Gap) []string {
	var out []string
	for _, g := range gaps {
		name := t.must("carbon.all")
		if g.Carrier != "" {
			name = t.carrier(g.Carrier)
		}
		if text := g.In(t.Lang, name); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// whats says what is not known of one place.
func (t *tongue) whats(gaps []carbon.Gap) []string {
	var out []string
	for _, g := range gaps {
		if text := g.What(t.Lang, t.carrier(g.Carrier)); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func (t *tongue) carrier(c gtc.Carrier) string {
	return t.Named("carrier", c)
}

// Tonnes writes kg of CO2 as tonnes.
func (t *tongue) Tonnes(kg float64) string {
	if math.Abs(kg) < 100_000 {
		return t.Number(kg/1000, 1)
	}
	return t.Number(kg/1000, 0)
}

// MWh writes kWh as MWh.
func (t *tongue) MWh(kwh float64) string { return t.Number(kwh/1000, 0) }

// carbonAnswer is the page's number and sentence: the last whole year against
// the path.
func (t *tongue) carbonAnswer(v *carbonView) {
	p := v.Path
	v.Number, v.Unit = "–", "t CO₂"
	last, ok := p.Last()
	if ok {
		v.Number, v.Says = t.Tonnes(*last.KgCO2), t.must("carbon.says", last.Year)
	}
	switch {
	case p.ReferenceKg == nil:
		v.Answer = t.must("carbon.no_path")
	case !ok || last.TargetKgCO2 == nil || last.Year == p.Reference:
		v.Answer = t.must("carbon.no_year", p.Reference)
	default:
		excess := *last.KgCO2 - *last.TargetKgCO2
		key := "carbon.above"
		if excess <= 0 {
			key = "carbon.below"
		}
		v.Answer = t.must(key, last.Year, t.Tonnes(math.Abs(excess)), t.Tonnes(*last.TargetKgCO2))
		if last.NormKgCO2 == nil {
			return
		}
		key, target := "carbon.normal", last.TargetKgCO2
		if both := p.NormTargetOf(last.Year); both != nil {
			key, target = "carbon.normal_both", both
		}
		v.Sub = t.must(key, t.Tonnes(*last.NormKgCO2), t.SignedTonnes(*last.NormKgCO2-*target))
	}
}

// SignedTonnes writes kg of CO2 as tonnes with their sign.
func (t *tongue) SignedTonnes(kg float64) string {
	s := t.Tonnes(kg)
	if kg > 0 && s != t.Tonnes(0) {
		return "+" + s
	}
	return s
}

// carbonFigures draws the emissions against the path, and final energy against
// that of the directive.
func (t *tongue) carbonFigures(v *carbonView) {
	p := &v.Path
	first, last := 0, 0
	for _, y := range p.Years {
		if first == 0 {
			first = y.Year
		}
		last = y.Year
	}
	if first == 0 {
		return
	}
	if p.ReferenceKg != nil {
		first, last = min(first, p.Reference), max(last, p.Target)
	}
	co2 := chart.Bars{Unit: t.must("carbon.axis.co2"), Alt: v.Answer, LineName: t.must("carbon.line", t.Number(-p.ReductionPct, 0)), Locale: t.locale}
	energy := chart.Bars{Unit: t.must("carbon.axis.energy"), Alt: t.must("carbon.alt.energy", p.EED), LineName: t.must("carbon.line_eed"), Locale: t.locale}
	for year := first; year <= last; year++ {
		a := chart.Bar{Label: strconv.Itoa(year), Beside: math.NaN(), Line: orNaN(scaled(p.TargetOf(year)))}
		b := chart.Bar{Label: a.Label, Beside: math.NaN(), Line: orNaN(scaled(p.EEDOf(year)))}
		if i := slices.IndexFunc(v.Rows, func(r carbonRow) bool { return r.Year.Year == year }); i >= 0 {
			row := v.Rows[i]
			for _, c := range row.Tonnes {
				a.Parts = append(a.Parts, max(0, orZero(c.KgCO2)/1000))
			}
			a.Partial, b.Partial = row.Partial, row.Partial
			a.Beside = orNaN(scaled(row.NormKgCO2))
			b.Parts = []float64{max(0, orZero(row.FinalKWh)/1000)}
		}
		co2.Bars, energy.Bars = append(co2.Bars, a), append(energy.Bars, b)
	}
	if p.ReferenceKg == nil {
		co2.LineName = ""
	}
	if p.EEDKWh == nil {
		energy.LineName = ""
	}
	v.Emissions = bars("co2", co2)
	v.Energy = bars("final", energy)
}

func bars(id string, c chart.Bars) figure {
	sizes := []chart.Size{{W: 344, H: 240}, {W: 640, H: 270}, {W: 1120, H: 300}}
	return figure{Alt: c.Alt, Charts: draw(id, sizes, func(id string, size chart.Size) string {
		c.ID, c.Size = id, size
		return c.SVG()
	})}
}

func scaled(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return new(*v / 1000)
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// carbonCSV is the table behind the charts, a row a year and carrier; every
// row names the factors it was made with.
func (s *server) carbonCSV(w http.ResponseWriter, r *http.Request) {
	c, known, err := s.readCarbon(r)
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	statements := map[gtc.Carrier][]string{}
	for _, f := range c.Path.Factors {
		text := strconv.FormatFloat(f.KgCO2PerKWh, 'f', -1, 64) + " kg/kWh (" + f.From + "): " + f.Statement("fr")
		statements[f.Carrier] = append(statements[f.Carrier], text)
	}
	rows := [][]string{{
		"year", "partial", "through", "carrier", "kwh", "kgco2", "normal_kwh", "normal_kgco2", "target_kgco2", "final_kwh", "eed_kwh",
		"known_days", "days", "source", "factors",
	}}
	for _, y := range c.Path.Years {
		year, partial := strconv.Itoa(y.Year), strconv.FormatBool(y.Partial)
		for _, k := range y.Carriers {
			rows = append(rows, []string{
				year, partial, y.Through, string(k.Carrier), field(&k.KWh), field(k.KgCO2), field(k.NormKWh), field(k.NormKgCO2), "", "", "",
				strconv.Itoa(k.Known), strconv.Itoa(k.Of), k.Source, strings.Join(statements[k.Carrier], "; "),
			})
		}
		rows = append(rows, []string{year, partial, y.Through, "all", "", field(y.KgCO2), "", field(y.NormKgCO2), field(y.TargetKgCO2), field(y.FinalKWh), field(y.EEDKWh), "", "", "", ""})
	}
	name := "carbone"
	if known != "" {
		name += "-" + known
	}
	s.csv(w, name, rows)
}
