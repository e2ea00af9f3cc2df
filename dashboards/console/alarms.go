package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// SiteAlarm is a standing alarm with the names of its place.
type SiteAlarm struct {
	gtc.Alarm
	SiteLabel      gtc.Label `json:"site_label,omitempty"`
	EquipmentLabel gtc.Label `json:"equipment_label,omitempty"`
}

// Fire reports whether the alarm comes from a fire panel.
func (a SiteAlarm) Fire() bool { return a.Kind == gtc.KindFirePanel }

// alarmsView answers "what do I do now?".
type alarmsView struct {
	// Active counts the alarms whose condition holds, the page's number.
	Active     int
	Priorities []priorityCount
	Alarms     []SiteAlarm
	Fire       bool
}

func (s *server) alarmsPage(r *http.Request, t *tongue, park Park) (content, error) {
	alarms, err := s.standing(r.Context(), park)
	if err != nil {
		return content{}, err
	}
	v := alarmsView{Alarms: alarms}
	var counts [5]int
	for _, a := range alarms {
		if a.Active() {
			v.Active++
		}
		counts[min(max(int(a.Priority), 0), 4)]++
		v.Fire = v.Fire || a.Fire()
	}
	v.Priorities = priorities(counts)
	return content{nav: "alarms", title: t.must("nav.alarms"), stream: "/api/v1/events", body: v}, nil
}

// standing returns every standing alarm of the park, worst first.
func (s *server) standing(ctx context.Context, park Park) ([]SiteAlarm, error) {
	out := []SiteAlarm{}
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
		out = append(out, siteAlarms(d)...)
	}
	slices.SortStableFunc(out, compareAlarms)
	return out, nil
}

// siteAlarms are the standing alarms of one site, worst first.
func siteAlarms(d SiteDetail) []SiteAlarm {
	labels := map[gtc.EquipmentID]gtc.Label{}
	for _, e := range d.Equipment {
		labels[e.ID] = e.Label
	}
	out := make([]SiteAlarm, 0, len(d.Standing))
	for _, a := range d.Standing {
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
	)
}

func alarmRank(s gtc.AlarmState) int {
	return slices.Index([]gtc.AlarmState{gtc.AlarmUnacknowledged, gtc.AlarmAcknowledged, gtc.AlarmReturned}, s)
}
