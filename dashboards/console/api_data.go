package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// dataRoutes mounts what programs ask, where there is a model that answers.
func (s *server) dataRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/version", s.answer(s.versionAPI))
	if s.data != nil {
		mux.HandleFunc("GET /api/v1/catalogue", s.answer(func(r *http.Request) (any, error) { return s.data.Catalogue(r.Context()) }))
		mux.HandleFunc("GET /api/v1/points", s.answer(s.pointsAPI))
		mux.HandleFunc("GET /api/v1/values", s.answer(s.valuesAPI))
		mux.HandleFunc("GET /api/v1/energy", s.answer(s.consumptionAPI))
	}
	if s.records != nil {
		mux.HandleFunc("GET /api/v1/alarms/history", s.answer(s.historyAPI))
		mux.HandleFunc("GET /api/v1/collectors", s.answer(func(r *http.Request) (any, error) { return s.records.Collectors(r.Context()) }))
	}
}

func (s *server) versionAPI(*http.Request) (any, error) {
	version, _, _ := strings.Cut(s.version, " ")
	return api.Info{API: api.Version, Version: version, At: s.now().UTC()}, nil
}

func (s *server) pointsAPI(r *http.Request) (any, error) {
	p := params{Values: r.URL.Query()}
	q := api.PointQuery{
		Selection: p.selection(),
		Aggregate: oneOf(&p, "aggregate", api.AggregateAuto, api.Aggregates()...),
		Interval:  p.duration("interval"),
	}
	q.From, q.To = p.span(s.now(), 24*time.Hour)
	if len(q.Points) == 0 && len(q.Series) == 0 {
		p.refuse("point", "")
	}
	if p.err != nil {
		return nil, p.err
	}
	out, err := s.data.Points(r.Context(), q)
	out.Series, out.Queries = list(out.Series), list(out.Queries)
	return out, err
}

func (s *server) valuesAPI(r *http.Request) (any, error) {
	p := params{Values: r.URL.Query()}
	q := api.ValueQuery{
		Selection: p.selection(), Abnormal: oneOf(&p, "abnormal", "false", "true") == "true", Limit: p.count("limit", api.MostValues),
	}
	if p.err != nil {
		return nil, p.err
	}
	out, err := s.data.Values(r.Context(), q)
	out.Values = list(out.Values)
	return out, err
}

func (s *server) consumptionAPI(r *http.Request) (any, error) {
	p := params{Values: r.URL.Query()}
	q := api.EnergyQuery{
		Sites: texts[gtc.SiteID](p, "site"), Categories: texts[gtc.Category](p, "category"), Meters: texts[gtc.EquipmentID](p, "meter"),
		Carriers: texts[gtc.Carrier](p, "carrier"), Directions: texts[gtc.Direction](p, "direction"),
		Step:  oneOf(&p, "step", api.StepDay, api.StepHour, api.StepDay, api.StepWeek, api.StepMonth, api.StepYear, api.StepTotal),
		Unit:  oneOf(&p, "unit", api.UnitKWh, api.UnitKWh, api.UnitEUR, api.UnitKgCO2, api.UnitM3),
		Per:   oneOf(&p, "per", api.PerNothing, api.PerM2, api.PerDJ15, api.PerM2DJ15),
		Group: oneOf(&p, "group", api.GroupMeter, api.GroupMeter, api.GroupSite, api.GroupCarrier, api.GroupPark),
	}
	q.From, q.To = p.span(s.now(), 365*24*time.Hour)
	if p.err != nil {
		return nil, p.err
	}
	out, err := s.data.Consumption(r.Context(), q)
	out.Rows = list(out.Rows)
	return out, err
}

func (s *server) historyAPI(r *http.Request) (any, error) {
	p := params{Values: r.URL.Query()}
	q := api.HistoryQuery{Sites: texts[gtc.SiteID](p, "site"), Limit: p.count("limit", api.MostChanges)}
	for _, v := range texts[string](p, "priority") {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 4 {
			p.refuse("priority", v)
		}
		q.Priorities = append(q.Priorities, gtc.Priority(n))
	}
	q.From, q.To = p.span(s.now(), 7*24*time.Hour)
	if p.err != nil {
		return nil, p.err
	}
	out, err := s.records.AlarmHistory(r.Context(), q)
	out.Changes = list(out.Changes)
	return out, err
}

// params reads the parameters of a question and keeps the first that cannot be
// used.
type params struct {
	url.Values
	err error
}

func (p *params) refuse(param, value string) {
	if p.err == nil {
		p.err = errBadRequest{param, value}
	}
}

// texts returns a parameter that may be given several times, or once with
// commas.
func texts[T ~string](p params, param string) []T {
	var out []T
	for _, v := range p.Values[param] {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, T(part))
			}
		}
	}
	return out
}

func oneOf[T ~string](p *params, param string, otherwise T, allowed ...T) T {
	v := cmp.Or(T(p.Get(param)), otherwise)
	if v != otherwise && !slices.Contains(allowed, v) {
		p.refuse(param, string(v))
	}
	return v
}

func (p *params) selection() api.Selection {
	return api.Selection{
		Sites: texts[gtc.SiteID](*p, "site"), Categories: texts[gtc.Category](*p, "category"), Kinds: texts[gtc.Kind](*p, "kind"),
		Equipment: texts[gtc.EquipmentID](*p, "equipment"), Points: texts[gtc.PointID](*p, "point"), Series: texts[string](*p, "series"),
	}
}

// span reads from and to.
func (p *params) span(now time.Time, usual time.Duration) (from, to time.Time) {
	to, err := instant(p.Get("to"), "to", now)
	if err != nil && p.err == nil {
		p.err = err
	}
	from, err = instant(p.Get("from"), "from", to.Add(-usual))
	if err != nil && p.err == nil {
		p.err = err
	}
	if !from.Before(to) {
		p.refuse("from", p.Get("from"))
	}
	return from, to
}

// duration reads a span such as 90s, 15m, 1h, 1d; 0 when left out.
func (p *params) duration(param string) time.Duration {
	text := p.Get(param)
	if text == "" {
		return 0
	}
	days, isDays := strings.CutSuffix(text, "d")
	if n, err := strconv.Atoi(days); isDays && err == nil && n > 0 && n <= 366 {
		return time.Duration(n) * 24 * time.Hour
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Millisecond || d > 366*24*time.Hour {
		p.refuse(param, text)
		return 0
	}
	return d
}

func (p *params) count(param string, most int) int {
	text := p.Get(param)
	if text == "" {
		return most
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.refuse(param, text)
	}
	return n
}
