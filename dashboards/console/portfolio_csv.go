package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// portfolioCSV is the table behind a pool's charts, a row a week.
func (s *server) portfolioCSV(w http.ResponseWriter, r *http.Request) {
	kind, ok := strings.CutSuffix(r.PathValue("kind"), ".csv")
	p, err := s.portfolio.Portfolio(r.Context())
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	for _, pool := range p.Pools {
		if ok && pool.Kind == kind {
			s.csv(w, "parc-"+kind, s.weekRows(pool))
			return
		}
	}
	s.problem(w, r, s.explain(ErrUnknown))
}

func (s *server) weekRows(p PortfolioPool) [][]string {
	rows := [][]string{{
		"week", "days", "energy_kwh", "expected_kwh", "band_kwh", "cusum_kwh", "cusum_band_kwh", "shared_pct", "shared_error_pct", "shared_meters",
	}}
	for _, w := range p.Weeks {
		rows = append(rows, []string{
			w.Start.In(s.zone).Format(time.DateOnly), strconv.Itoa(w.Days), field(w.KWh), field(w.Expected), field(w.Band),
			field(w.CUSUM), field(w.CUSUMBand), field(w.SharedPct), field(w.ChancePct), strconv.Itoa(w.Of),
		})
	}
	return rows
}
