package datasource

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// alarmOrder lists the states of alarms, the most urgent first.
func alarmOrder() []string {
	return []string{
		"unacknowledged", "latched_unacknowledged", "returned_unacknowledged", "acknowledged", "latched", "out_of_service", "shelved",
		"suppressed", "normal",
	}
}

// alarms answers with the alarms of now or with their changes.
func (d *Datasource) alarms(ctx context.Context, q query) (data.Frames, error) {
	mode, err := choice("mode", q.Mode, "current", "history")
	if err != nil {
		return nil, err
	}
	if err := d.knownSites(ctx, q); err != nil {
		return nil, err
	}
	if mode == "history" {
		return d.alarmHistory(ctx, q)
	}
	format, err := choice("format", q.Format, "table", "summary", formatNumeric)
	if err != nil {
		return nil, err
	}
	board, err := hubapi.Get[hubapi.Board](ctx, d.hub, "/api/v1/alarms/board", nil)
	if err != nil {
		return nil, err
	}
	var f *data.Frame
	if format != "table" {
		f = d.alarmSummary(q.chosenAlarms(board.Standing), q.chosenAlarms(board.Inhibited), board.At)
	} else {
		all := q.chosenAlarms(board.Standing)
		if q.Inhibited {
			all = append(all, q.chosenAlarms(board.Inhibited)...)
		}
		f = d.alarmTable(worstFirst(all), board.At).cut(q.Limit)
	}
	meta(f, "", d.asked("/api/v1/alarms/board", nil), hubTime(board.At))
	if format == formatNumeric {
		return numbers(f, q, alarmNumbers())
	}
	return data.Frames{f}, nil
}

// chosenAlarms are those that pass the query.
func (q *query) chosenAlarms(all []hubapi.Alarm) []hubapi.Alarm {
	var out []hubapi.Alarm
	for _, a := range all {
		if q.Sites.wants(string(a.Site)) && q.Equipment.wants(string(a.Equipment)) && q.wantsPriority(a.Priority) && q.States.wants(string(a.State)) &&
			q.Classes.wants(a.Class) && q.Disciplines.wants(a.Discipline) && q.Kinds.wants(string(a.Kind)) && q.pass(row{
			"site": string(a.Site), "equipment": string(a.Equipment), "priority": priority(a.Priority), "state": string(a.State),
			"class": a.Class, "discipline": a.Discipline, "kind": string(a.Kind),
		}) {
			out = append(out, a)
		}
	}
	return out
}

