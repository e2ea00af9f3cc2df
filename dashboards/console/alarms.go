package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// SiteAlarm is a standing alarm with the names of its place.
type SiteAlarm struct {
	gtc.Alarm
	SiteLabel      gtc.Label `json:"site_label,omitempty"`
	EquipmentLabel gtc.Label `json:"equipment_label,omitempty"`
	// Discipline is the trade that acts, "" where it is not known.
	Discipline string `json:"discipline,omitempty"`
}

// Fire reports whether the alarm comes from a fire panel.
func (a SiteAlarm) Fire() bool { return a.Kind == gtc.KindFirePanel }

// OfCentre reports whether the alarm is of the hub itself.
func (a SiteAlarm) OfCentre() bool { return a.Site == gtc.HubSite }

// Inhibition is what keeps the alarm from calling, the first where there are
// several; without a State when nothing does.
func (a SiteAlarm) Inhibition() gtc.Inhibition {
	if len(a.Inhibitions) == 0 {
		return gtc.Inhibition{}
	}
	return a.Inhibitions[0]
}

// waits reports whether an alarm waits for somebody who takes it in charge.
func waits(a gtc.Alarm) bool {
	s := a.Process()
	return s == gtc.AlarmUnacknowledged || s == gtc.AlarmReturned || s == gtc.AlarmLatchedUnacknowledged
}

// alarmPath is the address of an alarm's own page.
func alarmPath(id string) string { return (&url.URL{Path: "/alarms/" + id}).String() }

func (s *server) alarmRoutes(pages *http.ServeMux) {
	if s.link != nil && s.alarms != nil && s.actions != nil {
		pages.HandleFunc("GET /t/{token}", s.tokenPage)
		pages.HandleFunc("POST /t/{token}", s.takeByToken)
	}
	if s.alarms == nil {
		return
	}
	pages.HandleFunc("GET /alarms/{id...}", s.page("alarm", s.alarmPage))
	pages.HandleFunc("GET /alarms/measures", s.page("measures", s.measuresPage))
	if s.users != nil && s.actions != nil {
		pages.HandleFunc("POST /alarms/{id...}", s.form(user.Act, s.act))
		pages.HandleFunc("POST /alarms", s.readOnly)
	}
}

// The lists of the alarms page.
const (
	listStanding  = "standing"
	listInhibited = "inhibited"
	listWorks     = "works"
)

// perPage is how many alarms a page shows at first, and how many more each
// time somebody asks.
const perPage = 50

// alarmsView answers "what do I do now?".
type alarmsView struct {
	// Active counts the alarms whose condition holds, the page's number.
	Active     int
	Priorities []priorityCount
	Alarms     []SiteAlarm
	Fire       bool
	// List is which list is shown; Lists are all.
	List   string
	Lists  []listLink
	Filter alarmFilter
	Sites  []choice
	Trades []choice
	Levels []choice
	States []choice
	// Hidden is how many more there are, More the address that shows them.
	Hidden int
	More   string
	Works  []workRow
}

type listLink struct {
	Key, Href string
	Count     int
	Current   bool
}

// choice is one entry of a filter.
type choice struct {
	Key, Label string
	Current    bool
}

// workRow is a work with the names of its place and of who answers for it.
type workRow struct {
	alarm.Work
	SiteLabel, EquipmentLabel gtc.Label
	By                        string
}

// alarmFilter is what the address asks for; "" asks for all.
type alarmFilter struct{ Site, Discipline, Priority, State string }

func filterOf(q url.Values) alarmFilter {
	return alarmFilter{q.Get("site"), q.Get("discipline"), q.Get("priority"), q.Get("state")}
}

// Empty reports whether everything is shown.
func (f alarmFilter) Empty() bool { return f == alarmFilter{} }

func (f alarmFilter) fits(a SiteAlarm) bool {
	return (f.Site == "" || f.Site == string(a.Site)) &&
		(f.Discipline == "" || f.Discipline == a.Discipline) &&
		(f.Priority == "" || f.Priority == strconv.Itoa(int(a.Priority))) &&
		(f.State == "" || f.State == string(a.State) || f.State == string(a.Process()) || f.State == "in_test" && a.InTest)
}

func (s *server) alarmsPage(r *http.Request, t *tongue, park Park) (content, error) {
	board, err := s.board(r.Context(), park)
	if err != nil {
		return content{}, err
	}
	q := r.URL.Query()
	v := alarmsView{Filter: filterOf(q), List: q.Get("list")}
	if v.List != listInhibited && v.List != listWorks {
		v.List = listStanding
	}
	shown := board.Standing
	if v.List == listInhibited {
		shown = board.Inhibited
	}
	t.choices(&v, shown)
	var counts [5]int
	for _, a := range board.Standing {
		if a.Active() {
			v.Active++
		}
		counts[min(max(int(a.Priority), 0), 4)]++
		v.Fire = v.Fire || a.Fire()
	}
	v.Priorities = priorities(counts)
	v.Lists = lists(v.List, v.Filter, board)
	if v.List == listWorks {
		v.Works = s.workRows(r.Context(), board)
	} else {
		v.Alarms = slices.DeleteFunc(slices.Clone(shown), func(a SiteAlarm) bool { return !v.Filter.fits(a) })
		v.page(r.URL)
		s.nameAll(r.Context(), v.Alarms)
		t.nameCauses(v.Alarms, board.Standing)
	}
	return content{nav: "alarms", title: t.must("nav.alarms"), stream: "/api/v1/events", body: v}, nil
}

