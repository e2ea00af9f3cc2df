package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/bus"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/user"
)

// plugin is the built program, started as Grafana starts it.
type plugin struct {
	diagnostics grpcplugin.DiagnosticsClient
	data        grpcplugin.DataClient
	resource    grpcplugin.ResourceClient
	stream      grpcplugin.StreamClient
	cmd         *exec.Cmd
}

func startPlugin(t *testing.T) *plugin {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "gpx_gtc")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "../../cmd/gpx_gtc")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := exec.Command(bin) //nolint:noctx // the protocol's client ends it
	client := goplugin.NewClient(&goplugin.ClientConfig{
		// What Grafana says (pkg/plugins/backendplugin/grpcplugin).
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{},
			"data": &grpcplugin.DataGRPCPlugin{}, "stream": &grpcplugin.StreamGRPCPlugin{},
		}},
		Cmd: cmd, AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
	})
	t.Cleanup(client.Kill)
	rpc, err := client.Client()
	require.NoError(t, err)
	p := &plugin{cmd: cmd}
	var ok bool
	for name, take := range map[string]func(v any){
		"diagnostics": func(v any) { p.diagnostics, ok = v.(grpcplugin.DiagnosticsClient) },
		"data":        func(v any) { p.data, ok = v.(grpcplugin.DataClient) },
		"resource":    func(v any) { p.resource, ok = v.(grpcplugin.ResourceClient) },
		"stream":      func(v any) { p.stream, ok = v.(grpcplugin.StreamClient) },
	} {
		v, err := rpc.Dispense(name)
		require.NoError(t, err)
		take(v)
		require.True(t, ok, "%s is a %T", name, v)
	}
	return p
}

// configured is the data source as Grafana hands it over with each call.
func configured(t *testing.T, url, token string) *pluginv2.PluginContext {
	t.Helper()
	body, err := json.Marshal(map[string]any{"url": url})
	require.NoError(t, err)
	return backend.ToProto().PluginContext(backend.PluginContext{
		PluginID: PluginID, PluginVersion: "1.0.0",
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			UID: "gtc", Name: "GTC", Type: PluginID, JSONData: body,
			// Grafana says when the settings changed; what is kept of them ends with it.
			Updated:                 time.Unix(int64(len(token)), 0),
			DecryptedSecureJSONData: map[string]string{"token": token},
		},
	})
}

// testProtocol asks the real program what Grafana asks
// it, over the plugin protocol, with a service token.
func testProtocol(t *testing.T, c *centre) {
	t.Helper()
	secret, err := c.tokens.Create(t.Context(), user.Token{ID: "grafana", By: "test"}, c.at)
	require.NoError(t, err)
	p := startPlugin(t)
	ctx := configured(t, c.url, secret)

	health, err := p.diagnostics.CheckHealth(t.Context(), &pluginv2.CheckHealthRequest{PluginContext: ctx})
	require.NoError(t, err)
	require.Equal(t, pluginv2.CheckHealthResponse_OK, health.GetStatus(), health.GetMessage())
	require.Contains(t, health.GetMessage(), "GTC 1.2.3 (API 2)")

	health, err = p.diagnostics.CheckHealth(t.Context(), &pluginv2.CheckHealthRequest{PluginContext: configured(t, c.url, "gtc_wrong")})
	require.NoError(t, err)
	require.Equal(t, pluginv2.CheckHealthResponse_ERROR, health.GetStatus())
	require.Contains(t, health.GetMessage(), "gtc token create")

	metrics, err := p.diagnostics.CollectMetrics(t.Context(), &pluginv2.CollectMetricsRequest{PluginContext: ctx})
	require.NoError(t, err)
	require.NotEmpty(t, metrics.GetMetrics().GetPrometheus())

	answer, err := p.data.QueryData(t.Context(), &pluginv2.QueryDataRequest{PluginContext: ctx, Queries: []*pluginv2.DataQuery{
		{
			RefId: "A", MaxDataPoints: 100, IntervalMS: 600_000, Json: []byte(`{"queryType":"points","series":["dampremy/circuit-1/flow_temp"]}`),
			TimeRange: &pluginv2.TimeRange{FromEpochMS: c.at.Add(-time.Hour).UnixMilli(), ToEpochMS: c.at.UnixMilli()},
		},
		{
			RefId: "B", Json: []byte(`{"queryType":"sites","sites":["nulle-part"]}`),
			TimeRange: &pluginv2.TimeRange{FromEpochMS: c.at.Add(-time.Hour).UnixMilli(), ToEpochMS: c.at.UnixMilli()},
		},
	}})
	require.NoError(t, err)
	got, err := backend.FromProto().QueryDataResponse(answer)
	require.NoError(t, err)
	require.Equal(t, 6, got.Responses["A"].Frames[0].Rows())
	require.EqualValues(t, 404, answer.GetResponses()["B"].GetStatus())
	require.Equal(t, "downstream", answer.GetResponses()["B"].GetErrorSource())

	p.resources(t, ctx)
	p.streams(t, ctx, c)
}

