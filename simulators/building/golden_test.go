package building_test

// The golden year of [TestGoldenYear]: kWh and °C.
const (
	goldenGas         = 772238.283247
	goldenElectricity = 200994.40046
	goldenHeat        = 483474.791689
	goldenRoom        = 21.7988337161
)
