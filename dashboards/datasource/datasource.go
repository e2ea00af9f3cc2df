package datasource

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

const (
	// PluginID is the plugin's name in Grafana.
	PluginID = "cpas-gtc-datasource"
	// needs is the version of the hub's API without which the plugin cannot
	// answer.
	needs = 2
	// catalogueKept is how long the list of what there is is held.
	catalogueKept = time.Minute
	// atOnce is how many queries of one request are answered at the same time.
	atOnce = 4
)

// Datasource is one configured data source of Grafana.
type Datasource struct {
	hub *hubapi.Client
	// wrong is why there is no hub to ask.
	wrong error
	uid   string
	say   texts
	now   func() time.Time
}

var (
	_ backend.QueryDataHandler      = (*Datasource)(nil)
	_ backend.CheckHealthHandler    = (*Datasource)(nil)
	_ backend.CallResourceHandler   = (*Datasource)(nil)
	_ backend.StreamHandler         = (*Datasource)(nil)
	_ instancemgmt.InstanceDisposer = (*Datasource)(nil)
)

// New makes a data source of what is configured in Grafana. Settings that
// cannot be used are told by the health check and by every query.
func New(ctx context.Context, in backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	s, err := readSettings(in)
	say, broken := newTexts(s.Language)
	if broken != nil {
		return nil, broken
	}
	d := &Datasource{uid: in.UID, say: say, now: time.Now}
	if err == nil {
		d.hub, err = s.client(ctx, in)
	}
	d.wrong = err
	return d, nil
}

// Dispose ends what the data source holds open.
func (d *Datasource) Dispose() {
	if d.hub != nil {
		d.hub.Close()
	}
}

// QueryData answers queries of panels, of alert rules and of Explore alike.
func (d *Datasource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	answers := make([]backend.DataResponse, len(req.Queries))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i := range req.Queries {
		g.Go(func() error {
			answers[i] = d.answer(ctx, req.Queries[i])
			return nil
		})
	}
	_ = g.Wait() // what fails is in its answer
	out := backend.NewQueryDataResponse()
	for i := range req.Queries {
		out.Responses[req.Queries[i].RefID] = answers[i]
	}
	return out, nil
}

// answer answers one query; a fault of ours fails it alone.
func (d *Datasource) answer(ctx context.Context, q backend.DataQuery) (out backend.DataResponse) {
	defer func() {
		if fault := recover(); fault != nil {
			log.DefaultLogger.Error("query failed", "fault", fault, "queryType", q.QueryType, "stack", string(debug.Stack()))
			out = d.failed(fmt.Errorf("%v", fault))
		}
	}()
	frames, err := d.frames(ctx, q)
	why := ""
	if empty := d.absent(ctx, q, err); empty != nil {
		frames, err, why = empty, nil, empty[0].Meta.Notices[0].Text
	}
	if err == nil {
		err = d.pick(q.JSON, frames)
	}
	if err != nil {
		out = d.failed(err)
		out.Frames = d.nameless(q.JSON)
		return out
	}
	return backend.DataResponse{Frames: d.sayNone(q.JSON, frames, why), Status: backend.StatusOK}
}

func (d *Datasource) frames(ctx context.Context, raw backend.DataQuery) (data.Frames, error) {
	if d.wrong != nil {
		return nil, d.wrong
	}
	q, err := d.parse(raw)
	if err != nil {
		return nil, err
	}
	switch q.QueryType {
	case "points":
		return d.points(ctx, q)
	case "values":
		return d.values(ctx, q)
	case "energy":
		return d.energy(ctx, q)
	case "findings":
		return d.findings(ctx, q)
	case "alarms":
		return d.alarms(ctx, q)
	case "sites":
		return d.sites(ctx, q)
	case "collectors":
		return d.collectors(ctx, q)
	case "works", "portfolio", "carbon":
		return d.records(ctx, q)
	case "annotations":
		return d.annotations(ctx, q)
	case "variable":
		return d.variable(ctx, q)
	}
	return nil, badQuery{"queryType", q.QueryType}
}

// badQuery is a query that makes no sense.
type badQuery struct{ what, value string }

// Error names the part of the query.
func (e badQuery) Error() string { return fmt.Sprintf("query: %s: cannot use %q", e.what, e.value) }

// errNothing is a query that matches nothing there is.
var errNothing = errors.New("nothing matches")

// failed is the answer for an error: its status, where it comes from, and what
// to do.
func (d *Datasource) failed(err error) backend.DataResponse {
	status, text := d.explain(err)
	out := backend.DataResponse{Error: errors.New(text), Status: backend.Status(status), ErrorSource: backend.ErrorSourceDownstream}
	// What the hub itself could not do is not the plugin's fault either.
	if _, ofHub := errors.AsType[*hubapi.Error](err); status == 500 && !ofHub {
		out.ErrorSource = backend.ErrorSourcePlugin
	}
	return out
}

// explain says in words what an error is and how to mend it.
func (d *Datasource) explain(err error) (status int, text string) {
	var hub *hubapi.Error
	var bad badQuery
	var old tooOld
	switch {
	case errors.As(err, &old):
		return 501, d.say.f("health.older", old.Version, old.API, needs)
	case errors.As(err, &bad):
		return 400, d.say.f("err.query", bad.what, bad.value)
	case errors.Is(err, errNothing):
		return 404, d.say.f("err.nothing")
	case errors.Is(err, hubapi.ErrAddress):
		return 400, d.say.f("err.address")
	case errors.As(err, &hub):
		return hub.Status, d.explainHub(hub)
	case errors.Is(err, context.Canceled):
		return 499, d.say.f("err.canceled")
	case d.wrong != nil && errors.Is(err, d.wrong):
		return 400, d.say.f("err.settings", err.Error())
	}
	return 500, d.say.f("err.plugin", err.Error())
}

func (d *Datasource) explainHub(e *hubapi.Error) string {
	cause := ""
	if e.Err != nil {
		cause = rootCause(e.Err)
	}
	switch e.Why {
	case hubapi.Refused:
		return e.Detail
	case hubapi.Older:
		return d.say.f("err.older", needs)
	case hubapi.Away, hubapi.Certificate, hubapi.NoHub:
		return d.say.f("err."+string(e.Why), e.Address, cause)
	case hubapi.Slow:
		return d.say.f("err.slow", e.Address)
	case hubapi.NoToken, hubapi.WrongToken, hubapi.Often, hubapi.TooLong, hubapi.Canceled:
	}
	return d.say.f("err." + string(e.Why))
}

// rootCause is the innermost text of an error: what a person can act upon.
func rootCause(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// catalogue is what there is, held for a while.
func (d *Datasource) catalogue(ctx context.Context) (api.Catalogue, error) {
	return hubapi.GetFor[api.Catalogue](ctx, d.hub, "/api/v1/catalogue", nil, catalogueKept)
}
