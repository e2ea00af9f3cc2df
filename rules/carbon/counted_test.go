package carbon_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

func TestCounted(t *testing.T) {
	term := func(meter gtc.EquipmentID, d gtc.Direction) gtc.MeterTerm {
		return gtc.MeterTerm{Site: "s", Meter: meter, Direction: d}
	}
	m := func(id gtc.EquipmentID, c gtc.Carrier, d gtc.Direction, ean string) gtc.Meter {
		return gtc.Meter{Equipment: id, Carrier: c, Direction: d, EAN: ean, KWhPerUnit: 1}
	}
	const in, out, made = gtc.DirectionImport, gtc.DirectionExport, gtc.DirectionProduction
	sub := m("sub", gtc.CarrierGas, in, "")
	sub.SubmeterOf = "gas"
	use := m("use", gtc.CarrierElectricity, in, "")
	use.Terms = []gtc.MeterTerm{term("grid", in), term("grid", out), term("pv", made)}
	part := m("part", gtc.CarrierGas, in, "")
	part.Terms, part.Allocated = []gtc.MeterTerm{term("gas", in)}, true
	water := m("water", gtc.CarrierWater, in, "")
	for name, c := range map[string]struct {
		meters []gtc.Meter
		want   []string
	}{
		"gas, electricity and water":        {[]gtc.Meter{m("gas", gtc.CarrierGas, in, "5"), m("grid", gtc.CarrierElectricity, in, "6"), water}, []string{"gas/import", "grid/import"}},
		"heat behind the boiler":            {[]gtc.Meter{m("gas", gtc.CarrierGas, in, "5"), m("heat", gtc.CarrierHeat, in, "")}, []string{"gas/import"}},
		"heat that is bought":               {[]gtc.Meter{m("heat", gtc.CarrierHeat, in, "")}, []string{"heat/import"}},
		"a sub-meter that says so":          {[]gtc.Meter{m("gas", gtc.CarrierGas, in, "5"), sub}, []string{"gas/import"}},
		"a meter without EAN beside a main": {[]gtc.Meter{m("grid", gtc.CarrierElectricity, in, "6"), m("laundry", gtc.CarrierElectricity, in, "")}, []string{"grid/import"}},
		"no EAN at all":                     {[]gtc.Meter{m("grid", gtc.CarrierElectricity, in, ""), m("two", gtc.CarrierElectricity, in, "")}, []string{"grid/import", "two/import"}},
		"panels":                            {[]gtc.Meter{m("grid", gtc.CarrierElectricity, in, "6"), m("grid", gtc.CarrierElectricity, out, "6"), m("pv", gtc.CarrierElectricity, made, ""), use}, []string{"grid/import", "grid/export", "pv/production"}},
		"a part of a shared meter":          {[]gtc.Meter{m("gas", gtc.CarrierGas, in, "5"), part}, []string{"part/import"}},
	} {
		var got []string
		for _, x := range carbon.Counted(&gtc.Site{ID: "s", Meters: c.meters}) {
			got = append(got, string(x.Equipment)+"/"+string(x.Direction))
		}
		assert.Equal(t, c.want, got, name)
	}
}
