package simulators

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// ReplaySite is the id of the site that plays recorded days.
const ReplaySite gtc.SiteID = "rejeu"

const (
	// replayGasKWh is what one m³ is worth on the replayed meter; with the
	// counter's 0.01 m³ a day is exact to 0.1 kWh.
	replayGasKWh = 10.0
	// replayLive is how much of the file is played live, in months.
	replayLive = 14
	// replayBaseline is the length of the baseline period in days.
	replayBaseline = 365
)

// ErrTooShort says that a file has no year before the part played live.
var ErrTooShort = errors.New("too few days to replay")

// Replay is a site whose gas meter and outdoor sensor play recorded days. The
// index rises evenly within each day, the temperature is the day's mean all
// day, so that daily totals and means are exactly those of the file. The days
// are shifted by a whole number of weeks, so that the last one is between one
// and seven days ago and weekdays keep their place.
type Replay struct {
	cfg *config.Site
	loc *time.Location
	// starts holds the first instant of each day and, last, the end of the
	// last; index the meter's value at each.
	starts []time.Time
	index  []float64
	temps  []float64
	// missing marks days that the file does not have.
	missing []bool
	live    time.Time
}

// ReplayOptions say how recorded days are placed in time.
type ReplayOptions struct {
	// Now is the present; the last day played lies before it.
	Now time.Time
	// TimeZone of the days, Europe/Brussels when empty.
	TimeZone string
	// Address (host:port) of the Modbus server, 127.0.0.1:0 when empty: the
	// kernel chooses.
	Address string
}

// NewReplay places recorded days, oldest first, in time and makes the site
// that plays them. On a day that is not among them the devices do not answer.
func NewReplay(days []Day, o ReplayOptions) (*Replay, error) {
	if o.TimeZone == "" {
		o.TimeZone = "Europe/Brussels"
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	loc, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("replay days: %w", err)
	}
	if len(days) < replayBaseline+30 {
		return nil, fmt.Errorf("replay %d days: %w", len(days), ErrTooShort)
	}
	r := &Replay{loc: loc}
	if err := r.place(days, o.Now); err != nil {
		return nil, err
	}
	r.cfg = r.site(o)
	return r, nil
}

// place shifts the days and sums the index.
func (r *Replay) place(days []Day, now time.Time) error {
	y, m, d := now.In(r.loc).Date()
	yesterday := time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC)
	last := days[len(days)-1].Date
	weeks := int(math.Floor(yesterday.Sub(last).Hours() / 24 / 7))
	sum, next := 100.0, days[0].Date
	for _, day := range days {
		if day.Date.Before(next) {
			return fmt.Errorf("replay days: %s comes twice or too late", day.Date.Format(time.DateOnly))
		}
		for ; next.Before(day.Date); next = next.AddDate(0, 0, 1) {
			r.add(next.AddDate(0, 0, 7*weeks), sum, day.Temperature, true)
		}
		r.add(next.AddDate(0, 0, 7*weeks), sum, day.Temperature, false)
		sum += max(day.KWh, 0) / replayGasKWh
		next = next.AddDate(0, 0, 1)
	}
	end := days[len(days)-1].Date.AddDate(0, 0, 7*weeks+1)
	r.starts = append(r.starts, r.midnight(end))
	r.index = append(r.index, sum)
	r.live = r.midnight(end.AddDate(0, -replayLive, 0))
	if r.live.Before(r.starts[0]) {
		r.live = r.starts[0]
	}
	return nil
}

func (r *Replay) add(day time.Time, index, temp float64, missing bool) {
	r.starts = append(r.starts, r.midnight(day))
	r.index = append(r.index, index)
	r.temps = append(r.temps, temp)
	r.missing = append(r.missing, missing)
}

// silent reports whether t lies on a day that the file does not have.
func (r *Replay) silent(t time.Time) bool {
	i := r.day(t)
	return i >= 0 && i < len(r.missing) && r.missing[i]
}

