package importer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

// dayHours marks a day of which a file gives the figures of the whole.
const dayHours = 24

const dutchTemp = "temperatuur" //nolint:misspell // it is Dutch

// The columns of a file of daily temperatures, by what their heads are folded to.
const (
	weatherDate = iota
	weatherMean
	weatherMin
	weatherMax
	weatherColumns
)

func weatherHeads() [weatherColumns][]string {
	return [weatherColumns][]string{
		weatherDate: {"date", "jour", "datum", "dag", "day", "time", "horodatage", "dt"},
		weatherMean: {"temp mean", "tmean", "t mean", "tavg", "temp avg", "mean", "temperature moyenne", "temp moyenne", "t moy", "tmoy", "moyenne", "gemiddelde", "gemiddelde " + dutchTemp, "temperature", "temp", "temperature c"},
		weatherMin:  {"temp min", "tmin", "t min", "min", "minimum", "temperature minimale", "temp minimale", "minimum" + dutchTemp},
		weatherMax:  {"temp max", "tmax", "t max", "max", "maximum", "temperature maximale", "temp maximale", "maximum" + dutchTemp},
	}
}

// ParseWeather reads daily outdoor temperatures in °C: a date, and a mean or a
// minimum and a maximum. Rows that are not taken are in the mistakes.
func ParseWeather(file string, data []byte, p Profile, loc *time.Location) (days []energy.TempDay, mistakes []Mistake, err error) {
	all, err := sheets(file, data, p)
	if err != nil {
		return nil, nil, err
	}
	for i := range all {
		s := &all[i]
		at, first := weatherHead(s)
		if first < 0 {
			continue
		}
		w := weatherRows{sheet: s, at: at, loc: loc, seen: map[int64]int{}}
		var cells []string
		for _, x := range s.lines[first:] {
			cells = append(cells, w.cell(x, weatherMean), w.cell(x, weatherMin), w.cell(x, weatherMax))
		}
		w.decimal = guessDecimal(slices.DeleteFunc(cells, absent))
		switch {
		case s.excel:
			w.decimal = "."
		case p.Decimal != "":
			w.decimal = p.Decimal
		}
		for _, x := range s.lines[first:] {
			if !x.empty() {
				w.row(x)
			}
		}
		slices.SortFunc(w.days, func(a, b energy.TempDay) int { return a.Date.Compare(b.Date) })
		energy.FillDegreeDays(w.days)
		return w.days, w.mistakes, nil
	}
	return nil, nil, Mistake{File: file, Line: 1, Col: 1, What: "aucune ligne d'en-tête reconnue : une date, et une température moyenne, ou minimale et maximale"}
}

// weatherHead looks for the line that heads the columns.
func weatherHead(s *sheet) (at [weatherColumns]int, first int) {
	for i, x := range s.lines[:min(headLines, len(s.lines))] {
		at = [weatherColumns]int{-1, -1, -1, -1}
		for k := range x.cells {
			words := parseHead(x.cell(k)).words
			for c, heads := range weatherHeads() {
				if at[c] < 0 && slices.Contains(heads, words) {
					at[c] = k
					break
				}
			}
		}
		if at[weatherDate] >= 0 && (at[weatherMean] >= 0 || at[weatherMin] >= 0 && at[weatherMax] >= 0) {
			return at, i + 1
		}
	}
	return at, -1
}

// weatherRows is the state of reading a sheet of daily temperatures.
type weatherRows struct {
	sheet    *sheet
	at       [weatherColumns]int
	loc      *time.Location
	decimal  string
	seen     map[int64]int
	days     []energy.TempDay
	mistakes []Mistake
}

func (w *weatherRows) cell(x line, column int) string {
	if w.at[column] < 0 {
		return ""
	}
	return x.cell(w.at[column])
}

func (w *weatherRows) bad(x line, column int, format string, args ...any) {
	w.mistakes = append(w.mistakes, w.sheet.wrong(x.number, max(0, w.at[column])+1, format, args...))
}

func (w *weatherRows) row(x line) {
	when, err := parseWall(w.cell(x, weatherDate), w.sheet)
	if err != nil {
		w.bad(x, weatherDate, "%v", err)
		return
	}
	d := energy.TempDay{Date: dayOf(when, w.loc), Hours: dayHours, Source: rollup.SourceImported}
	var have [weatherColumns]bool
	for column, to := range map[int]*float64{weatherMean: &d.Mean, weatherMin: &d.Min, weatherMax: &d.Max} {
		text := w.cell(x, column)
		if absent(text) {
			continue
		}
		if *to, err = number(text, w.decimal); err != nil || *to < -60 || *to > 60 {
			w.bad(x, column, "%q n'est pas une température entre -60 et 60 °C", text)
			return
		}
		have[column] = true
	}
	switch {
	case have[weatherMin] && have[weatherMax] && d.Min > d.Max:
		w.bad(x, weatherMin, "le minimum (%g) dépasse le maximum (%g)", d.Min, d.Max)
		return
	case have[weatherMean] && have[weatherMin] && have[weatherMax]:
	case have[weatherMin] && have[weatherMax]:
		d.Mean = (d.Min + d.Max) / 2
	case have[weatherMean]:
		d.Min, d.Max = d.Mean, d.Mean
	default:
		return // a day without figures is absent
	}
	if first, twice := w.seen[d.Date.Unix()]; twice {
		w.bad(x, weatherDate, "%s est déjà à la ligne %d", d.Date.Format("02/01/2006"), first)
		return
	}
	w.seen[d.Date.Unix()] = x.number
	w.days = append(w.days, d)
}

// WeatherStore keeps daily temperatures of a station.
type WeatherStore struct {
	DB       database
	Station  string
	Location *time.Location
	Now      time.Time
	// Replace also replaces what the station's own sensor measured.
	Replace bool
}

// Write writes the days that its own sensor has not measured, and leaves the
// mark of the import. It returns how many were written and how many stay.
func (s WeatherStore) Write(ctx context.Context, file string, days []energy.TempDay, dryRun bool) (written, kept int, err error) {
	if len(days) == 0 {
		return 0, 0, nil
	}
	own := map[int64]bool{}
	err = s.DB.Read(ctx, influx.Query{
		Database: influx.Rollup,
		Text:     "SELECT hours, source FROM weather_day WHERE station = $station AND time >= $from AND time <= $to",
		Params:   influx.Params{"station": s.Station, "from": days[0].Date, "to": days[len(days)-1].Date},
	}, func(t *influx.Table) error {
		for i := range t.Values {
			h, _ := t.Float(i, 1)
			own[t.Time(i).Unix()] = t.Text(i, 2) == rollup.SourceSite && energy.TempDay{Hours: int(h)}.Valid()
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	var lines []byte
	for _, d := range days {
		if own[d.Date.Unix()] && !s.Replace {
			kept++
			continue
		}
		lines = rollup.AppendTempDay(lines, s.Station, d)
		written++
	}
	if written == 0 || dryRun {
		return written, kept, nil
	}
	lines = influx.NewLine(rollup.MeasurementImport).Tag(influx.TagStation, s.Station).
		Int("from_ms", days[0].Date.UnixMilli()).Int("to_ms", days[len(days)-1].Date.UnixMilli()).Int("lines", int64(written)).
		Str("file", file).Str("kind", "weather").At(s.Now).Append(lines)
	if err := s.DB.Write(ctx, influx.Rollup, lines); err != nil {
		return 0, kept, fmt.Errorf("import %s into station %s: %w", file, s.Station, err)
	}
	return written, kept, nil
}
