package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/dashboards/console"
)

// testViewers: many viewers of one panel, whose clocks differ by fractions of
// a second, are few questions to the hub.
func testViewers(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", map[string]any{"cacheSeconds": 60})
	var wg sync.WaitGroup
	for viewer := range 50 {
		wg.Go(func() {
			end := c.at.Add(time.Duration(viewer) * 20 * time.Millisecond)
			got, err := d.QueryData(t.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
				{
					RefID: "A", Interval: time.Minute, TimeRange: backend.TimeRange{From: end.Add(-6 * time.Hour), To: end},
					JSON: json.RawMessage(`{"queryType":"points","points":["flow_temp"]}`),
				},
				{RefID: "B", JSON: json.RawMessage(`{"queryType":"sites"}`)},
			}})
			if err == nil {
				for _, r := range got.Responses {
					err = r.Error
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// Two ranges of a minute, because the viewers stand on both sides of one.
	require.LessOrEqual(t, d.hub.Asked(), uint64(3))
}

// packets takes what a stream sends.
type packets chan *data.Frame

// Send implements backend.StreamPacketSender.
func (p packets) Send(packet *backend.StreamPacket) error {
	var f data.Frame
	if err := json.Unmarshal(packet.Data, &f); err != nil {
		return err
	}
	p <- &f
	return nil
}

func (p packets) next(t *testing.T) *data.Frame {
	t.Helper()
	select {
	case f := <-p:
		return f
	case <-time.After(30 * time.Second):
		require.Fail(t, "nothing was sent")
		return nil
	}
}

// run runs a stream and returns what it sends, and its end.
func run(t *testing.T, d *Datasource, path string) (packets, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out := make(packets, 100)
	done := make(chan error, 1)
	go func() { done <- d.RunStream(ctx, &backend.RunStreamRequest{Path: path}, backend.NewStreamSender(out)) }()
	return out, func() {
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	}
}

// testStreams: points and alarms come as they change, a doubtful value as a
// gap, an ended alarm as normal.
func testStreams(t *testing.T, c *centre) {
	t.Helper()
	d := source(t, c.url, "", nil)
	points, stop := run(t, d, "points/dampremy/circuit-1")
	first := points.next(t)
	require.Equal(t, 1, first.Rows())
	names := map[string]int{}
	for i, f := range first.Fields {
		names[f.Name] = i
	}
	require.Contains(t, names, "flow_temp")
	require.Contains(t, names, "pump_run")
	require.Equal(t, "heating_circuit", first.Fields[names["flow_temp"]].Labels["kind"])
	points.next(t) // once more when the hub answers
	value := func(point string) *float64 {
		f := points.next(t)
		require.Len(t, f.Fields, len(first.Fields), "one shape for all frames of a stream")
		v, ok := f.Fields[names[point]].At(0).(*float64)
		require.True(t, ok)
		return v
	}
	at := c.at.Add(10 * time.Second).UnixMilli()
	c.publish(t, "dampremy", fmt.Appendf(nil, "heating_circuit,equipment=circuit-1,site=dampremy flow_temp=44.5 %d\n", at))
	require.InDelta(t, 44.5, *value("flow_temp"), 1e-9)
	c.publish(t, "dampremy", fmt.Appendf(nil, "point_quality,equipment=circuit-1,point=flow_temp,site=dampremy quality=\"comm_lost\" %d\n", at+1000))
	require.Nil(t, value("flow_temp"), "what is not to be trusted is a gap")
	stop()

	alarms, stop := run(t, d, "alarms/dampremy")
	f := alarms.next(t)
	require.Equal(t, "time", f.Fields[0].Name)
	require.Equal(t, 1, f.Rows())
	state := func(f *data.Frame) any {
		for _, field := range f.Fields {
			if field.Name == "state" {
				return field.At(0)
			}
		}
		return nil
	}
	require.Equal(t, "unacknowledged", state(f))
	require.NoError(t, c.hub.Act(t.Context(), console.Action{Kind: console.ActAcknowledge, Alarm: "dampremy/chaudiere/boiler_lockout", By: "garde"}))
	require.Equal(t, "acknowledged", state(alarms.next(t)))
	stop()

	testBrokenStream(t, c)
	for path, ok := range map[string]bool{
		"alarms": true, "alarms/dampremy": true, "points/dampremy/circuit-1": true, "points/dampremy/circuit-1/flow_temp": true,
		"points/dampremy": false, "points/dampremy/rien": false, "points/dampremy/logement": false, "points/x/y/z/a": false, "": false, "alarms/a/b": false,
		"points//circuit-1": false,
	} {
		got, err := d.SubscribeStream(t.Context(), &backend.SubscribeStreamRequest{Path: path})
		require.NoError(t, err)
		require.Equal(t, ok, got.Status == backend.SubscribeStreamStatusOK, path)
	}
}

// testBrokenStream cuts the line to the hub: the value that was shown is not
// known any more.
func testBrokenStream(t *testing.T, c *centre) {
	t.Helper()
	hub, err := url.Parse(c.url)
	require.NoError(t, err)
	line := httputil.NewSingleHostReverseProxy(hub)
	line.FlushInterval = -1
	front := httptest.NewServer(line)
	defer front.Close()
	at := c.at.Add(20 * time.Second).UnixMilli()
	c.publish(t, "dampremy", fmt.Appendf(nil, "point_quality,equipment=circuit-1,point=flow_temp,site=dampremy quality=\"good\" %d\n", at))
	c.publish(t, "dampremy", fmt.Appendf(nil, "heating_circuit,equipment=circuit-1,site=dampremy flow_temp=45.5 %d\n", at+1000))
	points, stop := run(t, source(t, front.URL, "", nil), "points/dampremy/circuit-1/flow_temp")
	defer stop()
	last := func() *float64 {
		f := points.next(t)
		v, ok := f.Fields[1].At(0).(*float64)
		require.True(t, ok)
		return v
	}
	last() // before it listens; then again when the hub answers
	for v := last(); v == nil || *v != 45.5; {
		v = last()
	}
	front.CloseClientConnections()
	for v := last(); v != nil; {
		v = last()
	}
}
