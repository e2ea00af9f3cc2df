// Package energy turns meter indexes into hours and calendar days with their
// outdoor temperature, on which a baseline is fitted.
//
// The steps are plain functions on plain data, so that every one can be run
// again on the same history with the same result:
//
//	readings → [Hours] → [Days] ┐
//	temperatures → [TemperatureDays] ┴→ [Join] → baseline.Fit → drift.New → findings
//
// A consumption is in kWh, a temperature in °C and a degree-day in °C·d. A
// day is a calendar day of the site and has 23, 24 or 25 hours. What was not
// measured is absent, never zero. The package reads no clock and does no I/O
// but on the io.Reader it is given. Package baseline holds the models, package
// drift the detector. The method, its formulas and their sources are in
// docs/energy-method.md.
package energy
