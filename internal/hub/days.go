package hub

import (
	"context"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/energy"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// StationDays returns the kept days of a weather station, in order.
func StationDays(ctx context.Context, db *influx.Client, station string, loc *time.Location) ([]energy.TempDay, error) {
	return history{db}.tempDays(ctx, station, time.Unix(0, 0), loc)
}

// MeterDays returns the kept days of a meter before until with the
// temperatures given: what the energy rules of a running hub judge, read for
// those who replay them.
func MeterDays(ctx context.Context, db *influx.Client, site *gtc.Site, m gtc.Meter, temps []energy.TempDay, until time.Time) ([]baseline.Day, error) {
	days, err := history{db}.days(ctx, site, m, time.Unix(0, 0))
	if err != nil {
		return nil, err
	}
	return energy.Join(before(days, until), temps), nil
}
