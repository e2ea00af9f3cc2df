// Package truth is the file in which a simulated park says what is wrong in
// it: which fault, where, from when, and what it added to the consumption of
// the same building without it under the same weather. Detection is scored
// against it. The format is described in docs/formats/truth.md.
package truth

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// File is the truth of one history.
type File struct {
	// Seed and WeatherSeed are those of the park file.
	Seed        uint64 `json:"seed"`
	WeatherSeed uint64 `json:"weather_seed"`
	// From and To limit the history.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Meters are all meters of the park, those without a fault too, so that
	// false findings can be counted a meter and year.
	Meters []Meter `json:"meters"`
	Faults []Fault `json:"faults"`
}

// Meter is one metered direction of one site.
type Meter struct {
	Site    string `json:"site"`
	Meter   string `json:"meter"`
	Carrier string `json:"carrier"`
}

// Fault is one thing that is wrong.
type Fault struct {
	// ID is unique in the file and the same for the same park file.
	ID   string `json:"id"`
	Site string `json:"site"`
	Kind string `json:"kind"`
	// Carrier is the one it changes most, Meters those it shows on; both are
	// empty for what changes no consumption.
	Carrier string   `json:"carrier"`
	Meters  []string `json:"meters"`
	// Equipment is what an instrument's fault is about, "" for one of the
	// building.
	Equipment string    `json:"equipment,omitempty"`
	From      time.Time `json:"from"`
	// To is when it ended, nil while it lasts.
	To *time.Time `json:"to"`
	// Size is in the unit of the kind, RampDays the days from nothing to Size.
	Size     float64 `json:"size"`
	RampDays float64 `json:"ramp_days"`
	// ExtraKWhPerDay is the mean extra consumption of Carrier over the days on
	// which the fault had all its size, 0 when there was none.
	ExtraKWhPerDay float64 `json:"extra_kwh_per_day"`
	// Days are the days of the history on which it lasted.
	Days []Day `json:"days"`
}

// Day is what a fault added to one local calendar day.
type Day struct {
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// KWh are by carrier, negative where the fault saved; a carrier that it
	// did not change is left out.
	KWh map[string]float64 `json:"kwh"`
}

// Write writes the file as indented JSON.
func (f *File) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	if err := enc.Encode(f); err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	return nil
}

// Read reads a file; an unknown key is an error.
func Read(r io.Reader) (*File, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	f := &File{}
	if err := dec.Decode(f); err != nil {
		return nil, fmt.Errorf("read truth: %w", err)
	}
	return f, nil
}
