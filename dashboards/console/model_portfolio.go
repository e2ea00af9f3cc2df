package console

import (
	"context"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// PortfolioModel answers what all meters show together.
type PortfolioModel interface {
	// Portfolio returns the park as it was last judged.
	Portfolio(ctx context.Context) (Portfolio, error)
}

// Portfolio is the park's energy added up: what is used beyond the expected,
// what all meters share, and which site is worth most.
type Portfolio struct {
	At time.Time `json:"at"`
	// Sites by cost at stake a week, the most first; those without are left out.
	Sites []PortfolioSite `json:"sites"`
	// Pools are the meters that feel the weather alike, added up.
	Pools []PortfolioPool `json:"pools"`
}

// PortfolioSite is what the open findings of a site are worth.
type PortfolioSite struct {
	Site  gtc.SiteID `json:"site"`
	Label gtc.Label  `json:"label"`
	// Drifts and Savings count its open findings.
	Drifts  int `json:"drifts"`
	Savings int `json:"savings"`
	// KWhPerWeek and EURPerWeek are what its drifts cost a week, EUR nil without
	// a tariff; SavingKWhPerWeek and SavingEURPerWeek what its savings save.
	KWhPerWeek       float64  `json:"kwh_per_week"`
	EURPerWeek       *float64 `json:"eur_per_week"`
	SavingKWhPerWeek float64  `json:"saving_kwh_per_week"`
	SavingEURPerWeek *float64 `json:"saving_eur_per_week"`
}

// PortfolioPool are the meters of one kind, added up.
type PortfolioPool struct {
	// Kind is heating or electricity.
	Kind string `json:"kind"`
	// Meters of Sites are added up; Compared counts the meters of which the
	// shared deviation is the median.
	Meters   int `json:"meters"`
	Sites    int `json:"sites"`
	Compared int `json:"compared"`
	// Year sums the last 365 judged days.
	Year PortfolioSum `json:"year"`
	// ProvablePct is the smallest change of one year that the sum can prove,
	// ProvableKWh the same in kWh; MeterProvablePct is the median of what the
	// meters can prove alone. Nil when not known.
	ProvablePct      *float64 `json:"provable_pct"`
	ProvableKWh      *float64 `json:"provable_kwh"`
	MeterProvablePct *float64 `json:"meter_provable_pct"`
	// Weeks are calendar weeks from Monday on.
	Weeks []PortfolioWeek `json:"weeks"`
	// Findings are what is common to the pool, said once.
	Findings []gtc.Finding `json:"findings"`
	// Groups are sites of one category, judged beside the others.
	Groups []PortfolioGroup `json:"groups"`
}

// PortfolioSum are sums in kWh over Days; the excess is proven when it is more
// than BandKWh, the half-width of the 90 % band.
type PortfolioSum struct {
	Days        int     `json:"days"`
	KWh         float64 `json:"kwh"`
	ExpectedKWh float64 `json:"expected_kwh"`
	BandKWh     float64 `json:"band_kwh"`
}

// PortfolioWeek is one week of a pool; without days all is nil.
type PortfolioWeek struct {
	Start    time.Time `json:"start"`
	Days     int       `json:"days"`
	KWh      *float64  `json:"kwh"`
	Expected *float64  `json:"expected_kwh"`
	Band     *float64  `json:"band_kwh"`
	// CUSUM is the excess added up since the first week.
	CUSUM     *float64 `json:"cusum_kwh"`
	CUSUMBand *float64 `json:"cusum_band_kwh"`
	// SharedPct is the median deviation of the meters in per cent, ChancePct its
	// standard error, Of the number of meters.
	SharedPct *float64 `json:"shared_pct"`
	ChancePct *float64 `json:"shared_error_pct"`
	Of        int      `json:"shared_meters"`
}

// PortfolioGroup is a part of a pool.
type PortfolioGroup struct {
	Category gtc.Category  `json:"category"`
	Meters   int           `json:"meters"`
	Findings []gtc.Finding `json:"findings"`
}
