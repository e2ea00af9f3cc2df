package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/bus"
)

// queueOf is what the edge of a site took: the lines of its stream of samples,
// later ones over earlier ones, and the ids of its events.
type queueOf struct {
	points Points
	events []string
	// whole tells that nothing was discarded: an edge whose disk is full gives
	// up what the hub has taken.
	whole bool
}

// drain starts the bus of every edge once more, without any source, lets the
// hub pull what is left, and returns what each edge ever took.
func (w *World) drain(ctx context.Context, patience time.Duration) ([]queueOf, error) {
	edges := make([]*bus.Edge, w.o.Sites)
	defer func() {
		for _, e := range edges {
			if e != nil {
				e.Close()
			}
		}
	}()
	for i := range edges {
		var err error
		if edges[i], err = bus.StartEdge(ctx, bus.EdgeOptions{
			Site: gtc.SiteID(SiteName(i)), Dir: filepath.Join(w.o.Dir, "edge", SiteName(i)),
			HubURL: "tls://" + w.links[i].Addr(), Password: passwordOf(SiteName(i)), CAFile: w.o.CAFile, Log: zerolog.Nop(),
		}); err != nil {
			return nil, err
		}
	}
	for i, e := range edges {
		if err := await(ctx, patience, func() bool {
			n, err := e.Queued(ctx)
			return err == nil && n == 0
		}); err != nil {
			n, _ := e.Queued(ctx)
			return nil, fmt.Errorf("wait for the hub to take the rest of %s, %d messages: %w", SiteName(i), n, err)
		}
	}
	out := make([]queueOf, len(edges))
	for i, e := range edges {
		var err error
		if out[i], err = readQueue(ctx, e); err != nil {
			return nil, fmt.Errorf("read queue of %s: %w", SiteName(i), err)
		}
	}
	return out, nil
}

func readQueue(ctx context.Context, e *bus.Edge) (queueOf, error) {
	q := queueOf{points: Points{}}
	js, err := jetstream.New(e.Conn())
	if err != nil {
		return q, err
	}
	s, err := js.Stream(ctx, bus.StreamSamples)
	if err != nil {
		return q, err
	}
	q.whole = s.CachedInfo().State.FirstSeq <= 1
	err = readStream(ctx, js, bus.StreamSamples, func(m jetstream.Msg) error { return q.points.add(m.Data()) })
	if err != nil {
		return q, err
	}
	err = readStream(ctx, js, bus.StreamEvents, func(m jetstream.Msg) error {
		q.events = append(q.events, eventID(m.Data()))
		return nil
	})
	return q, err
}

func eventID(data []byte) string {
	var e struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(data, &e) // one without id is found to be lost
	return e.ID
}

// readStream hands over every message of a stream.
func readStream(ctx context.Context, js jetstream.JetStream, stream string, each func(jetstream.Msg) error) error {
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	info, err := c.Info(ctx)
	if err != nil {
		return err
	}
	for left := info.NumPending; left > 0; left-- {
		m, err := c.Next(jetstream.FetchMaxWait(10 * time.Second))
		if err != nil {
			return fmt.Errorf("%d messages before the end of %s: %w", left, stream, err)
		}
		if err := each(m); err != nil {
			return err
		}
	}
	return nil
}

// add takes lines of line protocol with millisecond stamps.
func (p Points) add(lines []byte) error {
	dec := lineprotocol.NewDecoderWithBytes(lines)
	for dec.Next() {
		m, err := dec.Measurement()
		if err != nil {
			return err
		}
		key := slices.Clone(m) // it lies in the decoder
		for {
			k, v, err := dec.NextTag()
			if err != nil {
				return err
			}
			if k == nil {
				break
			}
			key = fmt.Appendf(key, ",%s=%s", k, v) // sorted, as the edge writes them
		}
		fields := map[string]string{}
		for {
			k, v, err := dec.NextField()
			if err != nil {
				return err
			}
			if k == nil {
				break
			}
			fields[string(k)] = textOf(v.Interface())
		}
		at, err := dec.Time(lineprotocol.Millisecond, time.Time{})
		if err != nil {
			return err
		}
		p.merge(fmt.Sprintf("%s %d", key, at.UnixMilli()), fields)
	}
	return nil
}

func (p Points) merge(key string, fields map[string]string) {
	if p[key] == nil {
		p[key] = fields
		return
	}
	maps.Copy(p[key], fields)
}

func textOf(v any) string {
	switch v := v.(type) {
	case float64:
		return number(v)
	case int64:
		return number(float64(v))
	case uint64:
		return number(float64(v))
	case json.Number:
		f, _ := v.Float64() // is one
		return number(f)
	case string:
		return `"` + v + `"`
	default:
		return fmt.Sprint(v)
	}
}

