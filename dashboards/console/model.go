package console

import (
	"context"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// Model answers the console's questions. The hub implements it; every call
// answers from what is known now and says how old that is.
type Model interface {
	// Park returns every site, worst first.
	Park(ctx context.Context) (Park, error)
	// Site returns one site; [ErrUnknown] when there is none of that id.
	Site(ctx context.Context, id gtc.SiteID) (SiteDetail, error)
	// Trend returns the samples of one series between two instants, at most
	// about 1000 points; gaps stay gaps.
	Trend(ctx context.Context, s gtc.Series, from, to time.Time) (Trend, error)
	// Energy returns one meter's days between two dates, its baseline, CUSUM
	// and findings; [ErrUnknown] when there is no such meter.
	Energy(ctx context.Context, site gtc.SiteID, meter gtc.EquipmentID, from, to time.Time) (Energy, error)
	// Subscribe sends what changes until ctx ends, then closes the channel. A
	// slow receiver misses changes rather than delaying others: a Change only
	// says where to look again.
	Subscribe(ctx context.Context) <-chan Change
}

// Change tells a live page that something of a site changed.
type Change struct {
	Site gtc.SiteID `json:"site"`
	// What is sample, alarm, finding or link.
	What string `json:"what"`
	// At is the instant of the change.
	At time.Time `json:"at"`
	// Values are the new values of a sample change.
	Values []LiveValue `json:"values,omitempty"`
}

// SiteState is the worst thing known of a site.
type SiteState string

// The states of a site, worst first. There is no "OK": normal is plain, and
// what is not known is unknown.
const (
	StateAlarm   SiteState = "alarm"
	StateUnknown SiteState = "unknown"
	StateStale   SiteState = "stale"
	StateDrift   SiteState = "drift"
	StateNormal  SiteState = "normal"
)

// Park is every site at one instant.
type Park struct {
	At    time.Time     `json:"at"`
	Sites []SiteSummary `json:"sites"`
	// Store says whether InfluxDB answers and how much waits for it.
	Store StoreState `json:"store"`
	// Centre are the standing alarms of the hub itself, worst first.
	Centre []gtc.Alarm `json:"centre,omitempty"`
}

// StoreState is the state of the way into InfluxDB.
type StoreState struct {
	Up bool `json:"up"`
	// Waiting is the number of messages not yet stored.
	Waiting uint64 `json:"waiting"`
	// Since is the instant from which InfluxDB has not answered, zero when up.
	Since time.Time `json:"since,omitzero"`
	Error string    `json:"error,omitempty"`
}

// DeliveryState tells whether samples are late, which is not lost.
type DeliveryState string

// The states of delivery.
const (
	DeliveryInOrder DeliveryState = "in_order"
	DeliveryLate    DeliveryState = "late"
	DeliveryLost    DeliveryState = "lost"
)

// Delivery says how far the samples of a site have come into InfluxDB.
type Delivery struct {
	// State is lost for a day after the edge said that it lost something.
	State DeliveryState `json:"state"`
	// Newest is the instant of the newest sample before which none is on its
	// way to the hub, zero when none is known.
	Newest time.Time `json:"newest,omitzero"`
	// LateSeconds is the age of the oldest sample that is on its way.
	LateSeconds float64 `json:"late_s"`
	// Waiting is the number of messages on the edge and at the hub; Known is
	// false when the edge is not linked and may hold more.
	Waiting uint64 `json:"waiting"`
	Known   bool   `json:"known"`
	// Lost is how many messages and lines the edge discarded before the hub
	// took them, since it was first heard of; LostAt when the last was told.
	Lost   uint64    `json:"lost"`
	LostAt time.Time `json:"lost_at,omitzero"`
}

// Late reports whether samples are late.
func (d Delivery) Late() bool { return d.LateSeconds >= lateSeconds }

// lateSeconds is the age of the oldest sample on its way from which a site is
// late: less is the ordinary way.
const lateSeconds = 120

// LateSince is the instant of the oldest sample that is on its way.
func (d Delivery) LateSince(now time.Time) time.Time {
	return now.Add(-time.Duration(d.LateSeconds * float64(time.Second)))
}

// SiteSummary is one tile of the park.
type SiteSummary struct {
	ID       gtc.SiteID   `json:"id"`
	Label    gtc.Label    `json:"label"`
	Category gtc.Category `json:"category"`
	State    SiteState    `json:"state"`
	// Alarms counts standing alarms by priority 1 to 4 (index 0 unused).
	Alarms [5]int `json:"alarms"`
	// Worst is the worst standing alarm, nil without one.
	Worst *gtc.Alarm `json:"worst,omitempty"`
	// LastSample is the instant of the newest sample, zero when none is known.
	LastSample time.Time `json:"last_sample,omitzero"`
	// Linked tells whether the edge's heartbeat arrives; LinkSince since when
	// that has been so.
	Linked    bool      `json:"linked"`
	LinkSince time.Time `json:"link_since,omitzero"`
	// Backlog is the number of messages the edge still holds for the hub.
	Backlog uint64 `json:"backlog"`
	// Delivery says how far the samples have come.
	Delivery Delivery `json:"delivery"`
	// StalePoints counts points that are stale, lost or doubtful; Points all.
	StalePoints int `json:"stale_points"`
	Points      int `json:"points"`
	// Findings counts open energy findings; KWhPerWeek, EURPerWeek and
	// KgCO2PerWeek are what they cost a week.
	Findings     int      `json:"findings"`
	KWhPerWeek   float64  `json:"kwh_per_week"`
	EURPerWeek   *float64 `json:"eur_per_week,omitempty"`
	KgCO2PerWeek *float64 `json:"kgco2_per_week,omitempty"`
}

// SiteDetail is one site with its equipment and live values.
type SiteDetail struct {
	SiteSummary
	At        time.Time         `json:"at"`
	Address   string            `json:"address,omitempty"`
	TimeZone  string            `json:"time_zone"`
	AreaM2    float64           `json:"area_m2,omitempty"`
	Standing  []gtc.Alarm       `json:"standing"`
	Equipment []EquipmentDetail `json:"equipment"`
	Devices   []DeviceState     `json:"devices"`
	Meters    []MeterRef        `json:"meters"`
	Open      []PricedFinding   `json:"findings"`
	// Inhibited are the alarms shelved, suppressed or out of service, Works
	// those planned or under way.
	Inhibited []gtc.Alarm  `json:"inhibited,omitempty"`
	Works     []alarm.Work `json:"works,omitempty"`
}

// EquipmentDetail is one equipment and its points.
type EquipmentDetail struct {
	ID     gtc.EquipmentID `json:"id"`
	Kind   gtc.Kind        `json:"kind"`
	Label  gtc.Label       `json:"label"`
	Device gtc.DeviceID    `json:"device,omitempty"`
	Values []LiveValue     `json:"values"`
}

// LiveValue is the last known value of one point.
type LiveValue struct {
	Equipment gtc.EquipmentID `json:"equipment"`
	Kind      gtc.Kind        `json:"kind"`
	Point     gtc.PointID     `json:"point"`
	Label     gtc.Label       `json:"label"`
	// Unit is the display unit, "" for states.
	Unit string `json:"unit,omitempty"`
	// Type is float, bool or enum.
	Type string `json:"type"`
	// Value is the last good number (0 or 1 for a bool), nil when none is known.
	Value *float64 `json:"value"`
	// Text is the label of an enumeration's value.
	Text gtc.Label `json:"text,omitempty"`
	// At is the instant of Value.
	At time.Time `json:"at,omitzero"`
	// Quality as in gtc.Quality: "good", "stale", "comm_lost" …
	Quality string `json:"quality"`
	// Stale tells that the value is older than three poll intervals.
	Stale bool `json:"stale"`
	// Abnormal tells that a boolean point is in the state that asks for
	// attention (an alarm or fault point that is true).
	Abnormal bool `json:"abnormal"`
	// PollSeconds is the poll interval, 0 for a message that comes by itself.
	PollSeconds int `json:"poll_s,omitempty"`
	// Private tells that the value is of privacy class 2 or 3: shown on the
	// site's page only, never handed out by the API.
	Private bool `json:"-"`
}

// DeviceState is the health of one device.
type DeviceState struct {
	ID      gtc.DeviceID `json:"id"`
	Profile string       `json:"profile"`
	Online  bool         `json:"online"`
	// Known is false until the device has been tried.
	Known       bool      `json:"known"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastError   string    `json:"last_error,omitempty"`
	// Polls and Errors count requests since the edge started; Timeouts,
	// Reconnects and Exceptions (by Modbus code) say what the errors were.
	Polls      uint64            `json:"polls"`
	Errors     uint64            `json:"errors"`
	Timeouts   uint64            `json:"timeouts"`
	Reconnects uint64            `json:"reconnects"`
	Exceptions map[string]uint64 `json:"exceptions,omitempty"`
	// Refused counts the points that the device refuses at present.
	Refused int `json:"refused"`
	// P50MS and P95MS are answer times in milliseconds, 0 before any.
	P50MS float64 `json:"p50_ms"`
	P95MS float64 `json:"p95_ms"`
}

// MeterRef names one meter of a site.
type MeterRef struct {
	ID        gtc.EquipmentID `json:"id"`
	Label     gtc.Label       `json:"label"`
	Carrier   gtc.Carrier     `json:"carrier"`
	Direction gtc.Direction   `json:"direction"`
}

// TrendPoint is one sample of a trend; a nil value is a gap.
type TrendPoint struct {
	At    time.Time `json:"t"`
	Value *float64  `json:"v"`
}

// Trend is one series over a span.
type Trend struct {
	Series gtc.Series   `json:"series"`
	Label  gtc.Label    `json:"label"`
	Unit   string       `json:"unit"`
	From   time.Time    `json:"from"`
	To     time.Time    `json:"to"`
	Points []TrendPoint `json:"points"`
	// Query is the query that produced it.
	Query string `json:"query"`
}

// EnergyDay is one calendar day of one meter.
type EnergyDay struct {
	// Day is midnight of the site.
	Day time.Time `json:"day"`
	// KWh is the observed energy, nil when unknown. Coverage is 0 to 1.
	KWh      *float64 `json:"kwh"`
	Coverage float64  `json:"coverage"`
	// Source is metered, manual, invoice, estimated or allocated, "" when
	// nothing is known. KWhLow and KWhHigh bound what was spread.
	Source  string   `json:"source,omitempty"`
	KWhLow  *float64 `json:"kwh_low,omitempty"`
	KWhHigh *float64 `json:"kwh_high,omitempty"`
	// PCS is the calorific value in kWh/m³(n) that a gas was converted with, nil
	// when it was not converted so.
	PCS *float64 `json:"pcs,omitempty"`
	// Expected, Low and High are the baseline's prediction and its 90 % band
	// for one day, nil when it cannot say.
	Expected *float64 `json:"expected"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	// CUSUM is the running sum of observed minus expected from the end of the
	// baseline period, in kWh, nil before it.
	CUSUM *float64 `json:"cusum"`
	// Temperature is the day's mean outdoor temperature in °C, nil if unknown.
	Temperature *float64 `json:"temperature"`
}

// BaselineSummary says how expected consumption is computed.
type BaselineSummary struct {
	// Model is hdd_only, flat … ; Eligible is false with Reason when nothing can
	// be proven by the baseline. Drift may be judged by it all the same.
	Model     string   `json:"model"`
	Eligible  bool     `json:"eligible"`
	Judgeable bool     `json:"judgeable"`
	Reason    string   `json:"reason,omitempty"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	Balance   *float64 `json:"balance_point_c,omitempty"`
	// Intercept is kWh a day, Slope kWh a day and degree.
	Intercept float64  `json:"intercept"`
	Slope     *float64 `json:"slope,omitempty"`
	R2        float64  `json:"r2"`
	CVRMSE    float64  `json:"cvrmse"`
	N         int      `json:"n"`
	// ProvablePct is the smallest yearly change that can be proven, in per cent.
	ProvablePct *float64 `json:"provable_pct,omitempty"`
	// ProvableKWh is the same in kWh a year, ProvableEUR at the marginal price
	// of today, nil without a tariff.
	ProvableKWh *float64 `json:"provable_kwh_per_year,omitempty"`
	ProvableEUR *float64 `json:"provable_eur_per_year,omitempty"`
	// NormalYear is the consumption of a normal year, nil when it cannot be told.
	NormalYear *NormalYear `json:"normal_year,omitempty"`
}

// NormalYear is what a meter uses in a year of normal climate.
type NormalYear struct {
	KWh float64 `json:"kwh"`
	// BandPct is the half-width of its 90 % band; a figure by degree-days has
	// none.
	BandPct *float64 `json:"band_pct,omitempty"`
	// By is model (the baseline, for the twelve months to come) or degree_days
	// (the last 365 days at normal degree-days 15/15).
	By      string `json:"by"`
	Station string `json:"station"`
	// Period names the years of the normal; OwnYears is how many years of the
	// station itself they are, 0 for a published normal.
	Period   string `json:"period,omitempty"`
	OwnYears int    `json:"own_years,omitempty"`
}

// PricedFinding is a finding with money and CO2 computed at reading.
type PricedFinding struct {
	gtc.Finding
	SiteLabel  gtc.Label `json:"site_label,omitempty"`
	MeterLabel gtc.Label `json:"meter_label,omitempty"`
	// EUR is the marginal price, VAT included; nil without a tariff.
	EUR          *float64 `json:"eur,omitempty"`
	EURPerWeek   *float64 `json:"eur_per_week,omitempty"`
	Tariff       string   `json:"tariff,omitempty"`
	KgCO2        *float64 `json:"kgco2,omitempty"`
	KgCO2PerWeek *float64 `json:"kgco2_per_week,omitempty"`
	FactorSet    string   `json:"factor_set,omitempty"`
}

// Energy is one meter's consumption against its baseline.
type Energy struct {
	At        time.Time  `json:"at"`
	Site      gtc.SiteID `json:"site"`
	SiteLabel gtc.Label  `json:"site_label"`
	Meter     MeterRef   `json:"meter"`
	Meters    []MeterRef `json:"meters"`
	// Nature says how the meter comes to its figures, Balance holds it against
	// its sub-meters, nil without any; Notes are what is odd about it.
	Nature   MeterNature     `json:"nature"`
	Balance  *MeterBalance   `json:"balance,omitempty"`
	Notes    []string        `json:"notes,omitempty"`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
	Days     []EnergyDay     `json:"days"`
	Baseline BaselineSummary `json:"baseline"`
	Findings []PricedFinding `json:"findings"`
	// Query is the query that produced the days.
	Query string `json:"query"`
}
