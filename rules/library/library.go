// Package library holds the rules that are built into the program, as data:
// the alarm classes of alarms.yaml. A configuration folder may replace or add
// to them in its own rules/alarms.yaml.
package library

import (
	_ "embed" // alarms.yaml
)

//go:embed alarms.yaml
var alarms []byte

// Alarms returns the shipped alarm classes as YAML, read by rules/alarm.
func Alarms() []byte { return append([]byte(nil), alarms...) }
