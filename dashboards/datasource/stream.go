package datasource

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// channel is a stream that somebody asked for.
type channel struct {
	// alarms or points.
	what                   string
	site, equipment, point string
}

// parseChannel reads points/<site>/<equipment>[/<point>] or alarms[/<site>].
func parseChannel(path string) (channel, bool) {
	part := strings.Split(strings.Trim(path, "/"), "/")
	if slices.Contains(part, "") {
		return channel{}, false
	}
	switch {
	case part[0] == "alarms" && len(part) == 1:
		return channel{what: "alarms"}, true
	case part[0] == "alarms" && len(part) == 2:
		return channel{what: "alarms", site: part[1]}, true
	case part[0] == "points" && len(part) == 3:
		return channel{what: "points", site: part[1], equipment: part[2]}, true
	case part[0] == "points" && len(part) == 4:
		return channel{what: "points", site: part[1], equipment: part[2], point: part[3]}, true
	}
	return channel{}, false
}

// SubscribeStream lets in who asks for a stream of something that is there.
// Grafana has checked that the person may use the data source.
func (d *Datasource) SubscribeStream(ctx context.Context, req *backend.SubscribeStreamRequest) (*backend.SubscribeStreamResponse, error) {
	missing := &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusNotFound}
	ch, ok := parseChannel(req.Path)
	if !ok || d.hub == nil { // without settings that hold there is nothing to hear
		return missing, nil
	}
	if ch.what == "points" && !d.exists(ctx, ch) {
		return missing, nil
	}
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK}, nil
}

// PublishStream refuses: nobody tells the hub anything through Grafana.
func (*Datasource) PublishStream(context.Context, *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
}

// exists reports whether the hub tells anything of the points of a channel now.
func (d *Datasource) exists(ctx context.Context, ch channel) bool {
	got, err := d.watched(ctx, ch)
	return err == nil && len(got.Values) > 0
}

// watched is what is known now of the points of a channel.
func (d *Datasource) watched(ctx context.Context, ch channel) (api.Values, error) {
	ask := url.Values{"site": {ch.site}, "equipment": {ch.equipment}}
	if ch.point != "" {
		ask = url.Values{"series": {ch.site + "/" + ch.equipment + "/" + ch.point}}
	}
	return hubapi.GetFor[api.Values](ctx, d.hub, "/api/v1/values", ask, 0)
}

// RunStream sends what changes until nobody listens any more. A stream that
// breaks is taken up again.
func (d *Datasource) RunStream(ctx context.Context, req *backend.RunStreamRequest, sender *backend.StreamSender) error {
	ch, ok := parseChannel(req.Path)
	if !ok || d.wrong != nil {
		return errors.Join(badQuery{"channel", req.Path}, d.wrong)
	}
	pause, listen := firstPause, d.listener(ch, sender)
	for {
		began := d.now()
		err := listen(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		log.DefaultLogger.Warn("stream broken", "path", req.Path, "error", err)
		if d.now().Sub(began) > longestPause {
			pause = firstPause
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		case <-wait.C:
		}
		pause = min(2*pause, longestPause)
	}
}

// listener returns what listens to a channel until the line breaks, and may
// listen again then.
func (d *Datasource) listener(ch channel, sender *backend.StreamSender) func(context.Context) error {
	if ch.what == "alarms" {
		return func(ctx context.Context) error { return d.streamAlarms(ctx, ch, sender) }
	}
	points := &pointStream{d: d, ch: ch, sender: sender}
	return points.listen
}

// pointStream sends frames of one shape: a column a point.
type pointStream struct {
	d      *Datasource
	ch     channel
	sender *backend.StreamSender
	values []api.Value
	last   time.Time
}

// listen sends the value of each point, then what changes.
func (p *pointStream) listen(ctx context.Context) error {
	name := p.ch.site + "/" + p.ch.equipment
	if p.ch.point != "" {
		name += "/" + p.ch.point
	}
	start := func() {
		// What was missed while nobody listened.
		if err := p.begin(ctx); err != nil {
			log.DefaultLogger.Warn("stream begins without the present values", "series", name, "error", err)
		}
	}
	if err := p.begin(ctx); err != nil {
		return err
	}
	err := p.d.hub.Listen(ctx, url.Values{"what": {"sample"}, "series": {name}}, start, p.change)
	if ctx.Err() == nil {
		// Nothing is known from here on: the last value must not stay on a screen.
		err = errors.Join(err, p.send(p.d.now(), nil))
	}
	return err
}

// begin sends what is known now, by the rule of change.
func (p *pointStream) begin(ctx context.Context) error {
	got, err := p.d.watched(ctx, p.ch)
	if err != nil {
		return err
	}
	p.values = got.Values
	now := map[string]*float64{}
	at := time.Time{}
	for _, v := range got.Values {
		if v.Quality == "good" && !v.Stale {
			now[string(v.Point)] = v.Now
		}
		if v.NowAt.After(at) {
			at = v.NowAt
		}
	}
	if at.IsZero() {
		at = got.At
	}
	return p.send(at, now)
}

// change sends new values. A value that is not to be trusted is a gap.
func (p *pointStream) change(c hubapi.Change) error {
	byTime := map[time.Time]map[string]*float64{}
	var order []time.Time
	for _, v := range c.Values {
		if string(v.Equipment) != p.ch.equipment || p.ch.point != "" && string(v.Point) != p.ch.point {
			continue
		}
		at, value := v.At, v.Value
		if v.Quality != "good" || v.Stale || at.IsZero() {
			at, value = c.At, nil
		}
		if byTime[at] == nil {
			byTime[at] = map[string]*float64{}
			order = append(order, at)
		}
		byTime[at][string(v.Point)] = value
	}
	slices.SortFunc(order, time.Time.Compare)
	for _, at := range order {
		if err := p.send(at, byTime[at]); err != nil {
			return err
		}
	}
	return nil
}

func (p *pointStream) send(at time.Time, now map[string]*float64) error {
	// Rows of one stream go forward in time.
	if !at.After(p.last) {
		at = p.last.Add(time.Millisecond)
	}
	p.last = at
	f := data.NewFrame(p.ch.site+"/"+p.ch.equipment, data.NewField("time", nil, []time.Time{at.UTC()}))
	for i := range p.values {
		v := &p.values[i]
		name := string(v.Point)
		if p.ch.point != "" {
			name = "value"
		}
		field := data.NewField(name, p.d.labels(v), []*float64{now[string(v.Point)]})
		field.Config = p.d.config(v, nil)
		f.Fields = append(f.Fields, field)
	}
	return p.sender.SendFrame(f, data.IncludeAll)
}
