//go:build full

package why_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/simulators"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/region"
)

// rate is what was measured of a rule.
type rate struct {
	quiet         float64
	faults, found int
	delays        []int
}

// TestFullRates measures every rule on a park: new findings in a year of buildings
// without faults, and how many of the faults that a rule is for it finds and
// how soon. The library says what this test finds.
func TestFullRates(t *testing.T) {
	rates := map[string]*rate{}
	of := func(id string) *rate {
		if rates[id] == nil {
			rates[id] = &rate{}
		}
		return rates[id]
	}
	var mu sync.Mutex
	each(len(faultless(t)), func(i int) {
		p := faultless(t)[i]
		h := simulate(t, gtc.SiteID(fmt.Sprintf("quiet-%d", i)), p, parkDays)
		h.readDials()
		found := h.judge(all(t), parkDays)
		mu.Lock()
		defer mu.Unlock()
		for _, f := range found {
			if !f.Detected.Before(h.start.AddDate(0, 0, baselineDays)) {
				of(f.Rule).quiet++
				t.Logf("false: %s %-15s %s %s..%s %s", f.Rule, p.Category, f.Detected.Format(time.DateOnly), f.Onset.Format(time.DateOnly), f.Through.Format(time.DateOnly), f.Inputs["value"])
			}
		}
	})
	years := float64(len(faultless(t))) * (parkDays - baselineDays) / 365.25
	tests := trials(t)
	each(len(tests), func(i int) {
		x := tests[i]
		start := time.Date(2024, 8, 1, 0, 0, 0, 0, brussels(t))
		if set := all(t); slices.ContainsFunc(set.Rule(x.rule).Needs, func(n why.Need) bool { return n.Baseline }) || x.rule == "E2" || x.rule == "E4" || x.fault.From.After(start.AddDate(0, 9, 0)) {
			start = epoch(t) // a year before the fault for the baseline
		}
		p := params(x.category, 1300, uint64(60+i), start)
		if x.fault.Kind != "" {
			p.Faults = []building.Fault{x.fault}
		}
		var commands []command
		if x.command != nil {
			commands = []command{{x.fault.From, x.command}}
		}
		begin := int(x.fault.From.Sub(p.Epoch).Hours()/24 + 0.5)
		h := simulate(t, gtc.SiteID(fmt.Sprintf("fault-%d", i)), p, begin+foundWithin+2, commands...)
		h.readDials()
		if x.broken != nil {
			x.broken(&h.ev, int(x.fault.From.Sub(h.ev.From)/why.Step))
		}
		delay := -1
		var others []string
		for _, f := range h.judge(all(t), begin+foundWithin) {
			if f.Detected.Before(x.fault.From) {
				continue
			}
			others = append(others, f.Rule)
			if f.Rule == x.rule && delay < 0 {
				delay = int(f.Detected.Sub(x.fault.From).Hours()/24 + 0.5)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		r := of(x.rule)
		r.faults++
		if delay >= 0 {
			r.found++
			r.delays = append(r.delays, delay)
		}
		t.Logf("trial %-3s %-22s %-17s delay %d, all: %s", x.rule, x.fault.Kind, x.category, delay, strings.Join(others, " "))
	})
	set, err := why.Library()
	require.NoError(t, err)
	perYear := 0.0
	for i := range set {
		r := &set[i]
		if len(r.By) > 0 {
			continue
		}
		m := of(r.ID)
		slices.Sort(m.delays)
		found, delay := -1.0, 0
		if m.faults > 0 {
			found = float64(m.found) / float64(m.faults)
		}
		if len(m.delays) > 0 {
			delay = m.delays[len(m.delays)/2]
		}
		falseRate := m.quiet / years
		t.Logf("RATE %s %.2f %.2f %d %d", r.ID, falseRate, found, m.faults, delay)
		if r.Rate.Measured() {
			require.InDelta(t, r.Rate.False, falseRate, 0.006, r.ID)
			require.InDelta(t, r.Rate.Found, found, 0.006, r.ID)
			require.InDelta(t, r.Rate.Delay, delay, 3, r.ID)
		}
		if r.Enabled {
			perYear += falseRate
		}
	}
	t.Logf("enabled rules: %.2f new findings a building and year, %.1f a week on 50 sites", perYear, 50*perYear*7/365.25)
	require.LessOrEqual(t, 50*perYear*7/365.25, 2.0)
}

// The year of the baselines, the winter from October to March and the most new
// findings in a week of it that people are asked to bear.
const (
	firstYear  = 366
	winterDays = 182
	mostAWeek  = 10
)

// TestFullWinterOfTheCentre runs the park of the whole centre, fifty sites, over
// a year for the baselines and the winter after it with nothing wrong, and
// counts the new findings of all rules as they are shipped.
func TestFullWinterOfTheCentre(t *testing.T) {
	files, err := region.Full(1)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, files.Write(dir))
	cfg, err := config.Load(dir)
	require.NoError(t, err)
	park, err := simulators.ReadFile(filepath.Join(dir, "park.yaml"), cfg)
	require.NoError(t, err)
	require.Len(t, cfg.Sites, region.FullSites)
	shipped, err := why.Library()
	require.NoError(t, err)
	start := time.Date(2023, 10, 1, 0, 0, 0, 0, brussels(t))
	winter := start.AddDate(0, 0, firstYear)
	var mu sync.Mutex
	byRule, total := map[string]int{}, 0
	each(len(cfg.Sites), func(i int) {
		p, err := park.Sound(cfg.Sites[i], start)
		if err != nil {
			t.Error(err)
			return
		}
		if cfg.Sites[i].Category == gtc.CategoryOffice {
			p.CoolingKW = 0.006 * p.AreaM2
		}
		h := simulate(t, cfg.Sites[i].ID, p, firstYear+winterDays+1)
		h.readDials()
		found := h.judge(shipped, firstYear+winterDays)
		mu.Lock()
		defer mu.Unlock()
		for _, f := range found {
			if f.Detected.Before(winter) {
				continue
			}
			total++
			byRule[f.Rule]++
			t.Logf("false: %s %-15s %s %s..%s %s", f.Rule, p.Category, f.Detected.Format(time.DateOnly), f.Onset.Format(time.DateOnly), f.Through.Format(time.DateOnly), f.Inputs["value"])
		}
	})
	week := 7 * float64(total) / winterDays
	t.Logf("WINTER %d new findings of %d sites in %d days, %.2f a week, by rule %v", total, len(cfg.Sites), winterDays, week, byRule)
	require.LessOrEqual(t, week, float64(mostAWeek))
}
