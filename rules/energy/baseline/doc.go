// Package baseline fits a model of daily consumption on outdoor temperature,
// judges how good it is, and says what it expects of other days.
//
// A consumption is in kWh, a temperature in °C. The package is pure
// mathematics: it reads no clock and does no I/O. The method, its formulas and
// their sources are in docs/energy-method.md.
package baseline
