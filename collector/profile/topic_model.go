package profile

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// The formats of a payload.
const (
	FormatText      = "text"
	FormatJSON      = "json"
	FormatCSV       = "csv"
	FormatP1        = "p1"
	FormatSparkplug = "sparkplug"
)

// Topic is the messages of one MQTT topic pattern.
type Topic struct {
	// Topic is a template, level by level: {topic} is the device's prefix,
	// {topic.1}, {topic.2} … a level of it, + captures one level, {site},
	// {equipment} and {point} capture one that names what they say.
	Topic string `yaml:"topic"`
	// Format is text, json, csv, p1 (a whole DSMR/e-MUCS telegram) or
	// sparkplug (a Sparkplug B payload).
	Format string `yaml:"format"`
	// Time is the path of the timestamp and TimeFormat its form: unix,
	// unix_ms, rfc3339 or a layout of Go such as 2006-01-02T15:04:05, read in
	// TimeZone (UTC when empty). Without it the instant of reception is used.
	Time       string `yaml:"time"`
	TimeFormat string `yaml:"time_format"`
	TimeZone   string `yaml:"time_zone"`
	// Separator parts the columns of csv, a comma when empty; Decimal is "," in
	// payloads that write numbers so.
	Separator string `yaml:"separator"`
	Decimal   string `yaml:"decimal"`
	// Number, for a topic with +, restricts it to messages whose first
	// captured level ends in that number: with 1, "Area_1" and "1" match.
	Number *int `yaml:"number"`
	// Every is the shortest time between two stored values of a number; states
	// are stored whenever they change, and so is every change of quality.
	Every time.Duration `yaml:"every"`
	// OnChange tells that the device publishes a state when it changes, and
	// retained: what the broker kept is the present state as long as the
	// device is there.
	OnChange bool `yaml:"on_change"`
	// Points translates what {point} captured; without it the level is the
	// point itself.
	Points map[string]gtc.PointID `yaml:"points"`
	// Availability makes the messages tell whether the device is there, instead
	// of points.
	Availability *Availability `yaml:"availability"`
	Fields       []Field       `yaml:"fields"`

	// site is what {site} captured.
	site gtc.SiteID
	plan *plan
}

// Availability says which texts mean that a device is there or not; other
// texts say nothing.
type Availability struct {
	// Path is the JSON path of the text; for a text payload it may be given
	// too, for devices that send either.
	Path    string   `yaml:"path"`
	Online  []string `yaml:"online"`
	Offline []string `yaml:"offline"`
}

// Field is one point of a message.
type Field struct {
	Slot string `yaml:"slot"`
	// Point may contain {1}, {2} …: the number at the end of what the + of the
	// topic stands for, with at least two digits. {point} is what the topic's
	// {point} stands for.
	Point gtc.PointID `yaml:"point"`
	// Path is the dotted JSON path, the column of a CSV line from 1, the OBIS
	// code of a P1 telegram, the name of a Sparkplug metric, or empty for a
	// text payload. "a + b" and "a - b" join two. A step such as unit=Wh takes
	// the first object of a list that says so. In an OBIS code, 0-n: stands for
	// any M-Bus channel, and an end such as #007 for a channel whose device
	// type (24.1.0) is that.
	Path string `yaml:"path"`
	// Unit is the unit of the payload where it is not the point's; see Units.
	Unit string `yaml:"unit"`
	// Scale multiplies, the sign included, and Offset is added after; Scale 0
	// means 1. Unit converts the result.
	Scale  float64  `yaml:"scale"`
	Offset float64  `yaml:"offset"`
	Min    *float64 `yaml:"min"`
	Max    *float64 `yaml:"max"`
	// Enum translates payload texts to the catalogue's enumeration, or to 0
	// and 1 for a boolean point. "True"/"False", "true"/"false", "ON"/"OFF"
	// and "1"/"0" need no entry for booleans.
	Enum map[string]int `yaml:"enum"`
	// Ignore lists payload texts that say nothing about the point.
	Ignore []string `yaml:"ignore"`
	// Note is for people: what is doubtful, what to set on the device.
	Note string `yaml:"note"`
	// Optional tells that many devices of the model do not have the point: one
	// never heard of is not missing.
	Optional bool `yaml:"optional"`
}

// conversion leads from a payload's unit to a catalogue's.
type conversion struct {
	to            string
	scale, offset float64
}

// units are the conversions of Field.Unit.
func units() map[string]conversion {
	const kWhPerGJ = 1e6 / 3600.0
	return map[string]conversion{
		"W": {to: "kW", scale: 0.001}, "MW": {to: "kW", scale: 1000},
		"Wh": {to: "kWh", scale: 0.001}, "MWh": {to: "kWh", scale: 1000},
		"MJ": {to: "kWh", scale: kWhPerGJ / 1000}, "GJ": {to: "kWh", scale: kWhPerGJ},
		"var": {to: "kvar", scale: 0.001}, "VA": {to: "kVA", scale: 0.001},
		"l": {to: "m³", scale: 0.001}, "l/h": {to: "m³/h", scale: 0.001}, "l/min": {to: "m³/h", scale: 0.06},
		"mA": {to: "A", scale: 0.001}, "mV": {to: "V", scale: 0.001},
		"°F": {to: "°C", scale: 5.0 / 9, offset: -160.0 / 9}, "K": {to: "°C", scale: 1, offset: -273.15},
		"s": {to: "h", scale: 1.0 / 3600},
	}
}
