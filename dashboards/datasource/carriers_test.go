package datasource

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/grafana"
)

// The page of a site tells carriers apart by line, and knows them by the names
// that the data source gives them, in every language.
func TestCarriersHaveALineEach(t *testing.T) {
	patterns := []string{}
	for _, board := range grafana.Dashboards() {
		for _, p := range board.Panels {
			for _, o := range p.FieldConfig.Overrides {
				if pattern, ok := o.Matcher.Options.(string); ok && o.Matcher.ID == "byRegexp" && strings.Contains(pattern, "elektriciteit") {
					for _, other := range p.FieldConfig.Overrides {
						if text, isText := other.Matcher.Options.(string); isText && other.Matcher.ID == "byRegexp" {
							patterns = append(patterns, strings.Trim(text, "/"))
						}
					}
				}
			}
		}
	}
	require.Len(t, patterns, 4, "one panel draws carriers")
	for _, language := range []string{"fr", "nl", "en"} {
		d := speaking(t, language)
		seen := map[string]bool{}
		for _, c := range []gtc.Carrier{gtc.CarrierGas, gtc.CarrierOil, gtc.CarrierHeat, gtc.CarrierElectricity} {
			group := &api.ConsumptionGroup{Meter: "compteur", MeterLabel: gtc.Label{"fr": "Compteur"}, Carrier: c}
			got := &api.Consumption{Group: api.GroupCarrier}
			for _, m := range []string{"actual", "expected"} {
				name := d.groupName(got, group) + " · " + d.say.column(m)
				var matched []string
				for _, p := range patterns {
					if regexp.MustCompile(p).MatchString(name) {
						matched = append(matched, p)
					}
				}
				require.Len(t, matched, 1, name)
				seen[matched[0]] = true
			}
		}
		assert.Len(t, seen, 4, language)
	}
}
