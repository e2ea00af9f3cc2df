package simulators

import (
	"context"
	"fmt"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/internal/rollup"
	"github.com/cpas-charleroi/gtc/rules/energy"
)

const (
	// recordBytes is the size of one write of a record.
	recordBytes = 1 << 20
	// meanSpan is the time of which the hub takes the mean of a temperature.
	meanSpan = 10 * time.Minute
	// tellAfter is after how many steps progress is told.
	tellAfter = 96
)

// Record says what of the history of a site is made.
type Record struct {
	// From and To limit the hours and days; To is not included.
	From, To time.Time
	// RawFrom is the instant from which the single values are given too; a
	// zero RawFrom gives all of them.
	RawFrom time.Time
	// Step is the time between two readings, 15 minutes when 0.
	Step time.Duration
	// Write takes lines of one database and says how many field values they
	// hold. The lines are used again after it returns.
	Write func(db influx.Database, lines []byte, values int) error
	// Passed, when set, is told how many steps were made since it was last told.
	Passed func(steps int)
}

// Record gives r.Write what the database would hold if collectors and hub had
// always been there: the raw samples that the collectors of the site would
// have read, and the hours and days of meters and weather that the hub would
// have made of them. Points of privacy class 2 and 3 are left out. The state
// of the site is computed once a step. Record may run beside the live park.
func (p *Park) Record(ctx context.Context, id gtc.SiteID, r Record) error {
	_, err := p.record(ctx, id, r)
	return err
}

func (p *Park) record(ctx context.Context, id gtc.SiteID, r Record) (*recorder, error) {
	s, err := p.site(id)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", id, err)
	}
	if r.Step == 0 {
		r.Step = 15 * time.Minute
	}
	if r.Step < 0 {
		return nil, fmt.Errorf("record %s: a step of %s", id, r.Step)
	}
	rec := s.recorder(r)
	if err := rec.steps(ctx); err != nil {
		return nil, fmt.Errorf("record %s: %w", id, err)
	}
	if err := rec.rollup(); err != nil {
		return nil, fmt.Errorf("record %s: %w", id, err)
	}
	return rec, nil
}

func (p *Park) site(id gtc.SiteID) (*site, error) {
	if len(p.sites) == 0 {
		return nil, ErrNotStarted
	}
	for _, s := range p.sites {
		if s.cfg.ID == id {
			return s, nil
		}
	}
	return nil, errNoSite
}

// recorder makes one record.
type recorder struct {
	Record
	site    *site
	devices []recorded
	meters  []*indices
	// outdoor are the temperatures of the site's weather station, when it has
	// one.
	outdoor []energy.TempReading

	samples []gtc.Sample // of one request
	lines   []byte
	values  int
}

// recorded is a device and which of its readings are kept.
type recorded struct {
	*device
	// stamps tells that the device gives its values a time of its own.
	stamps bool
	public []*reading
	// index and outdoor are the readings that rollups are made of.
	index   map[int]*indices
	outdoor int // -1 when none
}

// indices are the readings of one meter.
type indices struct {
	meter    gtc.Meter
	reading  *reading
	readings []energy.Reading
}

func (s *site) recorder(r Record) *recorder {
	rec := &recorder{Record: r, site: s, lines: make([]byte, 0, recordBytes+64<<10)}
	private := map[gtc.EquipmentID]bool{}
	for _, e := range s.cfg.Equipment {
		private[e.ID] = e.Privacy.Private()
	}
	meters := s.cfg.Domain().Meters
	for _, d := range s.devices {
		out := recorded{device: d, stamps: stampsItself(d.profile), index: map[int]*indices{}, outdoor: -1}
		for i := range d.readings {
			x := &d.readings[i]
			if x.series.Equipment != "" && !private[x.series.Equipment] {
				out.public = append(out.public, x)
			}
			if x.series.Equipment == s.cfg.WeatherEquipment && x.series.Point == "air_temp" && s.cfg.WeatherStation != "" {
				out.outdoor = i
			}
			for _, m := range meters {
				if m.Equipment == x.series.Equipment && m.Point == x.series.Point {
					out.index[i] = &indices{meter: m, reading: x}
					rec.meters = append(rec.meters, out.index[i])
				}
			}
		}
		rec.devices = append(rec.devices, out)
	}
	return rec
}

