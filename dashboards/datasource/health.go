package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// CheckHealth says whether the hub answers, lets this data source in and is
// new enough, and otherwise what to do. Nothing that was kept is believed.
func (d *Datasource) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	text, err := d.checkup(ctx)
	if err == nil {
		return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: text}, nil
	}
	_, why := d.explain(err)
	details, jsonErr := json.Marshal(map[string]string{"verboseMessage": err.Error()})
	if jsonErr != nil {
		return nil, jsonErr
	}
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: why, JSONDetails: details}, nil
}

// tooOld is a hub whose API is not enough.
type tooOld struct{ api.Info }

// Error says which API it has.
func (e tooOld) Error() string {
	return fmt.Sprintf("hub %s has API %d, needs %d", e.Version, e.API, needs)
}

func (d *Datasource) checkup(ctx context.Context) (string, error) {
	if d.wrong != nil {
		return "", d.wrong
	}
	v, err := hubapi.GetFor[api.Info](ctx, d.hub, "/api/v1/version", nil, 0)
	if err != nil {
		return "", err
	}
	if v.API < needs {
		return "", tooOld{v}
	}
	park, err := hubapi.GetFor[hubapi.Park](ctx, d.hub, "/api/v1/park", nil, 0)
	if err != nil {
		return "", err
	}
	sum := sumSites(park.Sites)
	text := d.say.f("health.nosample", v.Version, v.API, len(park.Sites))
	if a := age(park.At, sum.newest); a != nil {
		text = d.say.f("health.ok", v.Version, v.API, len(park.Sites), (time.Duration(*a) * time.Second).String())
	}
	if !park.Store.Up {
		text += " " + d.say.f("note.store")
	}
	return text, nil
}
