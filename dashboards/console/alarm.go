package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// alarmView is one alarm: what it says, what to do, what became of it.
type alarmView struct {
	AlarmDetail
	// Steps are the consigne in the visitor's language.
	Steps   []stepRow
	History []historyRow
	Works   []workRow
	// Proof says what the visitor's action came to, "" without one.
	Proof string
	// Taken is when and by whom it was taken in charge.
	TakenAt time.Time
	Trend   *alarmTrend
	// Refused is why an action was not done; Typed what was typed into its form
	// and Opened which form it was.
	Refused string
	Opened  string
	Typed   url.Values
	// MayTake, MayReset, MaySetAside and MayReturn say which actions make
	// sense now.
	MayTake, MayReset, MaySetAside, MayReturn bool
	// Durations are how long an alarm may be set aside.
	Durations, TestDurations []string
	// Latest is the last instant that may be chosen in a form, as it wants it.
	Earliest, LatestShelf, LatestOut string
}

// stepRow is one step of a consigne and who has done it.
type stepRow struct {
	Number int
	Text   string
	Done   bool
	By     string
	At     time.Time
}

// historyRow is one thing that became of an alarm.
type historyRow struct {
	At time.Time
	// What is the text, By who did it, "" where it was the process.
	What, By, Reason string
	InTest           bool
	Late             time.Time
}

func (s *server) alarmPage(r *http.Request, t *tongue, _ Park) (content, error) {
	v, t, err := s.alarmView(r, t, r.PathValue("id"))
	if err != nil {
		return content{}, err
	}
	q := r.URL.Query()
	v.Proof = t.proof(v, q.Get("done"), q.Get("work"))
	return v.content(t, http.StatusOK), nil
}

func (v alarmView) content(t *tongue, status int) content {
	title := v.SiteLabel.In(t.Lang)
	if v.OfCentre() {
		title = t.must("centre")
	}
	return content{
		nav: "alarms", title: title + " · " + t.alarmName(v.SiteAlarm), status: status,
		stream: "/api/v1/events?site=" + url.QueryEscape(string(v.Site)), body: v,
	}
}

func (t *tongue) alarmName(a SiteAlarm) string { return cmp.Or(a.Label.In(t.Lang), a.Class) }

// alarmView reads an alarm and writes it in the calendar of its site.
func (s *server) alarmView(r *http.Request, t *tongue, id string) (alarmView, *tongue, error) {
	ctx := r.Context()
	d, err := s.alarms.Alarm(ctx, id)
	if err != nil {
		return alarmView{}, t, fmt.Errorf("read alarm %s: %w", id, err)
	}
	t = t.at(d.TimeZone)
	names := s.names(ctx)
	v := alarmView{AlarmDetail: d}
	named := []SiteAlarm{d.SiteAlarm}
	s.nameAll(ctx, named)
	v.SiteAlarm = named[0]
	v.Steps = t.steps(d, names)
	v.History = t.history(d, names)
	v.TakenAt = takenAt(d)
	v.MayTake = waits(d.Alarm)
	v.MayReset = d.Process() == gtc.AlarmLatched
	_, shelved := alarm.Inhibited(d.Alarm, gtc.AlarmShelved)
	v.MayReturn, v.MaySetAside = shelved, !d.LifeSafety && !d.OfCentre()
	v.Durations, v.TestDurations = []string{"1h", "4h", "24h"}, []string{"30min", "1h", "2h"}
	v.Earliest, v.LatestShelf = t.input(d.At), t.input(d.At.Add(alarm.LongestShelving))
	v.LatestOut = t.input(d.At.Add(alarm.LongestOutOfService))
	site, err := s.siteOf(ctx, d)
	if err != nil {
		return alarmView{}, t, err
	}
	for _, w := range d.Works {
		v.Works = append(v.Works, rowOfWork(w, site, names))
	}
	slices.SortStableFunc(v.Works, func(x, y workRow) int { return x.From.Compare(y.From) })
	if r.URL.Query().Get("part") != "live" {
		v.Trend = s.alarmTrend(ctx, t, d, site)
	}
	return v, t, nil
}

// siteOf reads the alarm's site; the hub has none.
func (s *server) siteOf(ctx context.Context, d AlarmDetail) (SiteDetail, error) {
	if d.OfCentre() {
		return SiteDetail{}, nil
	}
	site, err := s.model.Site(ctx, d.Site)
	if errors.Is(err, ErrUnknown) {
		return SiteDetail{}, nil // taken out of the configuration
	}
	if err != nil {
		return site, fmt.Errorf("read site of alarm %s: %w", d.ID, err)
	}
	return site, nil
}

// input is an instant as a form's field wants it, in the site's calendar.
func (t *tongue) input(at time.Time) string { return at.In(t.zone).Format("2006-01-02T15:04") }

// steps are the consigne with what was ticked during this occurrence.
func (t *tongue) steps(d AlarmDetail, names map[string]string) []stepRow {
	texts := d.Steps[t.Lang]
	if len(texts) == 0 {
		texts = d.Steps[reference]
	}
	out := make([]stepRow, 0, len(texts))
	for i, text := range texts {
		out = append(out, stepRow{Number: i + 1, Text: text})
	}
	for _, ev := range slices.Backward(d.Events) { // oldest first
		if ev.Kind != gtc.EventComment || ev.Value == nil || ev.At.Before(d.Since) {
			continue
		}
		n := int(*ev.Value)
		if n < 1 || n > len(out) {
			continue
		}
		step := &out[n-1]
		switch ActionKind(ev.To) {
		case ActTick:
			step.Done, step.By, step.At = true, cmp.Or(names[ev.Actor], ev.Actor), ev.At
		case ActUntick:
			step.Done, step.By, step.At = false, "", time.Time{}
		case ActAcknowledge, ActReset, ActShelve, ActUnshelve, ActComment:
		}
	}
	return out
}

