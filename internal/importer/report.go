package importer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Report says what became of a file.
type Report struct {
	File      string          `json:"file"`
	Kind      Kind            `json:"kind"`
	Site      gtc.SiteID      `json:"site"`
	Meter     gtc.EquipmentID `json:"meter"`
	Direction gtc.Direction   `json:"direction"`
	DryRun    bool            `json:"dry_run"`
	Rows      int             `json:"rows"`
	Taken     int             `json:"taken"`
	Empty     int             `json:"empty"`
	// Duplicates were said before in the file; Others are of another meter or
	// direction, or indexes that nobody read.
	Duplicates int        `json:"duplicates"`
	Others     int        `json:"others"`
	Rejected   int        `json:"rejected"`
	From       *time.Time `json:"from,omitempty"`
	To         *time.Time `json:"to,omitempty"`
	TotalKWh   float64    `json:"total_kwh"`
	// TotalVolume is in the unit of the meter's volume.
	TotalVolume  float64 `json:"total_volume"`
	EstimatedKWh float64 `json:"estimated_kwh"`
	// EUR is the sum of the amounts: shown, never stored.
	EUR      float64        `json:"eur"`
	Gaps     []GapView      `json:"gaps"`
	Codes    map[string]int `json:"codes"`
	Hours    Counts         `json:"hours"`
	Days     Counts         `json:"days"`
	Readings Counts         `json:"readings"`
	Mistakes []MistakeView  `json:"mistakes"`
	Notes    []string       `json:"notes"`
	Profile  Profile        `json:"profile"`
}

// GapView is a gap in a report.
type GapView struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// MistakeView is a mistake in a report.
type MistakeView struct {
	Line int    `json:"line"`
	Col  int    `json:"col"`
	What string `json:"what"`
	text string
}

// String returns file:line:col: what.
func (m MistakeView) String() string { return m.text }

// Options say how files are imported into one meter.
type Options struct {
	Profile Profile
	Store   Store
	// Oldest is the oldest instant of which raw samples are kept.
	Oldest time.Time
	// DryRun writes nothing.
	DryRun bool
	// Strict writes nothing of a file with a row that cannot be taken.
	Strict   bool
	Progress func(done, total int)
}

// Import takes one file over. The error is a [Mistake] when nothing of it can
// be read; rows that are not taken are in the report.
func Import(ctx context.Context, file string, data []byte, o Options) (Report, error) {
	b, err := Parse(file, data, o.Profile, o.Store.Target)
	if err != nil {
		return Report{File: file}, err
	}
	r := report(b, o)
	plan, err := o.Store.Plan(ctx, Contents(b, o.Store.Target, o.Oldest))
	if err != nil {
		return r, fmt.Errorf("import %s: %w", file, err)
	}
	r.Hours, r.Days, r.Readings = plan.Hours, plan.Days, plan.Readings
	if o.DryRun || o.Strict && len(b.Mistakes) > 0 {
		return r, nil
	}
	return r, o.Store.Write(ctx, plan, b, o.Progress)
}

func report(b Batch, o Options) Report {
	t := o.Store.Target
	r := Report{
		File: b.File, Kind: b.Kind, Site: t.Site, Meter: t.Meter.Equipment, Direction: t.Meter.Direction, DryRun: o.DryRun,
		Rows: b.Rows, Empty: b.Empty, Duplicates: b.Duplicates, Others: b.Others, Rejected: len(b.Mistakes),
		EUR: b.EUR, Codes: b.Codes, Notes: b.Notes, Profile: b.Profile,
		Gaps: []GapView{}, Mistakes: []MistakeView{},
	}
	r.Taken = max(0, r.Rows-r.Empty-r.Duplicates-r.Others-r.Rejected)
	for _, g := range b.Gaps {
		r.Gaps = append(r.Gaps, GapView(g))
	}
	for _, m := range b.Mistakes {
		r.Mistakes = append(r.Mistakes, MistakeView{m.Line, m.Col, m.What, m.Error()})
	}
	for _, c := range b.Consumptions {
		r.TotalKWh += c.KWh
		r.TotalVolume += c.Volume
		if c.Estimated {
			r.EstimatedKWh += c.KWh
		}
	}
	if n := len(b.Consumptions); n > 0 {
		last := slices.MaxFunc(b.Consumptions, func(x, y Consumption) int { return x.To.Compare(y.To) })
		r.From, r.To = &b.Consumptions[0].From, &last.To
	}
	if n := len(b.Entries); n > 0 {
		r.From, r.To = &b.Entries[0].At, &b.Entries[n-1].At
		for _, e := range b.Entries {
			if b.Kind == KindDelivery {
				r.TotalVolume += e.Units
			}
		}
		r.TotalKWh = r.TotalVolume * t.Meter.KWhPerUnit
	}
	if n := len(b.Readings); n > 0 {
		r.From, r.To = &b.Readings[0].At, &b.Readings[n-1].At
		r.TotalVolume = b.Readings[n-1].Index - b.Readings[0].Index
		r.TotalKWh = r.TotalVolume * t.Meter.KWhPerUnit
	}
	return r
}
