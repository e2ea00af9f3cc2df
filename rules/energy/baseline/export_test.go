package baseline

// Without returns the options without some parts of the native fit.
func (o FitOptions) Without(lag, holidays, robust bool) FitOptions {
	o.features = features{noLag: lag, noHolidays: holidays, noRobust: robust}
	return o
}
