package console

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// names returns the names of the users by id. Who is not among them (a person
// reached by message, a part of the program) keeps the id.
func (s *server) names(ctx context.Context) map[string]string {
	out := map[string]string{}
	if s.users == nil {
		return out
	}
	users, err := s.users.Users(ctx)
	if err != nil {
		s.log.Warn().Err(err).Msg("names of users not read")
	}
	for _, u := range users {
		out[u.ID] = u.Name
	}
	return out
}

// nameAll writes names in the place of ids.
func (s *server) nameAll(ctx context.Context, alarms []SiteAlarm) {
	if !slices.ContainsFunc(alarms, func(a SiteAlarm) bool { return a.By != "" || len(a.Inhibitions) > 0 }) {
		return
	}
	names := s.names(ctx)
	for i := range alarms {
		a := &alarms[i]
		a.By = cmp.Or(names[a.By], a.By)
		a.Inhibitions = slices.Clone(a.Inhibitions)
		for j := range a.Inhibitions {
			a.Inhibitions[j].By = cmp.Or(names[a.Inhibitions[j].By], a.Inhibitions[j].By)
		}
	}
}

// nameCauses writes the label of the standing alarm by which another one is
// suppressed in the place of its class.
func (t *tongue) nameCauses(alarms, standing []SiteAlarm) {
	for i := range alarms {
		for j, in := range alarms[i].Inhibitions {
			if in.State != gtc.AlarmSuppressed {
				continue
			}
			k := slices.IndexFunc(standing, func(a SiteAlarm) bool { return a.Site == alarms[i].Site && a.Class == in.By })
			if k >= 0 {
				alarms[i].Inhibitions[j].By = "«\u00a0" + t.alarmName(standing[k]) + "\u00a0»"
			}
		}
	}
}

// workRows are the works of a board with names.
func (s *server) workRows(ctx context.Context, b Board) []workRow {
	if len(b.Works) == 0 {
		return nil
	}
	names := s.names(ctx)
	sites := map[gtc.SiteID]SiteDetail{}
	var out []workRow
	for _, w := range b.Works {
		d, ok := sites[w.Site]
		if !ok {
			var err error
			if d, err = s.model.Site(ctx, w.Site); err != nil {
				s.log.Debug().Err(err).Str("site", string(w.Site)).Msg("names of a work not read")
			}
			sites[w.Site] = d
		}
		out = append(out, rowOfWork(w, d, names))
	}
	return out
}

func rowOfWork(w alarm.Work, d SiteDetail, names map[string]string) workRow {
	row := workRow{Work: w, SiteLabel: d.Label, By: cmp.Or(names[w.By], w.By)}
	for _, e := range d.Equipment {
		if e.ID == w.Equipment {
			row.EquipmentLabel = e.Label
		}
	}
	return row
}

// UnderWay reports whether a work has begun at an instant.
func (w workRow) UnderWay(at time.Time) bool { return w.Begun || !at.Before(w.From) }
