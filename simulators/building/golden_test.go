package building_test

// The golden year of [TestGoldenYear]: kWh and °C.
const (
	goldenGas         = 772229.61853
	goldenElectricity = 200994.162775
	goldenHeat        = 483474.781076
	goldenRoom        = 21.7988853156
)
