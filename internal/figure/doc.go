// Package figure draws the figures of the energy rules and of the simulators
// as SVG: a building's week and year, the signature, consumption against what
// was expected, and the CUSUM. They are drawn on gonum.org/v1/plot in the
// greys of the console; texts are French, numbers have a decimal comma, and a
// gap in the data is a gap in the line. The same data give the same bytes.
package figure
