package works

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Day is a civil date of a site, written 2026-01-31; "" is no date. Days
// compare as texts.
type Day string

// DayOf returns the date of an instant in its own location.
func DayOf(t time.Time) Day { return Day(t.Format(time.DateOnly)) }

// Time returns midnight at the start of the day, zero for no date.
func (d Day) Time(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Next returns the day after, "" for no date.
func (d Day) Next() Day {
	if d == "" {
		return ""
	}
	return DayOf(d.Time(time.UTC).AddDate(0, 0, 1))
}

// UnmarshalText accepts a date or nothing.
func (d *Day) UnmarshalText(text []byte) error {
	if len(text) > 0 {
		if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
			return fmt.Errorf("%q is not a date like 2026-01-31", text)
		}
	}
	*d = Day(text)
	return nil
}

// Kind is what an entry is about.
type Kind string

// The kinds of entries.
const (
	// Works are works on the building or its plant, whose effect is measured.
	Works Kind = "works"
	// Occupancy is a change of how many people use it.
	Occupancy Kind = "occupancy"
	// Equipment is a consumer that came or went.
	Equipment Kind = "equipment"
	// Calendar is a change of hours or a closure.
	Calendar Kind = "calendar"
	// StaticFactor is a change of what the baseline takes for granted: heated
	// area, beds, set point.
	StaticFactor Kind = "static_factor"
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Works, Occupancy, Equipment, Calendar, StaticFactor} }

// Adjustment is a non-routine adjustment of what is expected: one of the two
// sizes, with who decided it and why.
type Adjustment struct {
	// KWhPerDay is added to every day, Pct is in per cent of what is expected;
	// negative when less is expected.
	KWhPerDay float64   `json:"kwh_per_day,omitempty" yaml:"kwh_per_day,omitempty"`
	Pct       float64   `json:"pct,omitempty" yaml:"pct,omitempty"`
	Reason    string    `json:"reason" yaml:"reason"`
	By        string    `json:"by" yaml:"by"`
	At        time.Time `json:"at" yaml:"at"`
}

// Stroke is that an entry was wrong: it has no effect any more.
type Stroke struct {
	By     string    `json:"by" yaml:"by"`
	At     time.Time `json:"at" yaml:"at"`
	Reason string    `json:"reason" yaml:"reason"`
}

// Entry is one thing that happened to a site.
type Entry struct {
	ID   string     `json:"id" yaml:"id"`
	Site gtc.SiteID `json:"site" yaml:"site"`
	// Meters are those it touches, all of the site when empty.
	Meters []gtc.EquipmentID `json:"meters,omitempty" yaml:"meters,omitempty"`
	Kind   Kind              `json:"kind" yaml:"kind"`
	// From is the first day, To the last, "" while it goes on.
	From Day `json:"from" yaml:"from"`
	To   Day `json:"to,omitempty" yaml:"to,omitempty"`
	// Description says what was done, CostEUR what it cost, VAT included (0 when
	// not said), ExpectedPct what it was to save, in per cent.
	Description string  `json:"description" yaml:"description"`
	CostEUR     float64 `json:"cost_eur,omitempty" yaml:"cost_eur,omitempty"`
	ExpectedPct float64 `json:"expected_saving_pct,omitempty" yaml:"expected_saving_pct,omitempty"`
	// Adjust changes what is expected of its days, nil for nothing.
	Adjust *Adjustment `json:"adjust,omitempty" yaml:"adjust,omitempty"`
	// By is who recorded it last, At when.
	By string    `json:"by" yaml:"by"`
	At time.Time `json:"at" yaml:"at"`
	// Struck is set when it was wrong.
	Struck *Stroke `json:"struck,omitempty" yaml:"struck,omitempty"`
}

// Open reports whether the entry goes on.
func (e Entry) Open() bool { return e.To == "" && e.Struck == nil }

// Touches reports whether the entry is about a meter and not struck.
func (e Entry) Touches(meter gtc.EquipmentID) bool {
	return e.Struck == nil && (len(e.Meters) == 0 || slices.Contains(e.Meters, meter))
}

// Covers reports whether the entry touches a meter on a day.
func (e Entry) Covers(meter gtc.EquipmentID, d Day) bool {
	return e.Touches(meter) && d >= e.From && (e.To == "" || d <= e.To)
}

