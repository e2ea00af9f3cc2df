package datasource

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// settle is how long changes of alarms are gathered before the board is asked
// for: an avalanche is one question.
const settle = 300 * time.Millisecond

// streamAlarms sends a row for each alarm that stands, then for each that
// changes.
func (d *Datasource) streamAlarms(ctx context.Context, ch channel, sender *backend.StreamSender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ask := url.Values{"what": {"alarm"}}
	if ch.site != "" {
		ask.Set("site", ch.site)
	}
	changed := make(chan struct{}, 1)
	poke := func() {
		select {
		case changed <- struct{}{}:
		default: // it is known already
		}
	}
	ended := make(chan error, 1)
	go func() {
		ended <- d.hub.Listen(ctx, ask, poke, func(hubapi.Change) error {
			poke()
			return nil
		})
	}()
	s := alarmStream{d: d, site: ch.site, sender: sender, known: map[string]hubapi.Alarm{}}
	for {
		select {
		case err := <-ended:
			return err
		case <-changed:
		}
		wait := time.NewTimer(settle)
		select {
		case err := <-ended:
			wait.Stop()
			return err
		case <-wait.C:
		}
		if err := s.refresh(ctx); err != nil {
			cancel()
			return errors.Join(err, <-ended)
		}
	}
}

// alarmStream knows what was sent of each alarm.
type alarmStream struct {
	d      *Datasource
	site   string
	sender *backend.StreamSender
	known  map[string]hubapi.Alarm
	last   time.Time
}

// refresh asks for the board and sends what is new in it. An alarm that is no
// longer there is normal again.
func (s *alarmStream) refresh(ctx context.Context) error {
	board, err := hubapi.GetFor[hubapi.Board](ctx, s.d.hub, "/api/v1/alarms/board", nil, 0)
	if err != nil {
		return err
	}
	now := map[string]hubapi.Alarm{}
	var news []hubapi.Alarm
	for _, a := range append(append([]hubapi.Alarm{}, board.Standing...), board.Inhibited...) {
		if s.site != "" && string(a.Site) != s.site {
			continue
		}
		now[a.ID] = a
		if old, ok := s.known[a.ID]; !ok || old.State != a.State || old.Occurrence != a.Occurrence || old.InTest != a.InTest {
			news = append(news, a)
		}
	}
	for id, old := range s.known {
		if _, ok := now[id]; !ok {
			old.State, old.Changed = gtc.AlarmNormal, board.At
			news = append(news, old)
		}
	}
	s.known = now
	if len(news) == 0 {
		return nil
	}
	return s.send(worstFirst(news), board.At)
}

func (s *alarmStream) send(news []hubapi.Alarm, now time.Time) error {
	t := s.d.table("alarms", append([]column{{name: "time", zero: time.Time{}}}, s.d.alarmColumns()...)...)
	for _, a := range news {
		// Rows of one stream go forward in time.
		if !now.After(s.last) {
			now = s.last.Add(time.Millisecond)
		}
		s.last = now
		t.add(append([]any{now.UTC()}, s.d.alarmCells(a, now)...)...)
	}
	return s.sender.SendFrame(t.frame, data.IncludeAll)
}
