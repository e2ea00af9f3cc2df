package console

import (
	"context"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// FindingModel answers the pages of findings and of the works register. The hub
// implements it.
type FindingModel interface {
	// Findings returns every finding that is known, in no order, with how the
	// rules did in the field.
	Findings(ctx context.Context) (FindingBoard, error)
	// Finding returns one finding; [ErrUnknown] when there is none of that id.
	Finding(ctx context.Context, id string) (FindingDetail, error)
	// Baselines returns the moves of a meter's baseline, the last one first.
	Baselines(ctx context.Context, site gtc.SiteID, meter gtc.EquipmentID) ([]works.Move, error)
	// Works returns the register of all sites with what works have saved.
	Works(ctx context.Context) (WorksBoard, error)
}

// FindingActions are what a person does about findings and in the register.
// Each returns when the change is kept, and refuses with the errors of
// rules/finding and rules/works.
type FindingActions interface {
	ActOnFinding(ctx context.Context, id string, in finding.Input) error
	// Record adds an entry to the register, or replaces the one of its id, and
	// returns the id.
	Record(ctx context.Context, e works.Entry) (string, error)
	// CloseWorks ends an open entry on its last day, StrikeWorks takes the
	// effect of a wrong one away.
	CloseWorks(ctx context.Context, id string, last works.Day, by string) error
	StrikeWorks(ctx context.Context, id, by, reason string) error
	// MoveBaseline gives a meter another baseline period.
	MoveBaseline(ctx context.Context, m works.Move) error
}

// FindingCase is a finding with what became of it and what it costs.
type FindingCase struct {
	PricedFinding
	// Course is lasting, ended or withdrawn: what the detector says.
	Course finding.Course `json:"course"`
	// Owner is the user who answers for it, Due the day until which.
	Owner string    `json:"owner,omitempty"`
	Due   time.Time `json:"due,omitzero"`
	// Class is why it was rejected.
	Class finding.Class `json:"class,omitempty"`
	// Corrected is the first day after the correction, Proof what consumption
	// has shown since.
	Corrected time.Time      `json:"corrected,omitzero"`
	Proof     *finding.Proof `json:"proof,omitempty"`
	// Gone and GoneWhy are when and why it was withdrawn.
	Gone    time.Time `json:"gone,omitzero"`
	GoneWhy string    `json:"gone_why,omitempty"`
	// Waiting tells that somebody has something left to do.
	Waiting bool `json:"waiting"`
	// Changed is the last step, By who made it.
	Changed time.Time `json:"changed,omitzero"`
	By      string    `json:"by,omitempty"`
}

// FindingBoard is every finding.
type FindingBoard struct {
	At       time.Time      `json:"at"`
	Findings []FindingCase  `json:"findings"`
	Rates    []finding.Rate `json:"rates"`
}

// FindingDetail is one finding with its history.
type FindingDetail struct {
	FindingCase
	At       time.Time `json:"at"`
	TimeZone string    `json:"time_zone"`
	// Metered tells that the finding is of a meter with days to draw.
	Metered bool `json:"metered"`
	// Steps are what became of it, newest first.
	Steps []finding.Step `json:"steps"`
	// May lists what a person can do now.
	May []finding.InputKind `json:"may"`
	// Query shows its evidence, "" where the rule gives none.
	Query string `json:"query,omitempty"`
	// Works are the entries of the register that touch its meter since a year
	// before its onset.
	Works []works.Entry `json:"works,omitempty"`
	// Rate is how its rule did in the field.
	Rate finding.Rate `json:"rate"`
}

// WorksBoard is the register of all sites.
type WorksBoard struct {
	At      time.Time    `json:"at"`
	Entries []WorksEntry `json:"works"`
	Moves   []works.Move `json:"baselines"`
	// Places are the sites and meters that an entry can be of.
	Places []WorksPlace `json:"-"`
}

// WorksPlace is a site with its meters.
type WorksPlace struct {
	Site   gtc.SiteID
	Label  gtc.Label
	Meters []MeterRef
}

// WorksEntry is an entry of the register with what came of it.
type WorksEntry struct {
	works.Entry
	SiteLabel gtc.Label `json:"site_label,omitempty"`
	// MeterLabels name its meters, in their order.
	MeterLabels []gtc.Label `json:"-"`
	// Savings are told by meter, for works.
	Savings []PricedSaving `json:"savings,omitempty"`
}

// PricedSaving is a saving with money and CO2 computed at reading.
type PricedSaving struct {
	works.Saving
	MeterLabel gtc.Label `json:"meter_label,omitempty"`
	// EUR is at the marginal price of each day, VAT included; nil without a
	// tariff. YearEUR is YearKWh at today's.
	EUR     *float64 `json:"eur,omitempty"`
	BandEUR *float64 `json:"band_eur,omitempty"`
	YearEUR *float64 `json:"year_eur,omitempty"`
	KgCO2   *float64 `json:"kgco2,omitempty"`
	Tariff  string   `json:"tariff,omitempty"`
	// PaybackYears is the cost over YearEUR of all meters of the entry; nil
	// unless it is proven and something is known of the cost.
	PaybackYears *float64 `json:"payback_years,omitempty"`
}

// Told reports whether there is a saving to tell.
func (s PricedSaving) Told() bool { return s.Reason == "" }