// page keeps the first alarms.
func (v *alarmsView) page(u *url.URL) {
	q := u.Query()
	n, err := strconv.Atoi(q.Get("n"))
	if err != nil || n < perPage {
		n = perPage
	}
	if len(v.Alarms) <= n {
		return
	}
	v.Hidden = len(v.Alarms) - n
	v.Alarms = v.Alarms[:n]
	q.Set("n", strconv.Itoa(n+perPage))
	q.Del("part")
	v.More = u.Path + "?" + q.Encode()
}

func lists(current string, f alarmFilter, b Board) []listLink {
	var out []listLink
	for _, l := range []listLink{
		{Key: listStanding, Count: len(b.Standing)}, {Key: listInhibited, Count: len(b.Inhibited)}, {Key: listWorks, Count: len(b.Works)},
	} {
		q := url.Values{}
		if l.Key != listStanding {
			q.Set("list", l.Key)
		}
		for name, value := range map[string]string{"site": f.Site, "discipline": f.Discipline, "priority": f.Priority, "state": f.State} {
			if value != "" && l.Key != listWorks && name != "state" {
				q.Set(name, value)
			}
		}
		l.Href, l.Current = "/alarms", l.Key == current
		if len(q) > 0 {
			l.Href += "?" + q.Encode()
		}
		out = append(out, l)
	}
	return out
}

// choices are the filters' entries: what there is, and what was asked for.
func (t *tongue) choices(v *alarmsView, alarms []SiteAlarm) {
	sites, trades, levels, states := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	add := func(a SiteAlarm) {
		label := a.SiteLabel.In(t.Lang)
		switch {
		case a.OfCentre():
			label = t.must("centre")
		case label == "":
			label = string(a.Site)
		}
		sites[string(a.Site)] = label
		if a.Discipline != "" {
			trades[a.Discipline] = t.Named("discipline", a.Discipline)
		}
		p := strconv.Itoa(int(a.Priority))
		levels[p] = p + " · " + t.Named("priority", p)
		states[string(a.State)] = t.Named("alarm.state", a.State)
		if a.InTest {
			states["in_test"] = t.must("alarm.in_test")
		}
	}
	for _, a := range alarms {
		add(a)
	}
	v.Sites, v.Trades = sorted(sites, v.Filter.Site), sorted(trades, v.Filter.Discipline)
	v.Levels, v.States = sorted(levels, v.Filter.Priority), sorted(states, v.Filter.State)
}

// sorted orders choices by label. What was asked for is there even if nothing
// fits any more.
func sorted(labels map[string]string, current string) []choice {
	if _, ok := labels[current]; !ok && current != "" {
		labels[current] = current
	}
	var out []choice
	for key, label := range labels {
		out = append(out, choice{key, label, key == current})
	}
	slices.SortFunc(out, func(a, b choice) int { return cmp.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
	return out
}

// board is every alarm and work, worst first.
func (s *server) board(ctx context.Context, park Park) (Board, error) {
	if s.alarms == nil {
		standing, err := s.ofSites(ctx, park)
		return Board{At: park.At, Standing: standing}, err
	}
	b, err := s.alarms.Alarms(ctx)
	if err != nil {
		return b, fmt.Errorf("read alarms: %w", err)
	}
	slices.SortStableFunc(b.Standing, compareAlarms)
	slices.SortStableFunc(b.Inhibited, compareAlarms)
	slices.SortStableFunc(b.Works, func(x, y alarm.Work) int { return x.From.Compare(y.From) })
	return b, nil
}

// standing returns every standing alarm of the park, worst first.
func (s *server) standing(ctx context.Context, park Park) ([]SiteAlarm, error) {
	b, err := s.board(ctx, park)
	return list(b.Standing), err
}

// ofSites reads the standing alarms site by site.
func (s *server) ofSites(ctx context.Context, park Park) ([]SiteAlarm, error) {
	out := []SiteAlarm{}
	for _, a := range park.Centre {
		out = append(out, SiteAlarm{Alarm: a})
	}
	for _, site := range park.Sites {
		if site.Alarms == [5]int{} && site.Worst == nil {
			continue
		}
		d, err := s.model.Site(ctx, site.ID)
		if errors.Is(err, ErrUnknown) {
			continue // taken out of the configuration since the park was read
		}
		if err != nil {
			return nil, fmt.Errorf("read alarms of %s: %w", site.ID, err)
		}
		out = append(out, siteAlarms(d, d.Standing)...)
	}
	slices.SortStableFunc(out, compareAlarms)
	return out, nil
}

// siteAlarms are alarms of one site with the names of their places, worst
// first.
func siteAlarms(d SiteDetail, alarms []gtc.Alarm) []SiteAlarm {
	labels := map[gtc.EquipmentID]gtc.Label{}
	for _, e := range d.Equipment {
		labels[e.ID] = e.Label
	}
	out := make([]SiteAlarm, 0, len(alarms))
	for _, a := range alarms {
		out = append(out, SiteAlarm{Alarm: a, SiteLabel: d.Label, EquipmentLabel: labels[a.Equipment]})
	}
	slices.SortStableFunc(out, compareAlarms)
	return out
}

// compareAlarms puts the worse alarm first: by priority, then what nobody has
// taken charge of, then what has stood longest.
func compareAlarms(a, b SiteAlarm) int {
	return cmp.Or(
		cmp.Compare(a.Priority, b.Priority),
		cmp.Compare(alarmRank(a.State), alarmRank(b.State)),
		a.Since.Compare(b.Since),
		cmp.Compare(a.ID, b.ID),
	)
}

func alarmRank(s gtc.AlarmState) int {
	return slices.Index([]gtc.AlarmState{
		gtc.AlarmUnacknowledged, gtc.AlarmAcknowledged, gtc.AlarmLatchedUnacknowledged, gtc.AlarmReturned, gtc.AlarmLatched,
		gtc.AlarmOutOfService, gtc.AlarmShelved, gtc.AlarmSuppressed,
	}, s)
}
