package carbon_test

import (
	"fmt"
	"testing"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// BenchmarkPath computes path and cadastre of 50 sites with gas and
// electricity of two and a half years.
func BenchmarkPath(b *testing.B) {
	w := weather(2024, 2026, mild)
	d := days(date(2024, 1, 1), date(2026, 6, 15), even(100))
	p := plan(factor(gtc.CarrierGas, date(2000, 1, 1), 0.2), factor(gtc.CarrierElectricity, date(2000, 1, 1), 0.3))
	var uses []carbon.Use
	var sites []carbon.Building
	for i := range 50 {
		id := gtc.SiteID(fmt.Sprintf("site-%d", i))
		power := power(gtc.DirectionImport, d)
		power.Site = id
		x := carbon.Building{Site: id, Category: gtc.CategoryOffice, AreaM2: 1000, Uses: []carbon.Use{gas(id, d), power}}
		sites, uses = append(sites, x), append(uses, x.Uses...)
	}
	for b.Loop() {
		if p.Path(uses, w, now).ReferenceKg == nil || len(p.Ranking(sites, w, now)) != 50 {
			b.Fatal("no path")
		}
	}
}
