package grafana

// The data sources are chosen on the dashboard: no identifier of one
// installation is written down.
func gtc() *SourceRef { return &SourceRef{Type: "cpas-gtc-datasource", UID: "${source}"} }

func influx() *SourceRef { return &SourceRef{Type: "influxdb", UID: "${source}"} }

// Query is a question to the data source of gtc; fields left out take the
// data source's defaults.
type Query struct {
	RefID      string     `json:"refId"`
	Datasource *SourceRef `json:"datasource"`
	QueryType  string     `json:"queryType"`
	Format     string     `json:"format,omitempty"`
	Limit      int        `json:"limit,omitempty"`
	// Fields are the fields of the answer that are wanted, in this order.
	Fields []string `json:"fields,omitempty"`
	// Sort names the field by which rows are sorted, with a minus the greatest
	// first.
	Sort string `json:"sort,omitempty"`
	// None are the words for a list that is answered and empty: in the panel
	// they would also stand for an answer that never came.
	None       string   `json:"none,omitempty"`
	Sites      []string `json:"sites,omitempty"`
	Kinds      []string `json:"kinds,omitempty"`
	Equipment  []string `json:"equipment,omitempty"`
	Points     []string `json:"points,omitempty"`
	Meters     []string `json:"meters,omitempty"`
	Carriers   []string `json:"carriers,omitempty"`
	Measures   []string `json:"measures,omitempty"`
	Directions []string `json:"directions,omitempty"`
	Priorities []string `json:"priorities,omitempty"`
	States     []string `json:"states,omitempty"`
	Classes    []string `json:"classes,omitempty"`
	Aggregate  string   `json:"aggregate,omitempty"`
	Interval   string   `json:"interval,omitempty"`
	Step       string   `json:"step,omitempty"`
	Unit       string   `json:"unit,omitempty"`
	Per        string   `json:"per,omitempty"`
	Group      string   `json:"group,omitempty"`
	Mode       string   `json:"mode,omitempty"`
	Register   string   `json:"register,omitempty"`
	Open       *bool    `json:"open,omitempty"`
	Abnormal   bool     `json:"abnormal,omitempty"`
	Inhibited  bool     `json:"inhibited,omitempty"`
	Live       bool     `json:"live,omitempty"`

	What     []string `json:"what,omitempty"`
	Variable string   `json:"variable,omitempty"`
}

// InfluxQuery is a question in InfluxQL for the plain dashboards.
type InfluxQuery struct {
	RefID        string     `json:"refId"`
	Datasource   *SourceRef `json:"datasource"`
	Query        string     `json:"query"`
	RawQuery     bool       `json:"rawQuery"`
	ResultFormat string     `json:"resultFormat"`
	Alias        string     `json:"alias,omitempty"`
}

// ask names the queries A, B, C… as Grafana does.
func ask(queries ...Query) []any {
	out := make([]any, len(queries))
	for i, q := range queries {
		q.RefID, q.Datasource = string(rune('A'+i)), gtc()
		out[i] = q
	}
	return out
}

func askInflux(queries ...InfluxQuery) []any {
	out := make([]any, len(queries))
	for i, q := range queries {
		q.RefID, q.Datasource, q.RawQuery = string(rune('A'+i)), influx(), true
		out[i] = q
	}
	return out
}

// sourceVariable chooses the data source; one of its kind needs no choice.
func sourceVariable(kind string) Variable {
	return Variable{
		Name: "source", Label: "Source de données", Type: "datasource", Query: kind, Refresh: 1,
		Description: "La source de données dont ce tableau est fait.",
	}
}

// choice is a variable that the hub fills.
func choice(name, label, variable string, q Query, multi bool) Variable {
	q.RefID, q.Datasource, q.QueryType, q.Variable = "V", gtc(), "variable", variable
	v := Variable{
		Name: name, Label: label, Type: "query", Datasource: gtc(), Query: q, Refresh: 1, Multi: multi, IncludeAll: multi,
	}
	if multi {
		v.AllValue = "*"
		v.Current = &Choice{Text: []string{"All"}, Value: []string{"$__all"}}
	}
	return v
}

// several lets more than one be chosen, but not all at once: points of an
// equipment have no common unit.
func several(v Variable) Variable {
	v.Multi = true
	return v
}

// influxChoice is a variable that InfluxDB fills.
func influxChoice(name, label, query string) Variable {
	return Variable{
		Name: name, Label: label, Type: "query", Datasource: influx(), Query: query, Refresh: 1, Sort: 1,
	}
}

// adhoc lets a reader narrow every panel that knows the key.
func adhoc() Variable {
	return Variable{Name: "filtres", Label: "Filtres", Type: "adhoc", Datasource: gtc()}
}

// annotation draws what happened over the curves.
func annotation(name, color string, on bool, q Query) map[string]any {
	q.RefID, q.Datasource, q.QueryType = "Anno", gtc(), "annotations"
	return map[string]any{
		"name": name, "datasource": gtc(), "enable": on, "hide": false, "iconColor": color, "target": q,
	}
}
