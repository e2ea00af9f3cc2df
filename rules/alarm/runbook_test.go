package alarm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

const runbooks = "../../docs/runbooks"

// TestRunbooks keeps docs/runbooks the same as the shipped classes.
func TestRunbooks(t *testing.T) {
	cat, classes := load(t)
	want := map[string]string{"README.md": index(classes)}
	for i := range classes {
		want[classes[i].ID+".md"] = runbook(cat, &classes[i])
	}
	if *update {
		for name, text := range want {
			require.NoError(t, os.WriteFile(filepath.Join(runbooks, name), []byte(text), 0o644))
		}
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(runbooks, name))
		require.NoError(t, err, "write it with: go test ./rules/alarm -update")
		require.Equal(t, text, string(got), "write it with: go test ./rules/alarm -update")
	}
	files, err := filepath.Glob(runbooks + "/*.md")
	require.NoError(t, err)
	for _, f := range files {
		require.Contains(t, want, filepath.Base(f), "a runbook without a class")
	}
}

const generated = "<!-- Written from rules/library by `go test ./rules/alarm -update`. -->\n\n"

func index(classes []alarm.Class) string {
	var b strings.Builder
	b.WriteString("# Runbooks\n\n" + generated)
	b.WriteString("One page a class of alarm: what it means, what follows from it, what to do.\n\n")
	b.WriteString("| priority | alarm | label | discipline |\n|---|---|---|---|\n")
	sorted := slices.Clone(classes)
	slices.SortStableFunc(sorted, func(a, b alarm.Class) int { return int(a.Priority) - int(b.Priority) })
	for _, c := range sorted {
		fmt.Fprintf(&b, "| %s | [%s](%s.md) | %s | %s |\n", priority(&c), c.ID, c.ID, c.Label["fr"], c.Discipline)
	}
	return b.String()
}

func runbook(cat *catalogue.Catalogue, c *alarm.Class) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s%s · %s · %s\n\n", c.ID, generated, c.Label["fr"], c.Label["nl"], c.Label["en"])
	b.WriteString("| | |\n|---|---|\n")
	fmt.Fprintf(&b, "| priority | %s |\n| life safety | %s |\n| discipline | %s |\n", priority(c), yes(c.LifeSafety), c.Discipline)
	if c.Kind != "" {
		fmt.Fprintf(&b, "| equipment | %s (`%s`) |\n", cat.KindLabel(c.Kind).In("en"), c.Kind)
	}
	fmt.Fprintf(&b, "| condition | %s |\n", condition(cat, c))
	fmt.Fprintf(&b, "| raised after | %s |\n| returns after | %s |\n", delay(c.OnDelay), delay(c.OffDelay))
	behaviour(&b, c)
	for _, lang := range []struct{ key, cause, consequence, advice string }{
		{"fr", "Cause", "Conséquence", "Consigne"},
		{"nl", "Oorzaak", "Gevolg", "Wat te doen"},
		{"en", "Cause", "Consequence", "What to do"},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n**%s.** %s\n\n**%s.** %s\n\n**%s.**\n\n", c.Label[lang.key],
			lang.cause, c.Cause[lang.key], lang.consequence, c.Consequence[lang.key], lang.advice)
		for i, step := range c.Advice[lang.key] {
			fmt.Fprintf(&b, "%d. %s\n", i+1, step)
		}
	}
	return b.String()
}

// behaviour says what surrounds the condition, where there is something to say.
func behaviour(b *strings.Builder, c *alarm.Class) {
	if c.Latch {
		b.WriteString("| latch | stays until somebody who looked resets it |\n")
	}
	if c.Scope == alarm.ScopeSite {
		b.WriteString("| explains | what follows from it anywhere on the site |\n")
	}
	if len(c.SuppressedBy) > 0 {
		fmt.Fprintf(b, "| silent during | %s |\n", strings.Join(c.SuppressedBy, ", "))
	}
	if c.Settle.For > 0 {
		fmt.Fprintf(b, "| waits | %s after a change of `%s`, at most %s more |\n",
			delay(c.Settle.For), strings.Join(pointNames(c.Settle.Points), "`, `"), delay(c.Settle.AtMost))
	}
	if c.OfficeHours {
		b.WriteString("| first call | when the technical service is at work |\n")
	}
	if c.TimeToAct > 0 {
		fmt.Fprintf(b, "| time to act | %s |\n", delay(c.TimeToAct))
	}
	if r := c.Rise; r.Priority != 0 {
		when := ""
		if r.After > 0 {
			when = " after " + delay(r.After)
		}
		if r.OutsideHours {
			when += " or outside staffed hours"
		}
		fmt.Fprintf(b, "| rises | to P%d%s |\n", r.Priority, when)
	}
}

