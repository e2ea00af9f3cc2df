// Package gtc names the things a building's technical management and energy
// telemetry are about: the site and its equipment, the points that are
// measured, the samples that were measured, the events and alarms that ask
// someone to look, and the findings that energy rules draw from history.
//
// Everything else in the module is a step on one path:
//
//	device → collector → JetStream → InfluxDB → rules → findings → console, Grafana
//
// # Time
//
// A [Sample] carries the UTC instant of its own request, in milliseconds. An
// interval carries the instant of its start. A day is a calendar day of the
// site: twice a year it has 23 or 25 hours.
//
// # Units
//
// A value is in the unit of its point, and the point's name ends in that unit
// (see the point catalogue in internal/catalogue). Conversion happens once,
// when a register or a payload is decoded, and nowhere else.
//
// # Missing and doubtful values
//
// A value that was not read is absent, never zero. A value that was read but
// is not to be trusted carries a [Quality] that says why. The zero [Quality]
// is unknown, never good.
//
// The package imports the standard library only, does no I/O and declares no
// interfaces; a test keeps it so.
package gtc
