package hubapi

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Park is every site, worst first, as /api/v1/park answers.
type Park struct {
	At    time.Time `json:"at"`
	Sites []Site    `json:"sites"`
	Store struct {
		Up      bool   `json:"up"`
		Waiting uint64 `json:"waiting"`
		Error   string `json:"error"`
	} `json:"store"`
	Centre []gtc.Alarm `json:"centre"`
}

// Site is the state of one site.
type Site struct {
	ID         gtc.SiteID   `json:"id"`
	Label      gtc.Label    `json:"label"`
	Category   gtc.Category `json:"category"`
	State      string       `json:"state"`
	Alarms     [5]int64     `json:"alarms"`
	Worst      *gtc.Alarm   `json:"worst"`
	LastSample time.Time    `json:"last_sample"`
	Linked     bool         `json:"linked"`
	LinkSince  time.Time    `json:"link_since"`
	Delivery   struct {
		State       string  `json:"state"`
		Known       bool    `json:"known"`
		LateSeconds float64 `json:"late_s"`
		Waiting     int64   `json:"waiting"`
		Lost        int64   `json:"lost"`
	} `json:"delivery"`
	StalePoints  int64    `json:"stale_points"`
	Points       int64    `json:"points"`
	Findings     int64    `json:"findings"`
	KWhPerWeek   float64  `json:"kwh_per_week"`
	EURPerWeek   *float64 `json:"eur_per_week"`
	KgCO2PerWeek *float64 `json:"kgco2_per_week"`
}

// Alarm is an alarm with the names of its place.
type Alarm struct {
	gtc.Alarm
	SiteLabel      gtc.Label `json:"site_label"`
	EquipmentLabel gtc.Label `json:"equipment_label"`
	Discipline     string    `json:"discipline"`
}

// Board is every alarm that stands or is inhibited, and the maintenance, as
// /api/v1/alarms/board answers.
type Board struct {
	At        time.Time     `json:"at"`
	Standing  []Alarm       `json:"standing"`
	Inhibited []Alarm       `json:"inhibited"`
	Works     []Maintenance `json:"works"`
}

// Maintenance is a time during which somebody works on an equipment or tests a
// panel.
type Maintenance struct {
	ID        string          `json:"id"`
	Kind      string          `json:"kind"`
	Site      gtc.SiteID      `json:"site"`
	Equipment gtc.EquipmentID `json:"equipment"`
	Alarm     string          `json:"alarm"`
	By        string          `json:"by"`
	Reason    string          `json:"reason"`
	From      time.Time       `json:"from"`
	Until     time.Time       `json:"until"`
	Begun     bool            `json:"begun"`
}

// Findings is every finding, as /api/v1/findings answers.
type Findings struct {
	At       time.Time `json:"at"`
	Findings []Finding `json:"findings"`
}

// Finding is a finding with what it costs.
type Finding struct {
	gtc.Finding
	SiteLabel    gtc.Label `json:"site_label"`
	MeterLabel   gtc.Label `json:"meter_label"`
	EUR          *float64  `json:"eur"`
	EURPerWeek   *float64  `json:"eur_per_week"`
	KgCO2        *float64  `json:"kgco2"`
	KgCO2PerWeek *float64  `json:"kgco2_per_week"`
	// Owner answers for it until Due.
	Owner string    `json:"owner"`
	Due   time.Time `json:"due"`
}

// Change is one change of the live stream.
type Change struct {
	Site   gtc.SiteID  `json:"site"`
	What   string      `json:"what"`
	At     time.Time   `json:"at"`
	Values []LiveValue `json:"values"`
}

// LiveValue is the new value of one point.
type LiveValue struct {
	Equipment gtc.EquipmentID `json:"equipment"`
	Point     gtc.PointID     `json:"point"`
	Label     gtc.Label       `json:"label"`
	Unit      string          `json:"unit"`
	Value     *float64        `json:"value"`
	At        time.Time       `json:"at"`
	Quality   string          `json:"quality"`
	Stale     bool            `json:"stale"`
}