// worstFirst orders alarms: what is inhibited last, then by priority, then
// those that wait for somebody, the oldest first.
func worstFirst(all []hubapi.Alarm) []hubapi.Alarm {
	inhibited := func(a hubapi.Alarm) int {
		if a.State.Inhibits() {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b hubapi.Alarm) int {
		return cmp.Or(cmp.Compare(inhibited(a), inhibited(b)), cmp.Compare(a.Priority, b.Priority),
			cmp.Compare(stateRank(a.State), stateRank(b.State)), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func stateRank(s gtc.AlarmState) int64 { return int64(slices.Index(alarmOrder(), string(s))) }

func (d *Datasource) alarmColumns() []column {
	return []column{
		{name: "id", zero: ""},
		{name: "priority", zero: int64(0), maps: priorityMap()},
		{name: "since", zero: (*time.Time)(nil)},
		{name: "age_s", zero: (*float64)(nil), unit: "s"},
		{name: "site", zero: ""},
		{name: "site_label", zero: ""},
		{name: "equipment", zero: ""},
		{name: "equipment_label", zero: ""},
		{name: "label", zero: ""},
		{name: "state", zero: "", maps: d.say.alarmStates()},
		{name: "state_rank", zero: int64(0)},
		{name: "class", zero: ""},
		{name: "discipline", zero: ""},
		{name: "by", zero: ""},
		{name: "advice", zero: ""},
		{name: "in_test", zero: false},
		{name: "life_safety", zero: false},
		{name: "chattering", zero: false},
		{name: "occurrence", zero: int64(0)},
	}
}

func (d *Datasource) alarmTable(all []hubapi.Alarm, now time.Time) *table {
	t := d.table("alarms", d.alarmColumns()...)
	for _, a := range all {
		t.add(d.alarmCells(a, now)...)
	}
	return t
}

func (d *Datasource) alarmCells(a hubapi.Alarm, now time.Time) []any {
	return []any{
		a.ID, int64(a.Priority), known(a.Since), age(now, a.Since), string(a.Site), d.say.label(a.SiteLabel, string(a.Site)),
		string(a.Equipment), d.say.label(a.EquipmentLabel, string(a.Equipment)), d.say.label(a.Label, a.Class), string(a.State), stateRank(a.State),
		a.Class, a.Discipline, a.By, a.Advice.In(d.say.lang), a.InTest, a.LifeSafety, a.Chattering, int64(a.Occurrence),
	}
}

func (d *Datasource) alarmSummary(standing, inhibited []hubapi.Alarm, now time.Time) *data.Frame {
	count := int64(0)
	t := d.table("alarms",
		column{name: "p1", zero: count}, column{name: "p2", zero: count}, column{name: "p3", zero: count}, column{name: "p4", zero: count},
		column{name: "total", zero: count}, column{name: "unacknowledged", zero: count},
		column{name: "oldest_unacknowledged_s", zero: (*float64)(nil), unit: "s"}, column{name: "inhibited", zero: count},
	)
	var by [5]int64
	waiting := int64(0)
	var oldest time.Time
	for _, a := range standing {
		if a.Priority >= 1 && a.Priority <= 4 {
			by[a.Priority]++
		}
		if strings.HasSuffix(string(a.State), "unacknowledged") {
			waiting++
			if oldest.IsZero() || a.Since.Before(oldest) {
				oldest = a.Since
			}
		}
	}
	t.add(by[1], by[2], by[3], by[4], int64(len(standing)), waiting, age(now, oldest), int64(len(inhibited)))
	meta(t.frame, data.FrameTypeNumericWide, "", nil)
	return t.frame
}

// changes are the changes of alarms of a query, newest first.
func (d *Datasource) changes(ctx context.Context, q query) (api.AlarmHistory, string, error) {
	from, to := align(q.from, q.to, 10*time.Second)
	ask := url.Values{"from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}}
	put(ask, "site", q.Sites)
	for _, p := range q.Priorities {
		ask.Add("priority", strings.TrimPrefix(strings.ToUpper(p), "P"))
	}
	got, err := hubapi.Get[api.AlarmHistory](ctx, d.hub, "/api/v1/alarms/history", ask)
	if err != nil {
		return got, "", err
	}
	chosen := make([]api.AlarmChange, 0, len(got.Changes))
	for _, c := range got.Changes {
		if q.Equipment.wants(string(c.Equipment)) && q.Classes.wants(c.Class) && q.Disciplines.wants(c.Discipline) && q.States.wants(string(c.To)) &&
			q.pass(row{
				"site": string(c.Site), "equipment": string(c.Equipment), "priority": priority(c.Priority), "state": string(c.To), "class": c.Class,
				"discipline": c.Discipline,
			}) {
			chosen = append(chosen, c)
		}
	}
	got.Changes = chosen
	return got, d.asked("/api/v1/alarms/history", ask), nil
}

func (d *Datasource) alarmHistory(ctx context.Context, q query) (data.Frames, error) {
	format, err := choice("format", q.Format, "table", "count")
	if err != nil {
		return nil, err
	}
	if !q.from.Before(q.to) {
		return nil, badQuery{d.say.f("range"), q.from.Format(time.RFC3339)}
	}
	got, asked, err := d.changes(ctx, q)
	if err != nil {
		return nil, err
	}
	var f *data.Frame
	if format == "count" {
		f = countCalls(got.Changes, q)
	} else {
		f = d.changeTable(got.Changes).cut(q.Limit)
	}
	meta(f, "", asked, hubTime(got.At))
	if got.Cut {
		note(f, d.say.f("note.cuthistory", len(got.Changes)))
	}
	return data.Frames{f}, nil
}

func (d *Datasource) changeTable(all []api.AlarmChange) *table {
	t := d.table("alarm_history",
		column{name: "time", zero: time.Time{}}, column{name: "id", zero: ""}, column{name: "priority", zero: int64(0), maps: priorityMap()},
		column{name: "site", zero: ""}, column{name: "site_label", zero: ""}, column{name: "equipment", zero: ""},
		column{name: "equipment_label", zero: ""}, column{name: "label", zero: ""}, column{name: "class", zero: ""},
		column{name: "from", zero: "", maps: d.say.alarmStates()}, column{name: "to", zero: "", maps: d.say.alarmStates()},
		column{name: "actor", zero: ""}, column{name: "reason", zero: ""},
	)
	for _, c := range all {
		t.add(c.At, c.Alarm, int64(c.Priority), string(c.Site), d.say.label(c.SiteLabel, string(c.Site)), string(c.Equipment),
			d.say.label(c.EquipmentLabel, string(c.Equipment)), d.say.label(c.Label, c.Class), c.Class, string(c.From), string(c.To), c.Actor, c.Reason)
	}
	return t
}

// calls reports whether a change asked for somebody.
func calls(c api.AlarmChange) bool { return c.To == gtc.AlarmUnacknowledged }

// countCalls counts the alarms that called in each interval, by priority. Here
// nothing is zero: no change is no call.
func countCalls(all []api.AlarmChange, q query) *data.Frame {
	from, to := align(q.from, q.to, time.Minute)
	every := max(q.every, time.Minute, to.Sub(from)/2000)
	start := from.Truncate(every)
	n := int(to.Sub(start)/every) + 1
	times := make([]time.Time, n)
	counts := [5][]int64{}
	for p := 1; p <= 4; p++ {
		counts[p] = make([]int64, n)
	}
	for i := range times {
		times[i] = start.Add(time.Duration(i) * every)
	}
	for _, c := range all {
		if i := int(c.At.Sub(start) / every); calls(c) && i >= 0 && i < n && c.Priority >= 1 && c.Priority <= 4 {
			counts[c.Priority][i]++
		}
	}
	f := data.NewFrame("alarm_count", data.NewField("time", nil, times))
	for p := 1; p <= 4; p++ {
		field := data.NewField("p"+strconv.Itoa(p), data.Labels{"measure": "p" + strconv.Itoa(p)}, counts[p])
		field.Config = &data.FieldConfig{DisplayNameFromDS: "P" + strconv.Itoa(p)}
		f.Fields = append(f.Fields, field)
	}
	meta(f, data.FrameTypeTimeSeriesWide, "", nil)
	return f
}