// resources asks what the editor asks.
func (p *plugin) resources(t *testing.T, ctx *pluginv2.PluginContext) {
	t.Helper()
	for path, want := range map[string]string{
		"catalogue": `"dampremy"`, "variables?type=sites": "Espace citoyen de Dampremy", "tag-keys": "discipline", "tag-values?key=site": "gilly",
		"version": `"needs":2`, "variables?type=nothing": "message",
	} {
		name, _, _ := strings.Cut(path, "?")
		calls, err := p.resource.CallResource(t.Context(), &pluginv2.CallResourceRequest{PluginContext: ctx, Path: name, Method: "GET", Url: path})
		require.NoError(t, err)
		got, err := calls.Recv()
		require.NoError(t, err)
		require.Contains(t, string(got.GetBody()), want, path)
		code := int32(200)
		if want == "message" {
			code = 400
		}
		require.Equal(t, code, got.GetCode(), path)
	}
}

// streams listens to a point whose value comes from an edge over the bus.
func (p *plugin) streams(t *testing.T, pc *pluginv2.PluginContext, c *centre) {
	t.Helper()
	const path = "points/dampremy/circuit-1/flow_temp"
	sub, err := p.stream.SubscribeStream(t.Context(), &pluginv2.SubscribeStreamRequest{PluginContext: pc, Path: path})
	require.NoError(t, err)
	require.Equal(t, pluginv2.SubscribeStreamResponse_OK, sub.GetStatus())
	sub, err = p.stream.SubscribeStream(t.Context(), &pluginv2.SubscribeStreamRequest{PluginContext: pc, Path: "points/dampremy/logement/power_kw"})
	require.NoError(t, err)
	require.Equal(t, pluginv2.SubscribeStreamResponse_NOT_FOUND, sub.GetStatus(), "a dwelling is no stream")
	pub, err := p.stream.PublishStream(t.Context(), &pluginv2.PublishStreamRequest{PluginContext: pc, Path: path, Data: []byte("{}")})
	require.NoError(t, err)
	require.Equal(t, pluginv2.PublishStreamResponse_PERMISSION_DENIED, pub.GetStatus())

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	run, err := p.stream.RunStream(ctx, &pluginv2.RunStreamRequest{PluginContext: pc, Path: path})
	require.NoError(t, err)
	value := func() *float64 {
		packet, err := run.Recv()
		require.NoError(t, err)
		var f data.Frame
		require.NoError(t, json.Unmarshal(packet.GetData(), &f))
		require.Len(t, f.Fields, 2)
		v, ok := f.Fields[1].At(0).(*float64)
		require.True(t, ok)
		return v
	}
	require.NotNil(t, value(), "what is known when the stream begins")
	c.publish(t, "dampremy", fmt.Appendf(nil, "heating_circuit,equipment=circuit-1,site=dampremy flow_temp=61.5 %d\n", c.at.Add(time.Second).UnixMilli()))
	for {
		if v := value(); v != nil && *v > 61 {
			require.InDelta(t, 61.5, *v, 1e-9)
			return
		}
	}
}

// publish says samples to the hub as if they had come from a site.
func (c *centre) publish(t *testing.T, site string, lines []byte) {
	t.Helper()
	m := nats.NewMsg("in." + site + ".sample")
	m.Data = lines
	m.Header.Set(bus.HeaderFormat, bus.FormatLines)
	m.Header.Set(bus.HeaderDatabase, string(influx.Raw))
	require.NoError(t, c.bus.Conn().PublishMsg(m))
}
