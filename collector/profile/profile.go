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
	// Identify says how the device is recognised.
	Identify []Identity `yaml:"identify"`
	// Notes are for people: what to set on the device, what is doubtful.
	Notes []string `yaml:"notes"`
	// Contacts makes it a digital-input module: its inputs are discrete
	// inputs from Address on; the site file names the point of each.
	Contacts *ContactBlock `yaml:"contacts"`
	// Topics are the points of an MQTT profile.
	Topics []Topic `yaml:"topics"`

	// doc locates what was read, for the checks that come later.
	doc *strict.Document
}

// Poll periods by class.
const (
	PollAlarm  = time.Second
	PollFast   = 10 * time.Second
	PollNormal = time.Minute
	PollSlow   = 15 * time.Minute
)