// takenAt is when this occurrence was taken in charge, zero if it was not.
func takenAt(d AlarmDetail) time.Time {
	if d.By == "" {
		return time.Time{}
	}
	for _, ev := range d.Events { // newest first
		if isTaking(ev) && ev.Actor == d.By && !ev.At.Before(d.Since) {
			return ev.At
		}
	}
	return time.Time{}
}

// isTaking reports whether an event is that somebody took an alarm in charge.
func isTaking(ev gtc.Event) bool {
	from, to := gtc.AlarmState(ev.From), gtc.AlarmState(ev.To)
	return ev.Kind == gtc.EventAlarm && (from == gtc.AlarmUnacknowledged && to == gtc.AlarmAcknowledged ||
		from == gtc.AlarmReturned && to == gtc.AlarmNormal || from == gtc.AlarmLatchedUnacknowledged && to == gtc.AlarmLatched)
}

// history writes the events in words, newest first.
func (t *tongue) history(d AlarmDetail, names map[string]string) []historyRow {
	out := make([]historyRow, 0, len(d.Events))
	for _, ev := range d.Events {
		row := historyRow{At: ev.At, What: t.became(ev), By: cmp.Or(names[ev.Actor], ev.Actor), Reason: ev.Reason, InTest: ev.InTest}
		if machine(ev.Actor) {
			row.By = ""
		}
		if late := ev.Received.Sub(ev.At); late > lateSeconds*time.Second {
			row.Late = ev.Received
		}
		out = append(out, row)
	}
	return out
}

// machine reports whether an actor is a part of the program.
func machine(actor string) bool {
	return actor == "" || actor == "alarm" || actor == "hub" || actor == "edge" || len(actor) > 6 && actor[:6] == "rules/"
}

// became says what an event did.
func (t *tongue) became(ev gtc.Event) string {
	if ev.Kind == gtc.EventComment {
		if ev.Value != nil {
			return t.must("history."+string(tickOr(ev.To)), int(*ev.Value))
		}
		if ev.To == notify.Untold {
			return t.must("history.untold")
		}
		return t.must("history.comment")
	}
	if ev.Kind == gtc.EventWork {
		return t.Named("history.work", ev.To)
	}
	if isTaking(ev) {
		return t.must("history.taken")
	}
	if ev.To == string(gtc.AlarmUnacknowledged) && ev.From != string(gtc.AlarmAcknowledged) && !gtc.AlarmState(ev.From).Inhibits() {
		return t.must("history.raised")
	}
	text := t.Named("alarm.state", ev.To)
	if !ev.Until.IsZero() {
		text = t.must("history.until", text, t.Moment(ev.Until))
	}
	return text
}

func tickOr(to string) ActionKind {
	if ActionKind(to) == ActUntick {
		return ActUntick
	}
	return ActTick
}

// proof says what came of an action: the event or the work that proves it, by
// whom and when. Work is the one that was ended.
func (t *tongue) proof(v alarmView, done, work string) string {
	if _, known := t.texts["proof."+done]; !known || done == "" {
		return ""
	}
	switch done {
	case "finish":
		if work == "" || slices.ContainsFunc(v.Works, func(w workRow) bool { return w.ID == work }) {
			return t.must("proof.nothing")
		}
		return t.must("proof.finish")
	case "test":
		return t.proofOfWork(v.Works, alarm.WorkTest)
	case "out_of_service":
		return t.proofOfWork(v.Works, alarm.WorkMaintenance)
	}
	for i, ev := range v.Events {
		if !proves(ev, done) {
			continue
		}
		row := v.History[i]
		if ev.Until.IsZero() {
			return t.must("proof."+done, row.By, t.When(v.At, ev.At))
		}
		return t.must("proof."+done, row.By, t.When(v.At, ev.At)) + " " + t.must("proof.until", t.Moment(ev.Until))
	}
	return t.must("proof.nothing")
}

// proofOfWork says which work is recorded, the last to begin of its kind.
func (t *tongue) proofOfWork(works []workRow, kind alarm.WorkKind) string {
	for _, w := range slices.Backward(works) {
		if w.Kind == kind {
			key := "proof.test"
			if kind == alarm.WorkMaintenance {
				key = "proof.out_of_service"
			}
			return t.must(key, w.By, t.Moment(w.From), t.Moment(w.Until))
		}
	}
	return t.must("proof.nothing")
}

// proves reports whether an event is what an action leads to.
func proves(ev gtc.Event, done string) bool {
	from, to := gtc.AlarmState(ev.From), gtc.AlarmState(ev.To)
	switch done {
	case "acknowledge":
		return isTaking(ev)
	case "reset":
		return from == gtc.AlarmLatched && to == gtc.AlarmNormal
	case "shelve":
		return to == gtc.AlarmShelved
	case "unshelve":
		return from == gtc.AlarmShelved
	case "comment", "tick", "untick":
		return ev.Kind == gtc.EventComment && ev.To == done
	}
	return false
}
