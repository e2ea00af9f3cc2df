package console

import (
	"encoding/json"
	"net/http"
	"time"
)

// sendWithin is how long a receiver may keep a change waiting before its
// stream is given up; a page that lives comes back by itself.
const sendWithin = 10 * time.Second

// events streams changes as server-sent events: "change" with a [Change], and
// "beat" when nothing has changed for a while, so that silence means a fault.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return
	}
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()
	out := stream{w: w, c: http.NewResponseController(w)}
	asked := wantedOf(r.URL.Query())
	// Before the first word: whoever hears it asks for what is known, and must
	// miss no change after that.
	changes := s.model.Subscribe(r.Context())
	if out.send("retry: 3000\nevent: beat\ndata: {}\n\n") != nil {
		return
	}
	beat := time.NewTicker(s.beat)
	defer beat.Stop()
	for {
		text := "event: beat\ndata: {}\n\n"
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
		case c, ok := <-changes:
			if !ok {
				return
			}
			if c, ok = asked.pass(c); !ok {
				continue
			}
			text = s.event(c)
		}
		if text != "" && out.send(text) != nil {
			return
		}
	}
}

// event writes a change without its private values, "" when nothing is left.
func (s *server) event(c Change) string {
	had := len(c.Values) > 0
	c.Values = publicValues(c.Values)
	if had && len(c.Values) == 0 {
		return ""
	}
	body, err := json.Marshal(c)
	if err != nil {
		s.log.Error().Err(err).Str("site", string(c.Site)).Msg("change not sent")
		return ""
	}
	return "event: change\ndata: " + string(body) + "\n\n"
}

// stream writes to one receiver and gives up on one that does not read.
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (s stream) send(text string) error {
	// A server without deadlines (a test's recorder) is not an error.
	_ = s.c.SetWriteDeadline(time.Now().Add(sendWithin))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.c.Flush()
}
