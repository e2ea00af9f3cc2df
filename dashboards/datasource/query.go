package datasource

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// query is what a panel asks. The members are described in docs/grafana.md.
type query struct {
	QueryType string `json:"queryType"`

	Sites       list `json:"sites"`
	Categories  list `json:"categories"`
	Kinds       list `json:"kinds"`
	Equipment   list `json:"equipment"`
	Points      list `json:"points"`
	Series      list `json:"series"`
	Meters      list `json:"meters"`
	Carriers    list `json:"carriers"`
	Directions  list `json:"directions"`
	Priorities  list `json:"priorities"`
	States      list `json:"states"`
	Classes     list `json:"classes"`
	Disciplines list `json:"disciplines"`
	Rules       list `json:"rules"`
	What        list `json:"what"`
	Measures    list `json:"measures"`

	Filters []filter `json:"filters"`

	Format    string `json:"format"`
	Aggregate string `json:"aggregate"`
	Interval  string `json:"interval"`
	Step      string `json:"step"`
	Unit      string `json:"unit"`
	Per       string `json:"per"`
	Group     string `json:"group"`
	Mode      string `json:"mode"`
	Register  string `json:"register"`
	Variable  string `json:"variable"`
	Limit     int    `json:"limit"`
	Live      bool   `json:"live"`
	Abnormal  bool   `json:"abnormal"`
	Inhibited bool   `json:"inhibited"`
	Open      *bool  `json:"open"`
	Fields    list   `json:"fields"`
	Sort      string `json:"sort"`
	// None are the words for a list that is answered and empty.
	None string `json:"none"`

	refID    string
	from, to time.Time
	// every is the span of one value that fits the panel.
	every time.Duration
}

// usualLimit is how many rows a table has at most unless it says otherwise.
const usualLimit = 1000

// list is a filter: empty means all. It reads a text as well as an array, and
// takes apart what a variable became: a,b and {a,b}.
type list []string

// UnmarshalJSON reads an array of texts or numbers, or one of them.
func (l *list) UnmarshalJSON(text []byte) error {
	var many []any
	if err := json.Unmarshal(text, &many); err != nil {
		var one any
		if err := json.Unmarshal(text, &one); err != nil {
			return err
		}
		many = []any{one}
	}
	*l = nil
	for _, v := range many {
		switch v := v.(type) {
		case string:
			*l = append(*l, split(v)...)
		case float64:
			*l = append(*l, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	if slices.ContainsFunc(*l, func(s string) bool { return s == "*" || s == "$__all" || s == "__all" }) {
		*l = nil
	}
	return nil
}

func split(v string) []string {
	v = strings.TrimSpace(v)
	if strings.HasPrefix(v, "{") && strings.HasSuffix(v, "}") {
		v = v[1 : len(v)-1]
	}
	var out []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// wants reports whether a value passes the list.
func (l list) wants(v string) bool { return len(l) == 0 || slices.Contains(l, v) }

// parse reads a query and refuses what makes no sense.
func (d *Datasource) parse(raw backend.DataQuery) (query, error) {
	var q query
	if err := json.Unmarshal(raw.JSON, &q); err != nil {
		return q, badQuery{"JSON", err.Error()}
	}
	if q.QueryType == "" {
		q.QueryType = raw.QueryType
	}
	q.refID, q.from, q.to, q.every = raw.RefID, raw.TimeRange.From.UTC(), raw.TimeRange.To.UTC(), raw.Interval
	if q.Interval != "" {
		every, ok := span(q.Interval)
		if !ok {
			return q, badQuery{"interval", q.Interval}
		}
		q.every = every
	}
	if !q.from.Before(q.to) && slices.Contains([]string{"points", "energy", "annotations"}, q.QueryType) {
		return q, badQuery{d.say.f("range"), q.from.Format(time.RFC3339) + " – " + q.to.Format(time.RFC3339)}
	}
	if q.Limit < 0 {
		return q, badQuery{"limit", strconv.Itoa(q.Limit)}
	}
	if q.Sort != "" || q.Fields.has("tile") {
		q.Limit = 0 // pick cuts what is sorted, and counts what has no tile
	}
	if q.None != "" && !q.lists() {
		return q, badQuery{"none", q.None}
	}
	for _, f := range q.Filters {
		if err := f.check(); err != nil {
			return q, err
		}
	}
	return q, nil
}

// span reads 30s, 5m, 1h, 1d, 1w.
func span(text string) (time.Duration, bool) {
	for suffix, unit := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if n, err := strconv.Atoi(strings.TrimSuffix(text, suffix)); err == nil && strings.HasSuffix(text, suffix) && n > 0 && n <= 366 {
			return time.Duration(n) * unit, true
		}
	}
	every, err := time.ParseDuration(text)
	return every, err == nil && every >= time.Millisecond && every <= 366*24*time.Hour
}

// choice returns v, otherwise when it is empty, and an error when it is not
// allowed.
func choice(what, v, otherwise string, allowed ...string) (string, error) {
	if v == "" {
		return otherwise, nil
	}
	if v != otherwise && !slices.Contains(allowed, v) {
		return "", badQuery{what, v}
	}
	return v, nil
}
