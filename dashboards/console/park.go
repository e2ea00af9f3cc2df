package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// parkView answers "what needs me?".
type parkView struct {
	// Acting is the number of sites that ask for an action, the page's number.
	Acting int
	Total  int
	// Counts of the other states, shown beside the number.
	Unknown, Stale, Drift, Normal int
	// Priorities count standing alarms by priority, index 0 unused.
	Priorities []priorityCount
	EURPerWeek float64
	Findings   int
	// Inhibited counts the alarms that are set aside: what calls nobody is one
	// click away.
	Inhibited int
	Tiles     []tile
}

type priorityCount struct {
	Priority gtc.Priority
	Count    int
}

// tile is one site of the park.
type tile struct {
	SiteSummary
	// Class is p1 to p4, unknown, stale, drift or normal.
	Class      string
	Priorities []priorityCount
}

func (s *server) parkPage(r *http.Request, t *tongue, park Park) (content, error) {
	sites := worstFirst(park.Sites)
	v := parkView{Total: len(sites)}
	var all [5]int
	for _, site := range sites {
		switch site.State {
		case StateAlarm:
			v.Acting++
		case StateStale:
			v.Stale++
		case StateDrift:
			v.Drift++
		case StateNormal:
			v.Normal++
		case StateUnknown:
			v.Unknown++
		default:
			v.Unknown++
		}
		for p := range all {
			all[p] += site.Alarms[p]
		}
		v.Findings += site.Findings
		if site.EURPerWeek != nil {
			v.EURPerWeek += *site.EURPerWeek
		}
		v.Tiles = append(v.Tiles, tile{SiteSummary: site, Class: siteClass(site), Priorities: priorities(site.Alarms)})
	}
	v.Priorities = priorities(all)
	if s.alarms != nil {
		board, err := s.alarms.Alarms(r.Context())
		if err != nil {
			return content{}, fmt.Errorf("count inhibited alarms: %w", err)
		}
		v.Inhibited = len(board.Inhibited)
	}
	return content{nav: "park", title: t.must("nav.park"), stream: "/api/v1/events", body: v}, nil
}

// worstFirst orders sites by state, then by their worst alarms, then by what
// their drifts cost; equals keep the model's order.
func worstFirst(sites []SiteSummary) []SiteSummary {
	out := slices.Clone(sites)
	slices.SortStableFunc(out, func(a, b SiteSummary) int {
		if c := cmp.Compare(stateRank(a.State), stateRank(b.State)); c != 0 {
			return c
		}
		for p := 1; p <= 4; p++ {
			if c := cmp.Compare(b.Alarms[p], a.Alarms[p]); c != 0 {
				return c
			}
		}
		return cmp.Compare(weekly(b), weekly(a))
	})
	return out
}

func weekly(s SiteSummary) float64 {
	if s.EURPerWeek == nil {
		return 0
	}
	return *s.EURPerWeek
}

// stateRank is 0 for the worst state. A state this program does not know is
// unknown.
func stateRank(s SiteState) int {
	if i := slices.Index([]SiteState{StateAlarm, StateUnknown, StateStale, StateDrift, StateNormal}, s); i >= 0 {
		return i
	}
	return 1
}

func siteClass(s SiteSummary) string {
	switch s.State {
	case StateAlarm:
		return priorityClass(worstPriority(s.Alarms))
	case StateStale, StateDrift, StateNormal:
		return string(s.State)
	case StateUnknown:
	}
	return string(StateUnknown)
}

func worstPriority(counts [5]int) gtc.Priority {
	for p := 1; p <= 4; p++ {
		if counts[p] > 0 {
			return gtc.Priority(p)
		}
	}
	return gtc.PriorityMedium
}

func priorityClass(p gtc.Priority) string {
	return [...]string{"p3", "p1", "p2", "p3", "p4"}[min(max(int(p), 0), 4)]
}

// priorities lists the priorities that have alarms, worst first.
func priorities(counts [5]int) []priorityCount {
	var out []priorityCount
	for p := 1; p <= 4; p++ {
		if counts[p] > 0 {
			out = append(out, priorityCount{gtc.Priority(p), counts[p]})
		}
	}
	return out
}
