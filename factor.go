package gtc

import "time"

// Scope says what a CO2 factor counts.
type Scope string

// The scopes.
const (
	// ScopeDirect is what the burning itself gives off, or the power stations.
	ScopeDirect Scope = "direct"
	// ScopeLifeCycle adds extraction, transport and construction.
	ScopeLifeCycle Scope = "life_cycle"
	// ScopeMarket is that of the contract bought, not of the network.
	ScopeMarket Scope = "market"
)

// Basis says on which calorific value a kWh of fuel is counted.
type Basis string

// The bases.
const (
	// BasisPCS is the gross (higher) calorific value, that of all kWh kept here.
	BasisPCS Basis = "pcs"
	// BasisPCI is the net (lower) calorific value.
	BasisPCI Basis = "pci"
	// BasisFinal is that of electricity and heat, which have no calorific value.
	BasisFinal Basis = "final"
)

// Factor converts energy to CO2 for one carrier from a date on. The set, year,
// scope and basis are part of every figure computed with it.
type Factor struct {
	Carrier Carrier
	// From is the first day the factor holds.
	From time.Time
	// KgCO2PerKWh is in kg of CO2 equivalent for one kWh on the meter's basis
	// (PCS for fuels).
	KgCO2PerKWh float64
	// Set names the factor set, for example "PEB Wallonie 2021".
	Set string
	// Year is the year the figure was made for, 0 if not stated.
	Year int
	// Scope is "" if not stated.
	Scope Scope
	// Published is the figure as published, in kg for one kWh on Basis; Basis is
	// "" if not stated, and Published is then KgCO2PerKWh.
	Published float64
	Basis     Basis
	// Source says where the figure was published.
	Source string
	// Recorded is the day from which the figure is known here, zero for always.
	// Of two of one carrier and From the later recorded one holds; the earlier
	// one is kept, so that an old report can be made again.
	Recorded time.Time
}

// Tariff is the marginal price of one carrier from a date on.
type Tariff struct {
	Carrier Carrier
	From    time.Time
	// EURPerKWh is the marginal price, VAT included.
	EURPerKWh float64
	Source    string
	// Recorded is the day from which the price is known here, zero for always.
	// Of two of one carrier and From the later recorded one holds.
	Recorded time.Time
}

// FactorAt returns the factor of a carrier that holds at t.
func FactorAt(factors []Factor, c Carrier, t time.Time) (Factor, bool) {
	return FactorAsOf(factors, c, t, time.Time{})
}

// FactorAsOf returns the factor of a carrier that held at t by what was known
// at an instant; a zero instant means all that is known.
func FactorAsOf(factors []Factor, c Carrier, t, known time.Time) (Factor, bool) {
	return dated(factors, t, known, func(f Factor) (from, recorded time.Time, of bool) { return f.From, f.Recorded, f.Carrier == c })
}

// TariffAt returns the tariff of a carrier that holds at t.
func TariffAt(tariffs []Tariff, c Carrier, t time.Time) (Tariff, bool) {
	return TariffAsOf(tariffs, c, t, time.Time{})
}

// TariffAsOf returns the tariff of a carrier that held at t by what was known
// at an instant; a zero instant means all that is known.
func TariffAsOf(tariffs []Tariff, c Carrier, t, known time.Time) (Tariff, bool) {
	return dated(tariffs, t, known, func(f Tariff) (from, recorded time.Time, of bool) { return f.From, f.Recorded, f.Carrier == c })
}

// dated returns the item that begins last before t, the last recorded one of
// those that begin together.
func dated[T any](items []T, t, known time.Time, of func(T) (from, recorded time.Time, ok bool)) (best T, found bool) {
	var bestFrom, bestRecorded time.Time
	for _, x := range items {
		from, recorded, ok := of(x)
		if !ok || from.After(t) || !known.IsZero() && recorded.After(known) {
			continue
		}
		if !found || from.After(bestFrom) || from.Equal(bestFrom) && !recorded.Before(bestRecorded) {
			best, bestFrom, bestRecorded, found = x, from, recorded, true
		}
	}
	return best, found
}
