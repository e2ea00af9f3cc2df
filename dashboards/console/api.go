package console

import (
	"embed"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

//go:embed openapi.yaml
var description embed.FS

// api mounts the HTTP API, described in openapi.yaml.
func (s *server) api(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/park", s.answer(s.parkAPI))
	mux.HandleFunc("GET /api/v1/sites/{id}", s.answer(s.siteAPI))
	mux.HandleFunc("GET /api/v1/trend", s.answer(s.trendAPI))
	mux.HandleFunc("GET /api/v1/energy/{site}/{meter}", s.answer(s.energyAPI))
	if s.cases != nil {
		mux.HandleFunc("GET /api/v1/findings", s.answer(s.casesAPI))
	} else {
		mux.HandleFunc("GET /api/v1/findings", s.answer(s.findingsAPI))
	}
	mux.HandleFunc("GET /api/v1/alarms", s.answer(s.alarmsAPI))
	if s.alarms != nil {
		mux.HandleFunc("GET /api/v1/alarms/board", s.answer(s.boardAPI))
		mux.HandleFunc("GET /api/v1/alarms/measures", s.answer(s.measuresAPI))
	}
	mux.HandleFunc("GET /api/openapi.yaml", s.openapi)
	mux.HandleFunc("GET /api/", func(w http.ResponseWriter, r *http.Request) {
		s.problem(w, r, problem{Status: http.StatusNotFound, kind: "page"})
	})
}

// answer serves what get returns as JSON, errors as problems.
func (s *server) answer(get func(r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := get(r)
		if err != nil {
			p := s.explain(err)
			if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
				s.log.Warn().Err(err).Str("path", r.URL.Path).Msg("question not answered")
			}
			s.problem(w, r, p)
			return
		}
		body, err := json.Marshal(v)
		if err != nil {
			s.log.Error().Err(err).Str("path", r.URL.Path).Msg("answer not written")
			s.problem(w, r, problem{Status: http.StatusInternalServerError, kind: "internal"})
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		s.write(w, append(body, '\n'))
	}
}

func (s *server) parkAPI(r *http.Request) (any, error) {
	park, err := s.model.Park(r.Context())
	park.Sites = list(worstFirst(park.Sites))
	return park, err
}

func (s *server) siteAPI(r *http.Request) (any, error) {
	d, err := s.model.Site(r.Context(), gtc.SiteID(r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	d = public(d)
	d.Standing, d.Devices, d.Meters, d.Open = list(d.Standing), list(d.Devices), list(d.Meters), list(worstFindings(d.Open))
	return d, nil
}

func (s *server) trendAPI(r *http.Request) (any, error) {
	q := r.URL.Query()
	d, err := s.model.Site(r.Context(), gtc.SiteID(q.Get("site")))
	if err != nil {
		return nil, err
	}
	if q.Get("equipment") == "" || q.Get("point") == "" {
		return nil, errBadRequest{"point", q.Get("equipment") + "/" + q.Get("point")}
	}
	v, err := choose(d, q.Get("equipment")+"/"+q.Get("point"))
	if err != nil {
		return nil, err
	}
	to, err := instant(q.Get("to"), "to", d.At)
	if err != nil {
		return nil, err
	}
	from, err := instant(q.Get("from"), "from", to.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	if !from.Before(to) {
		return nil, errBadRequest{"from", from.Format(time.RFC3339)}
	}
	got, err := s.model.Trend(r.Context(), gtc.Series{Site: d.ID, Kind: v.Kind, Equipment: v.Equipment, Point: v.Point}, from, to)
	got.Points = list(got.Points)
	return got, err
}

func (s *server) energyAPI(r *http.Request) (any, error) {
	park, err := s.model.Park(r.Context())
	if err != nil {
		return nil, err
	}
	to, err := s.date(r.URL.Query().Get("to"), "to", park.At)
	if err != nil {
		return nil, err
	}
	from, err := s.date(r.URL.Query().Get("from"), "from", to.AddDate(-1, 0, 0))
	if err != nil {
		return nil, err
	}
	if !from.Before(to) {
		return nil, errBadRequest{"from", from.Format(time.DateOnly)}
	}
	e, err := s.model.Energy(r.Context(), gtc.SiteID(r.PathValue("site")), gtc.EquipmentID(r.PathValue("meter")), from, to)
	e.Days, e.Meters, e.Findings = list(e.Days), list(e.Meters), list(worstFindings(e.Findings))
	return e, err
}

// FindingList is every open finding of the park, worst first.
type FindingList struct {
	At       time.Time       `json:"at"`
	Findings []PricedFinding `json:"findings"`
}

// AlarmList is every standing alarm of the park, worst first.
type AlarmList struct {
	At     time.Time   `json:"at"`
	Alarms []SiteAlarm `json:"alarms"`
}

func (s *server) findingsAPI(r *http.Request) (any, error) {
	park, err := s.model.Park(r.Context())
	if err != nil {
		return nil, err
	}
	sites, err := s.sites(r.Context(), park)
	if err != nil {
		return nil, err
	}
	out := FindingList{At: park.At}
	for _, d := range sites {
		for _, f := range d.Open {
			f.SiteLabel = orLabel(f.SiteLabel, d.Label)
			f.MeterLabel = orLabel(f.MeterLabel, meterLabel(d.Meters, f.Meter))
			out.Findings = append(out.Findings, f)
		}
	}
	out.Findings = list(worstFindings(out.Findings))
	return out, nil
}

func (s *server) alarmsAPI(r *http.Request) (any, error) {
	park, err := s.model.Park(r.Context())
	if err != nil {
		return nil, err
	}
	alarms, err := s.standing(r.Context(), park)
	return AlarmList{At: park.At, Alarms: list(alarms)}, err
}

func (s *server) boardAPI(r *http.Request) (any, error) {
	b, err := s.board(r.Context(), Park{})
	b.Standing, b.Inhibited, b.Works = list(b.Standing), list(b.Inhibited), list(b.Works)
	return b, err
}

func (s *server) measuresAPI(r *http.Request) (any, error) {
	m, err := s.alarms.Measures(r.Context())
	m.Counts = list(m.Counts)
	return m, err
}

func (s *server) openapi(w http.ResponseWriter, r *http.Request) {
	data, err := description.ReadFile("openapi.yaml")
	if err != nil {
		s.problem(w, r, problem{Status: http.StatusInternalServerError, kind: "internal"})
		return
	}
	version, _, _ := strings.Cut(s.version, " ")
	if version != "" {
		data = []byte(strings.Replace(string(data), "version: 0.0.0", "version: "+jsonText(version), 1))
	}
	w.Header().Set("Content-Type", "application/yaml")
	s.write(w, data)
}

// list is never null in JSON.
func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// instant reads an RFC 3339 instant.
func instant(text, param string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.Join(errBadRequest{param, text}, err)
	}
	return at, nil
}

// date reads a calendar day, or an instant already known.
func (s *server) date(text, param string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, text, s.zone)
	if err != nil {
		return at, errors.Join(errBadRequest{param, text}, err)
	}
	return at, nil
}
