package console

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// daysCSV is the table behind the consumption chart: RFC 4180, decimal point,
// an empty field for what is not known.
func (s *server) daysCSV(w http.ResponseWriter, r *http.Request) {
	park, err := s.model.Park(r.Context())
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	span, from, err := energySpan(r.URL.Query().Get("span"), park.At)
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	site, meter := gtc.SiteID(r.PathValue("site")), gtc.EquipmentID(r.PathValue("meter"))
	e, err := s.model.Energy(r.Context(), site, meter, from, park.At)
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	rows := [][]string{{"day", "energy_kwh", "coverage", "expected_kwh", "low_kwh", "high_kwh", "cusum_kwh", "temperature_c"}}
	for _, d := range e.Days {
		rows = append(rows, []string{
			d.Day.In(s.zone).Format(time.DateOnly), field(d.KWh), field(&d.Coverage),
			field(d.Expected), field(d.Low), field(d.High), field(d.CUSUM), field(d.Temperature),
		})
	}
	s.csv(w, string(site)+"-"+string(meter)+"-"+span, rows)
}

// trendCSV is the table behind the trend.
func (s *server) trendCSV(w http.ResponseWriter, r *http.Request) {
	_, length, err := spanOf(r.URL.Query().Get("span"))
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	d, err := s.model.Site(r.Context(), gtc.SiteID(r.PathValue("id")))
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	v, err := choose(d, r.URL.Query().Get("s"))
	if err == nil && v == nil {
		err = ErrUnknown
	}
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	series := gtc.Series{Site: d.ID, Kind: v.Kind, Equipment: v.Equipment, Point: v.Point}
	got, err := s.model.Trend(r.Context(), series, d.At.Add(-length), d.At)
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	rows := [][]string{{"time", string(v.Point)}}
	for _, p := range got.Points {
		rows = append(rows, []string{p.At.UTC().Format(time.RFC3339), field(p.Value)})
	}
	s.csv(w, string(d.ID)+"-"+string(v.Equipment)+"-"+string(v.Point), rows)
}

func field(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func (s *server) csv(w http.ResponseWriter, name string, rows [][]string) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		s.log.Debug().Err(err).Msg("response not sent")
	}
}
