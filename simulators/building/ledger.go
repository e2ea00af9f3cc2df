package building

// Ledger is where energy came from and went since the epoch, in kWh.
type Ledger struct {
	// Into rooms and tank: what the boiler gave, and the sun, people and
	// electricity.
	Boiler, Gains float64
	// Out of them. Pipes are those of the heating circuit, Cold is what the
	// cooling coil took.
	Envelope, HotWater, Loop, Pipes, Cold float64
	// Stored is the heat in air, structure, radiators and tank above what it was.
	Stored float64

	// Gas is the energy (PCS) that passed the meter. Flue is what the burner
	// did not turn into heat, Leak what was never burnt, StandingLoss what the
	// boiler gave to its room and StartLoss to the chimney at starts;
	// BoilerStored is in its water.
	Gas, Flue, Leak, StandingLoss, StartLoss, BoilerStored float64

	// Circuit is the heat given to the heating circuit, what its meter counts.
	Circuit float64

	// Electricity is what the meter counted; the rest are its uses.
	Electricity                           float64
	Base, Lighting, Equipment             float64
	Kitchen, Lift, Ventilation, Auxiliary float64
	Cooling                               float64
}

// Residual is the heat that came into rooms and tank and is not accounted for.
func (l Ledger) Residual() float64 {
	return l.Boiler + l.Gains - l.Envelope - l.HotWater - l.Loop - l.Pipes - l.Cold - l.Stored
}

// GasResidual is the gas that is not accounted for.
func (l Ledger) GasResidual() float64 {
	return l.Gas - l.Flue - l.Leak - l.Boiler - l.StandingLoss - l.StartLoss - l.BoilerStored
}

// ElectricityResidual is the electricity that no use accounts for.
func (l Ledger) ElectricityResidual() float64 {
	return l.Electricity - l.Base - l.Lighting - l.Equipment - l.Kitchen - l.Lift - l.Ventilation - l.Auxiliary - l.Cooling
}