func priority(c *alarm.Class) string {
	if c.PriorityFire != 0 {
		return fmt.Sprintf("P%d (P%d with a fire panel)", c.Priority, c.PriorityFire)
	}
	return fmt.Sprintf("P%d", c.Priority)
}

func yes(b bool) string {
	if b {
		return "yes: never delayed, shelved, grouped or suppressed"
	}
	return "no"
}

func delay(d time.Duration) string {
	if d == 0 {
		return "at once"
	}
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "" || strings.HasSuffix(d.String(), "0s") && !strings.ContainsAny(s, "hm") {
		s = d.String()
	}
	return s
}

func condition(cat *catalogue.Catalogue, c *alarm.Class) string {
	w := c.When
	switch {
	case w.Watch == alarm.WatchEdge:
		return "no heartbeat from the site's edge"
	case w.Watch == alarm.WatchUnread:
		return "a life-safety point of the equipment is absent or doubtful while its device answers; one alarm for all its points"
	case w.Watch == alarm.WatchDevice:
		return "a device does not answer"
	case w.Watch == alarm.WatchStoreAway:
		return "the hub does not reach InfluxDB, or InfluxDB takes nothing now (5xx, 429, no answer)"
	case w.Watch == alarm.WatchStoreRefused:
		return "InfluxDB refuses the hub as such (401, 403, 404)"
	case w.Watch == alarm.WatchUnsent:
		return "a message to a person was given up: refused for good, returned, or not sent in time (1 min for P1, 5 min for P2, 24 h otherwise)"
	case w.Watch == alarm.WatchUntold:
		return "there is an alarm of priority 1 to 3 of which no person can be told"
	case w.Watch == alarm.WatchChannel:
		return "the test of a way to people (each day, and when the hub starts) fails"
	case w.Expr != "" && w.Clear != "":
		return fmt.Sprintf("`%s`, until `%s`", w.Expr, w.Clear)
	case w.Expr != "":
		return fmt.Sprintf("`%s`", w.Expr)
	}
	if text := course(w); text != "" {
		return text
	}
	if len(w.Any) > 0 {
		return "`" + strings.Join(pointNames(w.Any), "` or `") + "` is true"
	}
	p, _ := cat.Point(c.Kind, w.Point)
	switch {
	case w.Above != nil:
		return fmt.Sprintf("`%s` above %g %s, dead-band %g", w.Point, *w.Above, p.Unit, w.DeadBand)
	case w.Below != nil:
		return fmt.Sprintf("`%s` below %g %s, dead-band %g", w.Point, *w.Below, p.Unit, w.DeadBand)
	case p.Type == gtc.TypeEnum:
		var states []string
		for _, e := range w.In {
			states = append(states, fmt.Sprintf("%d (%s)", e, p.Enum[e].In("en")))
		}
		return fmt.Sprintf("`%s` is %s", w.Point, strings.Join(states, " or "))
	}
	return fmt.Sprintf("`%s` is true", w.Point)
}

// course says a condition on how a point goes on.
func course(w alarm.Condition) string {
	switch {
	case w.Watch == alarm.WatchRule:
		return "an expression of a class cannot be computed"
	case w.Each != "":
		return fmt.Sprintf("`%s` is true, each for itself", w.Each)
	case w.Stuck > 0:
		return fmt.Sprintf("`%s` has not moved by more than %g for %s", w.Point, w.Tolerance, delay(w.Stuck))
	case w.Missing > 0:
		return fmt.Sprintf("`%s` is absent or doubtful for %s although the site is heard", w.Point, delay(w.Missing))
	case w.Rises > 0:
		return fmt.Sprintf("`%s` rises by more than %g within %s", w.Point, w.Rises, delay(w.Within))
	case w.Falls > 0:
		return fmt.Sprintf("`%s` falls by more than %g within %s", w.Point, w.Falls, delay(w.Within))
	case w.Starts > 0:
		return fmt.Sprintf("`%s` becomes true more than %d times within %s", w.Point, w.Starts, delay(w.Within))
	}
	return ""
}

func pointNames(points []gtc.PointID) []string {
	out := make([]string, len(points))
	for i, p := range points {
		out[i] = string(p)
	}
	return out
}
