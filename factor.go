package gtc

import "time"

// Factor converts energy to CO2 for one carrier from a date on. The set, year
// and basis are part of every figure computed with it.
type Factor struct {
	Carrier Carrier
	// From is the first day the factor holds.
	From time.Time
	// KgCO2PerKWh is in kg of CO2 equivalent for one kWh on the meter's basis
	// (PCS for gas).
	KgCO2PerKWh float64
	// Set names the factor set, its year and basis, for example
	// "PEB Wallonie 2021, PCS".
	Set string
}

// Tariff is the marginal price of one carrier from a date on.
type Tariff struct {
	Carrier Carrier
	From    time.Time
	// EURPerKWh is the marginal price, VAT included.
	EURPerKWh float64
	Source    string
}

// FactorAt returns the factor of a carrier that holds at t.
func FactorAt(factors []Factor, c Carrier, t time.Time) (Factor, bool) {
	var best Factor
	found := false
	for _, f := range factors {
		if f.Carrier == c && !f.From.After(t) && (!found || f.From.After(best.From)) {
			best, found = f, true
		}
	}
	return best, found
}

// TariffAt returns the tariff of a carrier that holds at t.
func TariffAt(tariffs []Tariff, c Carrier, t time.Time) (Tariff, bool) {
	var best Tariff
	found := false
	for _, f := range tariffs {
		if f.Carrier == c && !f.From.After(t) && (!found || f.From.After(best.From)) {
			best, found = f, true
		}
	}
	return best, found
}
