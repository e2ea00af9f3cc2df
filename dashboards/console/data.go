package console

import (
	"context"

	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// DataModel answers the questions of programs about points and meters.
type DataModel interface {
	// Catalogue returns what can be asked for, nothing private.
	Catalogue(ctx context.Context) (api.Catalogue, error)
	// Points returns the history of several points: [ErrUnknown] when nothing
	// is selected or a series is not there, [ErrPrivate] when one is asked for
	// by name that is private, an [api.TooManyError] when there are too many.
	Points(ctx context.Context, q api.PointQuery) (api.Points, error)
	// Values returns what is known now of several points; errors as for Points.
	Values(ctx context.Context, q api.ValueQuery) (api.Values, error)
	// Consumption returns the steps of meters; [ErrUnknown] when none is
	// selected.
	Consumption(ctx context.Context, q api.EnergyQuery) (api.Consumption, error)
}

// RecordModel answers the questions of programs about what happened and about
// the collectors.
type RecordModel interface {
	// AlarmHistory returns the changes of alarms in a time, newest first.
	AlarmHistory(ctx context.Context, q api.HistoryQuery) (api.AlarmHistory, error)
	// Collectors returns every edge and its devices, the worst first.
	Collectors(ctx context.Context) (api.Collectors, error)
}