// day returns the number of the day that holds t, −1 before the first and
// the number of days after the last.
func (r *Replay) day(t time.Time) int {
	return sort.Search(len(r.starts), func(i int) bool { return r.starts[i].After(t) }) - 1
}

func (r *Replay) midnight(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, r.loc).UTC()
}

// From returns the first instant of the first day.
func (r *Replay) From() time.Time { return r.starts[0] }

// Live returns the instant from which the days are to be played rather than
// written as history: 14 months before the end, so that a year of baseline
// lies before it when the file holds enough.
func (r *Replay) Live() time.Time { return r.live }

// End returns the first instant after the last day.
func (r *Replay) End() time.Time { return r.starts[len(r.starts)-1] }

// Site returns the configuration of the replayed site, always the same one.
// Its connection has the server's address once the park has started.
func (r *Replay) Site() *config.Site { return r.cfg }

// At returns the meter and the outdoor sensor at t. Before the first and
// after the last day the index stands still.
func (r *Replay) At(t time.Time) building.State {
	s := building.State{At: t}
	n := len(r.temps)
	i := r.day(t)
	switch {
	case i < 0:
		s.GasM3, s.OutdoorTemp = r.index[0], r.temps[0]
	case i >= n:
		s.GasM3, s.OutdoorTemp = r.index[n], r.temps[n-1]
	default:
		length := r.starts[i+1].Sub(r.starts[i])
		share := float64(t.Sub(r.starts[i])) / float64(length)
		s.GasM3 = r.index[i] + share*(r.index[i+1]-r.index[i])
		s.GasM3h = (r.index[i+1] - r.index[i]) / length.Hours()
		s.OutdoorTemp = r.temps[i]
	}
	s.OutdoorSensorTemp = s.OutdoorTemp
	return s
}

func (r *Replay) site(o ReplayOptions) *config.Site {
	first := r.starts[0].In(r.loc)
	baseline := first.Format(time.DateOnly) + ".." + first.AddDate(0, 0, replayBaseline-1).Format(time.DateOnly)
	label := gtc.Label{"fr": "Bâtiment rejoué", "nl": "Herspeeld gebouw", "en": "Replayed building"}
	return &config.Site{
		File: "sites/" + string(ReplaySite) + ".yaml", ID: ReplaySite, Label: label,
		Category: gtc.CategoryOther, TimeZone: o.TimeZone,
		WeatherStation: string(ReplaySite), WeatherEquipment: "meteo",
		Connections: []config.Connection{{ID: "chaufferie", URL: "modbus://" + o.Address, Timeout: 2 * time.Second}},
		Equipment: []config.Equipment{
			{ID: "gaz", Kind: gtc.KindGasMeter, Label: gtc.Label{"fr": "Compteur gaz", "nl": "Gasmeter", "en": "Gas meter"}},
			{ID: "meteo", Kind: gtc.KindWeather, Label: gtc.Label{"fr": "Sonde extérieure", "nl": "Buitenvoeler", "en": "Outdoor sensor"}},
		},
		Devices: []config.Device{
			{ID: "impulsions", Connection: "chaufferie", Profile: "wb-mcm8", Unit: 2, Equipment: map[string]gtc.EquipmentID{"meter": "gaz"}},
			{ID: "regulateur", Connection: "chaufferie", Profile: "danfoss-ecl310-a247", Unit: 254, Equipment: map[string]gtc.EquipmentID{"outdoor": "meteo"}},
		},
		Meters: []config.Meter{{
			Equipment: "gaz", Point: "volume_m3", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport,
			Label: gtc.Label{"fr": "Gaz", "nl": "Gas", "en": "Gas"}, KWhPerUnit: replayGasKWh, Baseline: baseline,
		}},
	}
}

// replay builds the simulation of a replayed site.
func (w world) replay(r *Replay) (*site, error) {
	s := &site{cfg: r.cfg, origin: w.origin, location: r.loc, fresh: func() course { return r }}
	if err := s.addDevices(w, shown{location: r.loc}); err != nil {
		return nil, err
	}
	for _, d := range s.devices {
		d.silent = r.silent
	}
	return s, nil
}
