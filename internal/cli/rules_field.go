package cli

import (
	"context"
	"fmt"

	"github.com/cpas-charleroi/gtc/internal/figure"
	life "github.com/cpas-charleroi/gtc/rules/finding"
)

// addField adds to the energy rules how people judged their findings.
func addField(ctx context.Context, env Env, dir string, rules []ruleView) error {
	nc, _, err := dialHub(dir, env.Getenv)
	if err != nil {
		return err
	}
	defer nc.Close()
	records, err := keptFindings(ctx, nc)
	if err != nil {
		return err
	}
	byRule := map[string]life.Rate{}
	for _, rate := range life.Rates(records) {
		byRule[rate.Rule] = rate
	}
	for i := range rules {
		if rate, ok := byRule[rules[i].ID]; ok && rules[i].Type == "energy" {
			rules[i].Field = &rate
		}
	}
	return nil
}

// inField says how a rule did, nothing when nobody asked.
func inField(rate *life.Rate) []string {
	if rate == nil {
		return nil
	}
	rejected := 0
	for _, n := range rate.Rejected {
		rejected += n
	}
	text := fmt.Sprintf("field: %d findings, %d judged, %d rejected", rate.Found, rate.Decided, rejected)
	if rate.FalseRate != nil {
		text += fmt.Sprintf(", %s %% false", figure.Number(100**rate.FalseRate, 0))
	}
	return []string{text}
}
