package datasource

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// mark is one annotation.
type mark struct {
	ID     string     `json:"id"`
	At     time.Time  `json:"-"`
	End    *time.Time `json:"-"`
	Time   int64      `json:"time"`
	Until  int64      `json:"timeEnd,omitempty"`
	Title  string     `json:"title"`
	Text   string     `json:"text"`
	Tags   []string   `json:"tags"`
	Colour string     `json:"color"`
}

// marks are the annotations of a query, the newest when there are too many:
// alarms from call to return, works, and findings from onset to end.
func (d *Datasource) marks(ctx context.Context, q query) ([]mark, error) {
	if err := d.knownSites(ctx, q); err != nil {
		return nil, err
	}
	var out []mark
	for _, kind := range []string{"alarms", "works", "findings"} {
		if !q.What.wants(kind) {
			continue
		}
		find := map[string]func(context.Context, query) ([]mark, error){"alarms": d.alarmMarks, "works": d.workMarks, "findings": d.findingMarks}[kind]
		some, err := find(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(a, b mark) int { return a.At.Compare(b.At) })
	if most := cmp.Or(q.Limit, usualLimit); len(out) > most {
		out = out[len(out)-most:] // the newest
	}
	for i := range out {
		out[i].Time = out[i].At.UnixMilli()
		if out[i].End != nil {
			out[i].Until = out[i].End.UnixMilli()
		}
	}
	return out, nil
}

// lasting is the end of what began: of what has none yet it is now, or the
// end of what is looked at, so that it is seen in a time that began after it.
func (d *Datasource) lasting(end time.Time, q query) *time.Time {
	if end.IsZero() {
		end = q.to
		if now := d.now(); now.Before(end) {
			end = now
		}
	}
	return &end
}

// over reports whether a change ended the condition of an alarm.
func over(s gtc.AlarmState) bool {
	return s == gtc.AlarmNormal || s == gtc.AlarmReturned || s == gtc.AlarmLatched || s == gtc.AlarmLatchedUnacknowledged
}

// alarmMarks are the alarms that stood in the time of a query, from call to
// return, whenever they called.
func (d *Datasource) alarmMarks(ctx context.Context, q query) ([]mark, error) {
	got, _, err := d.changes(ctx, q)
	if err != nil {
		return nil, err
	}
	board, _, err := d.board(ctx)
	if err != nil {
		return nil, err
	}
	var out []mark
	began, ended := map[string]bool{}, map[string]api.AlarmChange{}
	// Newest first: the end of an alarm is met before its beginning.
	for _, c := range got.Changes {
		switch {
		case over(c.To):
			if !over(c.From) {
				ended[c.Alarm] = c
			}
		case calls(c):
			end := *d.lasting(ended[c.Alarm].At, q)
			if _, stops := ended[c.Alarm]; !stops && began[c.Alarm] {
				end = c.At // it called again without a return that is known
			}
			out = append(out, d.alarmMark(c, c.At, end))
			began[c.Alarm] = true
			delete(ended, c.Alarm)
		}
	}
	for _, c := range ended {
		out = append(out, d.alarmMark(c, q.from, c.At)) // it called before
	}
	for _, a := range q.chosenAlarms(board.Standing) {
		if a.Active() && !began[a.ID] && a.Since.Before(q.to) {
			out = append(out, d.alarmMark(api.AlarmChange{
				Alarm: a.ID, Class: a.Class, Label: a.Label, Priority: a.Priority, Site: a.Site, SiteLabel: a.SiteLabel,
				Equipment: a.Equipment, EquipmentLabel: a.EquipmentLabel,
			}, a.Since, *d.lasting(time.Time{}, q)))
		}
	}
	return out, nil
}

// alarmMark is the mark of an alarm from its call to its return.
func (d *Datasource) alarmMark(c api.AlarmChange, at, end time.Time) mark {
	return mark{
		ID: c.Alarm + "/" + at.Format(time.RFC3339Nano), At: at, End: &end, Title: "P" + priority(c.Priority) + " " + d.say.label(c.Label, c.Class),
		Text: d.say.label(c.SiteLabel, string(c.Site)) + " · " + d.say.label(c.EquipmentLabel, string(c.Equipment)),
		Tags: []string{"alarm", "p" + priority(c.Priority), string(c.Site)}, Colour: priorityColour(int(c.Priority)),
	}
}

func (d *Datasource) workMarks(ctx context.Context, q query) ([]mark, error) {
	board, names, err := d.board(ctx)
	if err != nil {
		return nil, err
	}
	var out []mark
	for _, w := range board.Works {
		if q.Sites.wants(string(w.Site)) && w.Until.After(q.from) && w.From.Before(q.to) {
			end := w.Until
			out = append(out, mark{
				ID: w.ID, At: w.From, End: &end, Title: w.Reason, Text: names[string(w.Site)] + " · " + string(w.Equipment) + " · " + w.By,
				Tags: []string{"work", w.Kind, string(w.Site)}, Colour: colourPlain,
			})
		}
	}
	return out, nil
}

func (d *Datasource) findingMarks(ctx context.Context, q query) ([]mark, error) {
	open := false
	q.Open, q.Kinds, q.States = &open, nil, nil
	all, _, err := d.chosenFindings(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []mark
	for _, f := range all {
		if !f.Onset.Before(q.to) {
			continue
		}
		m := mark{
			ID: f.ID, At: f.Onset, End: d.lasting(f.End, q), Title: d.say.label(f.Text, f.Rule),
			Text: d.say.label(f.SiteLabel, string(f.Site)) + " · " + d.say.label(f.MeterLabel, string(f.Meter)),
			Tags: []string{"finding", string(f.Kind), string(f.Site)}, Colour: colourP4,
		}
		if f.Kind == gtc.FindingSaving {
			m.Colour = colourSaving
		}
		out = append(out, m)
	}
	return out, nil
}

// annotations answers with what happened, to be drawn over other panels.
func (d *Datasource) annotations(ctx context.Context, q query) (data.Frames, error) {
	all, err := d.marks(ctx, q)
	if err != nil {
		return nil, err
	}
	text := ""
	t := d.table("annotations",
		column{name: "time", zero: time.Time{}}, column{name: "timeEnd", zero: (*time.Time)(nil)}, column{name: "title", zero: text},
		column{name: "text", zero: text}, column{name: "tags", zero: text}, column{name: "id", zero: text}, column{name: "color", zero: text},
	)
	for _, f := range t.frame.Fields {
		f.Config = nil
	}
	for _, m := range all {
		t.add(m.At, m.End, m.Title, m.Text, strings.Join(m.Tags, ","), m.ID, m.Colour)
	}
	f := t.cut(q.Limit)
	return data.Frames{f}, nil
}
