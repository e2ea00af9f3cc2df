package api

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The steps, units, divisors and groups of an [EnergyQuery].
const (
	StepHour  = "hour"
	StepDay   = "day"
	StepWeek  = "week"
	StepMonth = "month"
	StepYear  = "year"
	// StepTotal is the whole time as one step.
	StepTotal = "total"

	UnitKWh   = "kwh"
	UnitEUR   = "eur"
	UnitKgCO2 = "kgco2"
	UnitM3    = "m3"

	PerNothing = ""
	PerM2      = "m2"
	PerDJ15    = "dj15"
	PerM2DJ15  = "m2dj15"

	GroupMeter   = "meter"
	GroupSite    = "site"
	GroupCarrier = "carrier"
	GroupPark    = "park"
)

// EnergyQuery asks for the consumption of meters by calendar steps of their
// sites. Lists that are empty exclude nothing.
type EnergyQuery struct {
	Sites      []gtc.SiteID
	Categories []gtc.Category
	Meters     []gtc.EquipmentID
	Carriers   []gtc.Carrier
	// Directions empty means import.
	Directions []gtc.Direction
	From, To   time.Time
	Step       string
	Unit       string
	Per        string
	Group      string
}

// Consumption is the consumption of meters, alone or in sums.
type Consumption struct {
	At    time.Time          `json:"at"`
	From  time.Time          `json:"from"`
	To    time.Time          `json:"to"`
	Step  string             `json:"step"`
	Unit  string             `json:"unit"`
	Per   string             `json:"per,omitempty"`
	Group string             `json:"group"`
	Rows  []ConsumptionGroup `json:"groups"`
}

// ConsumptionGroup is the consumption of one meter or of a sum of meters.
type ConsumptionGroup struct {
	// Site, Meter, Carrier and Direction are those that all meters of the
	// group have in common, "" otherwise.
	Site       gtc.SiteID      `json:"site,omitempty"`
	SiteLabel  gtc.Label       `json:"site_label,omitempty"`
	Category   gtc.Category    `json:"category,omitempty"`
	Meter      gtc.EquipmentID `json:"meter,omitempty"`
	MeterLabel gtc.Label       `json:"meter_label,omitempty"`
	Carrier    gtc.Carrier     `json:"carrier,omitempty"`
	Direction  gtc.Direction   `json:"direction,omitempty"`
	// AreaM2 is the area of the sites of the group, 0 when it is not known of
	// all of them.
	AreaM2 float64 `json:"area_m2,omitempty"`
	// Meters is how many meters make the sum, Unjudged how many of them have
	// no baseline, Unpriced how many have no tariff or factor for the unit.
	Meters   int `json:"meters"`
	Unjudged int `json:"unjudged"`
	Unpriced int `json:"unpriced"`
	// Baseline is that of a single meter.
	Baseline  *Baseline             `json:"baseline,omitempty"`
	Intervals []ConsumptionInterval `json:"intervals"`
}

// ConsumptionInterval is one calendar step. What is not known is null. Numbers
// are in the unit asked for, but Coverage, Temperature and DJ15.
type ConsumptionInterval struct {
	// At is the start of the step in Unix milliseconds.
	At     int64    `json:"t"`
	Actual *float64 `json:"actual"`
	// Expected, Low and High are the baseline's expectation and its 90 % band;
	// the band of a sum of days or meters takes their errors as independent.
	Expected *float64 `json:"expected"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	// Residual is actual minus expected, of what has both; ResidualPct in per
	// cent of that expectation.
	Residual    *float64 `json:"residual"`
	ResidualPct *float64 `json:"residual_pct"`
	// CUSUM is the running sum of the residual from the end of the baseline
	// period on.
	CUSUM *float64 `json:"cusum"`
	// Coverage is the part of the step and of the meters that is known, 0–1.
	Coverage float64 `json:"coverage"`
	// Temperature is the mean outdoor temperature in °C, DJ15 the degree-days
	// 15/15.
	Temperature *float64 `json:"temperature"`
	DJ15        *float64 `json:"dj15"`
}

// Baseline says how the expected consumption of a meter is computed.
type Baseline struct {
	Model    string `json:"model"`
	Eligible bool   `json:"eligible"`
	// Judgeable says that drift is judged by it, eligible or not.
	Judgeable   bool     `json:"judgeable"`
	Reason      string   `json:"reason,omitempty"`
	From        string   `json:"from,omitempty"`
	To          string   `json:"to,omitempty"`
	Balance     *float64 `json:"balance_point_c,omitempty"`
	Intercept   float64  `json:"intercept"`
	Slope       *float64 `json:"slope,omitempty"`
	R2          float64  `json:"r2"`
	CVRMSE      float64  `json:"cvrmse"`
	ProvablePct *float64 `json:"provable_pct,omitempty"`
}
