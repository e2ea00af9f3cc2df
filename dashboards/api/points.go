package api

import (
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The bounds of one question about points.
const (
	// MostSeries is how many series one answer has at most.
	MostSeries = 200
	// MostValues is how many values one answer has at most.
	MostValues = 200_000
)

// Selection says of which points. A list that is empty excludes nothing; the
// lists narrow each other, and what Series names is there whatever they say.
type Selection struct {
	Sites      []gtc.SiteID
	Categories []gtc.Category
	Kinds      []gtc.Kind
	Equipment  []gtc.EquipmentID
	Points     []gtc.PointID
	// Series are site/equipment/point.
	Series []string
}

// Lists reports whether anything but Series is given.
func (s Selection) Lists() bool {
	return len(s.Sites)+len(s.Categories)+len(s.Kinds)+len(s.Equipment)+len(s.Points) > 0
}

// Aggregate is how the samples of an interval become one value.
type Aggregate string

// The aggregates. Auto is the mean of measured numbers and the last of
// counters, states and switches, which have no mean.
const (
	AggregateAuto   Aggregate = "auto"
	AggregateMean   Aggregate = "mean"
	AggregateMin    Aggregate = "min"
	AggregateMax    Aggregate = "max"
	AggregateLast   Aggregate = "last"
	AggregateFirst  Aggregate = "first"
	AggregateSum    Aggregate = "sum"
	AggregateCount  Aggregate = "count"
	AggregateSpread Aggregate = "spread"
	// AggregateRaw takes each sample as it is.
	AggregateRaw Aggregate = "raw"
)

// Aggregates lists the aggregates.
func Aggregates() []Aggregate {
	return []Aggregate{
		AggregateAuto, AggregateMean, AggregateMin, AggregateMax, AggregateLast, AggregateFirst, AggregateSum, AggregateCount,
		AggregateSpread, AggregateRaw,
	}
}

// PointQuery asks for the history of several points.
type PointQuery struct {
	Selection
	// From is included, To is not.
	From, To  time.Time
	Aggregate Aggregate
	// Interval is the span of one value; 0 gives about 500 values a series.
	Interval time.Duration
}

// Points is the history of several points.
type Points struct {
	At   time.Time `json:"at"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// IntervalMS is the span of one value, 0 where samples stand as they are.
	IntervalMS int64         `json:"interval_ms"`
	Series     []PointSeries `json:"series"`
	// Queries are the InfluxQL statements that produced it.
	Queries []string `json:"queries"`
}

// PointSeries is the history of one point and what is known of it now.
type PointSeries struct {
	Value
	// Counter tells that the point is a cumulative index.
	Counter bool              `json:"counter,omitempty"`
	Enum    map[int]gtc.Label `json:"enum,omitempty"`
	// Aggregate is how the values came about.
	Aggregate Aggregate `json:"aggregate"`
	// GapMS is the distance of two values from which there is a gap between.
	GapMS int64 `json:"gap_ms"`
	// Times are the starts of the intervals in Unix milliseconds, Values the
	// numbers (0 or 1 for a switch). An interval without a sample is not there.
	Times  []int64   `json:"t"`
	Values []float64 `json:"v"`
}

// ValueQuery asks what is known now of several points.
type ValueQuery struct {
	Selection
	// Abnormal leaves out what is normal: current, good and in its usual state.
	Abnormal bool
	// Limit is the most values, 0 for all.
	Limit int
}

// Values is what is known now of several points, the worst first: abnormal,
// unknown, stale, doubtful, normal.
type Values struct {
	At time.Time `json:"at"`
	// Total is how many there are, of which Values are the first.
	Total  int     `json:"total"`
	Values []Value `json:"values"`
}

// Value is what is known now of one point.
type Value struct {
	gtc.Series
	SiteLabel      gtc.Label    `json:"site_label"`
	Category       gtc.Category `json:"category"`
	EquipmentLabel gtc.Label    `json:"equipment_label"`
	Label          gtc.Label    `json:"label"`
	Unit           string       `json:"unit,omitempty"`
	// Type is float, bool or enum.
	Type string `json:"type"`
	// Now is the last good number, null when none is known; Text names the
	// state of an enumeration.
	Now  *float64  `json:"now"`
	Text gtc.Label `json:"text,omitempty"`
	// NowAt is the instant of Now.
	NowAt time.Time `json:"now_at,omitzero"`
	// Quality as in gtc.Quality; unknown before anything was heard.
	Quality string `json:"quality"`
	// Stale tells that the value is older than three poll intervals, Abnormal
	// that a switch is in the state that asks for attention.
	Stale    bool `json:"stale"`
	Abnormal bool `json:"abnormal"`
}

// State says in one word what is known of the value.
func (v *Value) State() string {
	switch {
	case v.Now == nil:
		return "unknown"
	case v.Stale:
		return "stale"
	case v.Quality != "good":
		return "doubtful"
	case v.Abnormal:
		return "abnormal"
	}
	return "normal"
}

// Rank orders values, the worst first.
func (v *Value) Rank() int {
	return slices.Index([]string{"abnormal", "unknown", "stale", "doubtful", "normal"}, v.State())
}

// TooManyError says that a question asks for more than an answer holds.
type TooManyError struct {
	// Series are those selected, Values how many values they would have.
	Series int
	Values int64
	// Interval with which the answer would be short enough, 0 when there is
	// none: there are too many series.
	Interval time.Duration
}

// Error says how much was asked for.
func (e TooManyError) Error() string {
	return fmt.Sprintf("%d series with %d values: at most %d series and %d values", e.Series, e.Values, MostSeries, MostValues)
}
