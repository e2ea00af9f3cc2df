package grafana

import "encoding/json"

// What Grafana 12.0 writes itself. A panel without the version of the Grafana it
// was written for is taken for a very old one, and rewritten.
const (
	schemaVersion = 41
	pluginVersion = "12.0.2"
)

// Dashboard is what Grafana keeps of a dashboard.
type Dashboard struct {
	UID           string     `json:"uid"`
	Title         string     `json:"title"`
	Description   string     `json:"description"`
	Tags          []string   `json:"tags"`
	Timezone      string     `json:"timezone"`
	WeekStart     string     `json:"weekStart"`
	Refresh       string     `json:"refresh"`
	Time          Range      `json:"time"`
	Editable      bool       `json:"editable"`
	GraphTooltip  int        `json:"graphTooltip"`
	SchemaVersion int        `json:"schemaVersion"`
	Templating    List       `json:"templating"`
	Annotations   List       `json:"annotations"`
	Links         []Link     `json:"links"`
	Panels        []Panel    `json:"panels"`
	Timepicker    Timepicker `json:"timepicker"`
}

// Range is a time range in Grafana's words.
type Range struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Timepicker can be hidden: nobody touches a wall.
type Timepicker struct {
	Hidden bool `json:"hidden,omitempty"`
}

// List is how Grafana wraps variables and annotations.
type List struct {
	List []any `json:"list"`
}

// Variable is a template variable asked of a data source.
type Variable struct {
	Name        string     `json:"name"`
	Label       string     `json:"label"`
	Description string     `json:"description,omitempty"`
	Type        string     `json:"type"`
	Datasource  *SourceRef `json:"datasource,omitempty"`
	Query       any        `json:"query,omitempty"`
	Refresh     int        `json:"refresh,omitempty"`
	Multi       bool       `json:"multi"`
	IncludeAll  bool       `json:"includeAll"`
	Sort        int        `json:"sort"`
	Hide        int        `json:"hide"`
	Current     *Choice    `json:"current,omitempty"`
	AllValue    string     `json:"allValue,omitempty"`
}

// hideVariable keeps a variable out of sight altogether.
const hideVariable = 2

// Choice is what a variable stands at when a dashboard is opened; nil lets
// Grafana take the first.
type Choice struct {
	Text  []string `json:"text"`
	Value []string `json:"value"`
}

// SourceRef names a data source by a variable, so that a dashboard fits every
// installation.
type SourceRef struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// Link leads from a dashboard to others.
type Link struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	KeepTime    bool     `json:"keepTime"`
	IncludeVars bool     `json:"includeVars"`
	TargetBlank bool     `json:"targetBlank"`
}

// DataLink leads from a value to a dashboard.
type DataLink struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Grid is a panel's place: 24 columns, rows of 30 pixels.
type Grid struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Panel is one picture and its questions.
type Panel struct {
	Type            string           `json:"type"`
	PluginVersion   string           `json:"pluginVersion,omitempty"`
	Title           string           `json:"title"`
	Description     string           `json:"description,omitempty"`
	GridPos         Grid             `json:"gridPos"`
	Datasource      *SourceRef       `json:"datasource,omitempty"`
	Targets         []any            `json:"targets,omitempty"`
	FieldConfig     FieldConfig      `json:"fieldConfig,omitzero"`
	Options         map[string]any   `json:"options,omitempty"`
	Transformations []Transformation `json:"transformations,omitempty"`
	Transparent     bool             `json:"transparent,omitempty"`
	TimeFrom        string           `json:"timeFrom,omitempty"`
	HideTimeOver    bool             `json:"hideTimeOverride,omitempty"`
	Interval        string           `json:"interval,omitempty"`
	MaxDataPoints   int              `json:"maxDataPoints,omitempty"`
	// Collapsed and Panels belong to a row: an open one holds no panels itself.
	Collapsed *bool    `json:"collapsed,omitempty"`
	Panels    *[]Panel `json:"panels,omitempty"`
}

// FieldConfig says how values look: for all fields, then for single ones.
type FieldConfig struct {
	Defaults  Field      `json:"defaults"`
	Overrides []Override `json:"overrides"`
}

// Field is the look of a field.
type Field struct {
	DisplayName string         `json:"displayName,omitempty"`
	Unit        string         `json:"unit,omitempty"`
	Decimals    *int           `json:"decimals,omitempty"`
	Min         *float64       `json:"min,omitempty"`
	Max         *float64       `json:"max,omitempty"`
	NoValue     string         `json:"noValue,omitempty"`
	Color       *Color         `json:"color,omitempty"`
	Mappings    []Mapping      `json:"mappings"`
	Thresholds  *Thresholds    `json:"thresholds,omitempty"`
	Custom      map[string]any `json:"custom,omitempty"`
}

// Color is where a field's colour comes from.
type Color struct {
	Mode  string `json:"mode"`
	Fixed string `json:"fixedColor,omitempty"`
}

// Thresholds are the values from which a colour holds, the first from -∞.
type Thresholds struct {
	Mode  string `json:"mode"`
	Steps []Step `json:"steps"`
}

// Step is one threshold.
type Step struct {
	Value *float64 `json:"value"`
	Color string   `json:"color"`
}

// Mapping gives values words and colours.
type Mapping struct {
	Type    string `json:"type"`
	Options any    `json:"options"`
}

// Override changes the look of the fields that match.
type Override struct {
	Matcher    Matcher    `json:"matcher"`
	Properties []Property `json:"properties"`
}

// Matcher chooses fields.
type Matcher struct {
	ID      string `json:"id"`
	Options any    `json:"options"`
}

// Property is one thing an override changes.
type Property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

// Transformation reshapes answers in the browser.
type Transformation struct {
	ID      string         `json:"id"`
	Options map[string]any `json:"options"`
}

// JSON is the file that Grafana provisions, with a newline at its end.
func (d Dashboard) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}