// table is a part of a series in InfluxDB's answer. The harness reads with a
// few lines of its own: what the program under test reads with is under test.
type table struct {
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags"`
	Columns []string          `json:"columns"`
	Values  [][]any           `json:"values"`
}

func (w *World) query(ctx context.Context, q string, each func(table)) error {
	form := url.Values{"db": {"gtc"}, "q": {q}, "epoch": {"ms"}, "chunked": {"true"}, "chunk_size": {"5000"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.influxURL()+"/query", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	dec := json.NewDecoder(resp.Body)
	dec.UseNumber()
	for {
		var part struct {
			Error   string `json:"error"`
			Results []struct {
				Series []table `json:"series"`
				Error  string  `json:"error"`
			} `json:"results"`
		}
		if err := dec.Decode(&part); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("query %s: %w", q, err)
		}
		for _, r := range part.Results {
			part.Error += r.Error
			for _, s := range r.Series {
				each(s)
			}
		}
		if part.Error != "" {
			return fmt.Errorf("query %s: %s", q, part.Error)
		}
	}
}

// ofHub is the device under which the hub itself says, in the measurement
// collector, how late a site is.
const ofHub = "edge"

// stored is what InfluxDB has of a site in the measurements that an edge
// writes, and the rows of its two devices.
func (w *World) stored(ctx context.Context, site int, measurements []string) (Points, map[string][]Row, error) {
	points, rows := Points{}, map[string][]Row{}
	for _, m := range measurements {
		q := fmt.Sprintf(`SELECT * FROM %q WHERE "site"='%s' GROUP BY *`, m, SiteName(site))
		err := w.query(ctx, q, func(t table) {
			if t.Tags["device"] == ofHub {
				return
			}
			key := []byte(t.Name)
			for _, k := range sortedTags(t.Tags) {
				key = fmt.Appendf(key, ",%s=%s", k, t.Tags[k])
			}
			for _, v := range t.Values {
				at, _ := v[0].(json.Number).Int64() // epoch=ms
				fields := map[string]string{}
				row := Row{At: at, Fields: map[string]float64{}}
				for i, c := range t.Columns {
					if i == 0 || v[i] == nil {
						continue
					}
					fields[c] = textOf(v[i])
					if n, ok := v[i].(json.Number); ok {
						row.Fields[c], _ = n.Float64() // is one
					}
				}
				points.merge(fmt.Sprintf("%s %d", key, at), fields)
				if t.Name == Measurement {
					rows[t.Tags["equipment"]] = append(rows[t.Tags["equipment"]], row)
				}
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return points, rows, nil
}

func sortedTags(tags map[string]string) []string {
	var out []string
	for k, v := range tags {
		if v != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// rowsStored returns how many messages of a publisher InfluxDB has.
func (w *World) rowsStored(ctx context.Context, site int) (int, error) {
	n := 0
	q := fmt.Sprintf(`SELECT count(%q) FROM %q WHERE "site"='%s' AND "equipment"='%s'`, Fields()[0], Measurement, SiteName(site), Publisher)
	err := w.query(ctx, q, func(t table) {
		for _, v := range t.Values {
			c, _ := v[1].(json.Number).Int64() // a count
			n += int(c)
		}
	})
	return n, err
}

// hubHas reads what the hub kept, after its end: the ids of each site's
// events, and the reasons of what was rejected.
func (w *World) hubHas(ctx context.Context) (events map[string][]string, rejected []string, err error) {
	sites := map[gtc.SiteID]string{}
	for i := range w.o.Sites {
		sites[gtc.SiteID(SiteName(i))] = passwordOf(SiteName(i))
	}
	h, err := bus.StartHub(ctx, bus.HubOptions{Dir: filepath.Join(w.o.Dir, "hub"), Sites: sites, Log: zerolog.Nop()})
	if err != nil {
		return nil, nil, err
	}
	defer h.Close()
	js, err := jetstream.New(h.Conn())
	if err != nil {
		return nil, nil, err
	}
	events = map[string][]string{}
	err = readStream(ctx, js, bus.StreamEvents, func(m jetstream.Msg) error {
		site := strings.Split(m.Subject(), ".")[1]
		events[site] = append(events[site], eventID(m.Data()))
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read events of the hub: %w", err)
	}
	err = readStream(ctx, js, bus.StreamRejected, func(m jetstream.Msg) error {
		rejected = append(rejected, fmt.Sprintf("%s: %s: %s", m.Subject(), m.Headers().Get(bus.HeaderReason), m.Data()))
		return nil
	})
	return events, rejected, err
}
