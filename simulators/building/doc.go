// Package building simulates the heating, hot water and electricity of one
// building: two heat stores (air and structure), a controller with a heating
// curve and a schedule, a gas boiler, a hot-water tank with its circulation
// loop, and the meters. It integrates from an epoch in steps of a quarter of
// an hour, depends on nothing but its parameters, and keeps an energy ledger
// that closes. Faults begin and end at given instants.
package building