// Model is a fitted baseline as it was when somebody moved it.
type Model struct {
	// From and To are its first and its last day.
	From Day    `json:"from,omitempty" yaml:"from,omitempty"`
	To   Day    `json:"to,omitempty" yaml:"to,omitempty"`
	Form string `json:"form,omitempty" yaml:"form,omitempty"`
	// Intercept is in kWh a day, Slope in kWh a day and degree below BalanceC.
	Intercept float64 `json:"intercept" yaml:"intercept"`
	Slope     float64 `json:"slope,omitempty" yaml:"slope,omitempty"`
	BalanceC  float64 `json:"balance_point_c,omitempty" yaml:"balance_point_c,omitempty"`
	R2        float64 `json:"r2" yaml:"r2"`
	CVRMSE    float64 `json:"cvrmse" yaml:"cvrmse"`
	// Days counts the days it was fitted on, KWhPerDay is their mean.
	Days      int     `json:"days" yaml:"days"`
	KWhPerDay float64 `json:"kwh_per_day" yaml:"kwh_per_day"`
}

// Move is a baseline period that a person chose, in the place of the one before
// it.
type Move struct {
	Site  gtc.SiteID      `json:"site" yaml:"site"`
	Meter gtc.EquipmentID `json:"meter" yaml:"meter"`
	// From is the first day, To the last.
	From   Day       `json:"from" yaml:"from"`
	To     Day       `json:"to" yaml:"to"`
	By     string    `json:"by" yaml:"by"`
	At     time.Time `json:"at" yaml:"at"`
	Reason string    `json:"reason" yaml:"reason"`
	// Was is the baseline that held before, nil when there was none.
	Was *Model `json:"was,omitempty" yaml:"was,omitempty"`
}

// Register is the register of one site, or of all.
type Register struct {
	Entries []Entry `json:"works" yaml:"works,omitempty"`
	// Moves are in the order in which they were made.
	Moves []Move `json:"baselines" yaml:"baselines,omitempty"`
}

// Of returns the part of one site.
func (r Register) Of(site gtc.SiteID) Register {
	var out Register
	for _, e := range r.Entries {
		if e.Site == site {
			out.Entries = append(out.Entries, e)
		}
	}
	for _, m := range r.Moves {
		if m.Site == site {
			out.Moves = append(out.Moves, m)
		}
	}
	return out
}

// Entry returns the entry of an id.
func (r Register) Entry(id string) (Entry, bool) {
	i := slices.IndexFunc(r.Entries, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		return Entry{}, false
	}
	return r.Entries[i], true
}

// Excludes reports whether a meter is under works on a day. The register is
// one site's.
func (r Register) Excludes(meter gtc.EquipmentID, d Day) bool {
	return slices.ContainsFunc(r.Entries, func(e Entry) bool { return e.Kind == Works && e.Covers(meter, d) })
}

// Adjustment returns by what the expectation of a meter changes on a day: so
// many kWh, and a share of the expectation (0.1 for +10 %). The register is one
// site's.
func (r Register) Adjustment(meter gtc.EquipmentID, d Day) (kwh, share float64) {
	for _, e := range r.Entries {
		if e.Adjust != nil && e.Covers(meter, d) {
			kwh += e.Adjust.KWhPerDay
			share += e.Adjust.Pct / 100
		}
	}
	return kwh, share
}

// Moved returns the last move of a meter's baseline. The register is one
// site's.
func (r Register) Moved(meter gtc.EquipmentID) (Move, bool) {
	for _, m := range slices.Backward(r.Moves) {
		if m.Meter == meter {
			return m, true
		}
	}
	return Move{}, false
}

// The errors of what a person asks of a register.
var (
	// ErrNobody says that nobody signed.
	ErrNobody = errors.New("nobody named")
	// ErrNoReason says that a reason or description is missing.
	ErrNoReason = errors.New("reason missing")
	// ErrUnknown says that there is no such entry, or that it was struck.
	ErrUnknown = errors.New("no such entry")
	// ErrKind says that the kind is not known.
	ErrKind = errors.New("kind of entry unknown")
	// ErrDays says that a period is missing, ends before it begins, or lies in
	// the future where it must not.
	ErrDays = errors.New("period not possible")
	// ErrAdjust says that an adjustment has no size or two, or stands on works,
	// whose effect is measured.
	ErrAdjust = errors.New("adjustment not possible")
	// ErrNumber says that a cost or a saving is not possible.
	ErrNumber = errors.New("number not possible")
)