// steps follows the course of the site.
func (rec *recorder) steps(ctx context.Context) error {
	course := rec.site.lane()
	n := 0
	tell := func() {
		if rec.Passed != nil && n > 0 {
			rec.Passed(n)
		}
		n = 0
	}
	defer tell()
	for at := rec.From.UTC().Truncate(time.Millisecond); at.Before(rec.To); at = at.Add(rec.Step) {
		now := course.at(at)
		for i := range rec.devices {
			if !rec.devices[i].silent(at) {
				rec.read(&rec.devices[i], at, &now)
			}
		}
		if len(rec.lines) >= recordBytes {
			if err := rec.flush(influx.Raw); err != nil {
				return err
			}
		}
		if n++; n == tellAfter {
			tell()
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return rec.flush(influx.Raw)
}

// read takes what a device shows at an instant.
func (rec *recorder) read(d *recorded, at time.Time, now *instant) {
	stamp := at
	if d.stamps {
		// A clock that is ahead is not believed: the instant of reception holds.
		stamp = at.Add(min(d.clockOff(at), 0))
	}
	if !at.Before(rec.RawFrom) {
		rec.raw(d, stamp, now)
	}
	for i, m := range d.index {
		if v := d.readings[i].read(now); v.Present() {
			m.readings = append(m.readings, energy.Reading{At: stamp, Index: v.Num})
		}
	}
	if d.outdoor >= 0 {
		if v := d.readings[d.outdoor].read(now); v.Present() {
			rec.outdoor = append(rec.outdoor, energy.TempReading{At: stamp.Truncate(meanSpan), C: v.Num})
		}
	}
}

// raw adds the lines of one request.
func (rec *recorder) raw(d *recorded, at time.Time, now *instant) {
	rec.samples = rec.samples[:0]
	for _, r := range d.public {
		if v := r.read(now); v.Present() {
			rec.samples = append(rec.samples, gtc.Sample{Series: r.series, At: at, Value: v, Quality: gtc.QualityGood})
		}
	}
	rec.values += len(rec.samples)
	rec.lines = influx.AppendSamples(rec.lines, rec.samples)
}

// rollup makes hours and days of what was read.
func (rec *recorder) rollup() error {
	loc := rec.site.location
	for _, m := range rec.meters {
		hours := energy.Hours(m.meter, m.readings, rec.From, rec.To)
		if err := rec.intervals(m.meter, rollup.StepHour, hours); err != nil {
			return err
		}
		if err := rec.intervals(m.meter, rollup.StepDay, energy.Days(hours, loc)); err != nil {
			return err
		}
	}
	for _, d := range energy.TemperatureDays(rec.outdoor, loc) {
		rec.lines = rollup.AppendTempDay(rec.lines, rec.site.cfg.WeatherStation, d)
		rec.values += 8
	}
	return rec.flush(influx.Rollup)
}

func (rec *recorder) intervals(m gtc.Meter, step string, intervals []energy.Interval) error {
	for _, iv := range intervals {
		rec.lines = rollup.AppendInterval(rec.lines, rec.site.cfg.ID, m, step, iv, nil)
		rec.values += 2 // coverage and source
		if m.KWhPerUnit > 0 {
			rec.values++
		}
		if iv.Volume != 0 || m.KWhPerUnit == 0 {
			rec.values++
		}
		if len(rec.lines) >= recordBytes {
			if err := rec.flush(influx.Rollup); err != nil {
				return err
			}
		}
	}
	return nil
}

func (rec *recorder) flush(db influx.Database) error {
	if len(rec.lines) == 0 {
		return nil
	}
	err := rec.Write(db, rec.lines, rec.values)
	rec.lines, rec.values = rec.lines[:0], 0
	return err
}
