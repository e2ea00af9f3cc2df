// Package profile describes how a device model's registers or payloads become
// points. Profiles are data: the shipped library is library/*.yaml, a site may
// add its own. A new device needs no Go.
package profile

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// Profile is one device model.
type Profile struct {
	ID       string `yaml:"profile"`
	Maker    string `yaml:"maker"`
	Model    string `yaml:"model"`
	Protocol string `yaml:"protocol"` // modbus or mqtt
	// Verified tells whether the map was checked on a real device.
	Verified bool `yaml:"verified"`
	// Source says where the map comes from.
	Source string `yaml:"source"`
	// Slots are the equipment the device serves, by slot name.
	Slots map[string]gtc.Kind `yaml:"slots"`
	// Modbus limits and defaults of the device.
	Modbus Modbus `yaml:"modbus"`
	// Registers are the points of a Modbus profile.
	Registers []Register `yaml:"registers"`
	// Contacts makes it a digital-input module: its inputs are discrete
	// inputs from Address on; the site file names the point of each.
	Contacts *ContactBlock `yaml:"contacts"`
	// Topics are the points of an MQTT profile.
	Topics []Topic `yaml:"topics"`

	// doc locates what was read, for the checks that come later.
	doc *strict.Document
}

// Modbus holds a device's limits.
type Modbus struct {
	// MaxRegisters of one read, 125 when 0; MaxBits of one read, 2000 when 0.
	MaxRegisters int `yaml:"max_registers"`
	MaxBits      int `yaml:"max_bits"`
	// MaxHole is the number of unasked registers a read may span, 0 by default.
	MaxHole int `yaml:"max_hole"`
	// WordOrder is high (high word first, the default) or low.
	WordOrder         string        `yaml:"word_order"`
	PauseAfterConnect time.Duration `yaml:"pause_after_connect"`
	// Reason says why the device needs its limits.
	Reason string `yaml:"reason"`
}

// Register is one point read from one or more Modbus registers or one bit.
type Register struct {
	Slot  string      `yaml:"slot"`
	Point gtc.PointID `yaml:"point"`
	// Table is holding, input, coil or discrete (FC 3, 4, 1, 2).
	Table string `yaml:"table"`
	// Address is the 0-based protocol address.
	Address uint16 `yaml:"address"`
	// Type: u16 i16 u32 i32 u64 i64 f32 f64 for registers, bit for coils and
	// discrete inputs.
	Type string `yaml:"type"`
	// Scale multiplies and Offset is added after, giving the point's unit;
	// Scale 0 means 1.
	Scale  float64 `yaml:"scale"`
	Offset float64 `yaml:"offset"`
	// Absent lists raw values that mean "no sensor" or "not available".
	Absent []int64 `yaml:"absent"`
	// Enum translates raw integers to the catalogue's enumeration; for a
	// boolean point it maps raw integers to 0 or 1.
	Enum map[int64]int `yaml:"enum"`
	// Bit, for a boolean point in a register, is the bit read (0 = lowest).
	Bit *uint8 `yaml:"bit"`
	// Invert makes a boolean point true when the bit is 0.
	Invert bool `yaml:"invert"`
	// Min and Max bound the plausible value in the point's unit.
	Min *float64 `yaml:"min"`
	Max *float64 `yaml:"max"`
	// Poll is alarm (1 s), fast (10 s), normal (60 s) or slow (15 min).
	Poll string `yaml:"poll"`
	// Note is for people: what is doubtful, what to set on the device.
	Note string `yaml:"note"`
	// Optional tells that many devices of the model do not have the point: one
	// never heard of is not missing.
	Optional bool `yaml:"optional"`
}

// ContactBlock locates the inputs of a digital-input module.
type ContactBlock struct {
	Table   string `yaml:"table"` // discrete or coil
	Address uint16 `yaml:"address"`
	Count   int    `yaml:"count"`
	Poll    string `yaml:"poll"`
}

// Topic is the messages of one MQTT topic pattern.
type Topic struct {
	// Topic is a template: {topic} is the device's prefix, + captures allowed.
	Topic string `yaml:"topic"`
	// Format is text, json or p1 (a whole DSMR/e-MUCS telegram).
	Format string `yaml:"format"`
	// Time, for json, is the path of the timestamp and TimeFormat its form:
	// unix, unix_ms or rfc3339. Without it the instant of reception is used.
	Time       string `yaml:"time"`
	TimeFormat string `yaml:"time_format"`
	// Number, for a topic with +, restricts it to messages whose first
	// captured level ends in that number: with 1, "Area_1" and "1" match.
	Number *int    `yaml:"number"`
	Fields []Field `yaml:"fields"`
}

// Field is one point of a message.
type Field struct {
	Slot string `yaml:"slot"`
	// Point may contain {1}, {2} …: the number at the end of what the + of the
	// topic stands for, with at least two digits.
	Point gtc.PointID `yaml:"point"`
	// Path is the dotted JSON path, the OBIS code of a P1 telegram, or empty
	// for a text payload. "a + b" and "a - b" join two. In an OBIS code,
	// 0-n: stands for any M-Bus channel, and an end such as #007 for a channel
	// whose device type (24.1.0) is that.
	Path   string   `yaml:"path"`
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

// Poll periods by class.
const (
	PollAlarm  = time.Second
	PollFast   = 10 * time.Second
	PollNormal = time.Minute
	PollSlow   = 15 * time.Minute
)
