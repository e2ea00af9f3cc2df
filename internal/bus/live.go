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
	ch := make(chan *nats.Msg, liveBuffer)
	for _, subject := range []string{"gtc.*.sample", "gtc.*.live", "gtc.*.health"} {
		sub, err := h.conn.ChanSubscribe(subject, ch)
		if err != nil {
			return fmt.Errorf("listen to %s: %w", subject, err)
		}
		defer func() { _ = sub.Unsubscribe() }()
	}
	if err := h.conn.FlushTimeout(startTimeout); err != nil {
		return fmt.Errorf("listen to live messages: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-ch:
			h.dispatch(m, sample, health)
		}
	}
}

func (h *Hub) dispatch(m *nats.Msg, sample func(gtc.SiteID, string, []byte), health func(Health)) {
	tokens := strings.Split(m.Subject, ".")
	if len(tokens) != 3 {
		return
	}
	site := gtc.SiteID(tokens[1])
	dropped := h.metrics.live.WithLabelValues(tokens[1])
	switch tokens[2] {
	case "sample", "live":
		own, foreign := OwnLines(site, m.Data)
		dropped.Add(float64(len(foreign)))
		if len(own) > 0 {
			sample(site, m.Header.Get(HeaderDatabase), own)
		}
	case "health":
		var hb Health
		if err := json.Unmarshal(m.Data, &hb); err != nil || hb.Site != site {
			dropped.Inc()
			return
		}
		health(hb)
	}
}
