package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/cpas-charleroi/gtc"
)

const liveBuffer = 8192

// Live calls sample and health with what reaches the hub right now, before
// anything is stored and without any backlog, until ctx ends. Calls are made
// one at a time; while one lasts, at most 8192 messages wait and further ones
// are dropped, as the stored copy comes anyway. Lines of another site than the
// sender's are left out. It returns nil when ctx ends.
func (h *Hub) Live(ctx context.Context, sample func(site gtc.SiteID, db string, lines []byte), health func(Health)) error {
	l := live{sample, health, func(site string, n int) { h.metrics.live.WithLabelValues(site).Add(float64(n)) }}
	return l.run(ctx, h.conn)
}

// Live is [Hub.Live] of the hub that was joined, as long as it is there. What is
// left out that one counts.
func (j *Joined) Live(ctx context.Context, sample func(site gtc.SiteID, db string, lines []byte), health func(Health)) error {
	l := live{sample, health, func(string, int) {}}
	return l.run(ctx, j.conn)
}

// live takes what reaches the hub right now.
type live struct {
	sample  func(site gtc.SiteID, db string, lines []byte)
	health  func(Health)
	dropped func(site string, n int)
}

func (l *live) run(ctx context.Context, nc *nats.Conn) error {
	ch := make(chan *nats.Msg, liveBuffer)
	for _, subject := range []string{"gtc.*.sample", "gtc.*.live", "gtc.*.health"} {
		sub, err := nc.ChanSubscribe(subject, ch)
		if err != nil {
			return fmt.Errorf("listen to %s: %w", subject, err)
		}
		defer func() { _ = sub.Unsubscribe() }()
	}
	if err := nc.FlushTimeout(startTimeout); err != nil {
		return fmt.Errorf("listen to live messages: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-ch:
			l.dispatch(m)
		}
	}
}

func (l *live) dispatch(m *nats.Msg) {
	tokens := strings.Split(m.Subject, ".")
	if len(tokens) != 3 {
		return
	}
	site := gtc.SiteID(tokens[1])
	switch tokens[2] {
	case "sample", "live":
		own, foreign := OwnLines(site, m.Data)
		l.dropped(tokens[1], len(foreign))
		if len(own) > 0 {
			l.sample(site, m.Header.Get(HeaderDatabase), own)
		}
	case "health":
		var hb Health
		if err := json.Unmarshal(m.Data, &hb); err != nil || hb.Site != site {
			l.dropped(tokens[1], 1)
			return
		}
		l.health(hb)
	}
}
