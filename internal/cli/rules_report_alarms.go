package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/rules/alarm/replay"
)

// writeAlarmReplay prints a replay of alarms for people.
func writeAlarmReplay(out io.Writer, v alarmReplayView, list bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	p := func(format string, args ...any) {
		_, _ = fmt.Fprintf(w, format, args...) // Flush returns the error
	}
	r := &v.Report
	p("Rejeu du %s au %s : %d sites, %d échantillons", dayTime(r.From), dayTime(r.To), len(r.Sites), r.Samples)
	for _, more := range []struct {
		n    int
		what string
	}{{r.Late, "arrivés en retard"}, {r.Outside, "hors période"}, {r.Unwatched, "qu’aucune classe ne regarde"}} {
		if more.n > 0 {
			p(", %d %s", more.n, more.what)
		}
	}
	p("\n")
	if r.GapHours > 0 {
		p("Trous de plus d’une heure : %s h au total ; rien n’y est jugé.\n", figure.Number(r.GapHours, 1))
	}
	writeReplayLines(p, r)
	writeReplayLoad(p, r.Load)
	if len(r.Left) > 0 {
		p("\nNon rejouées (l’historique ne les montre pas) : %s\n", strings.Join(r.Left, ", "))
	}
	if v.Changes != nil {
		writeReplayChanges(p, v)
	}
	if list {
		writeOccurrences(p, "\nalarme", r.Occurrences)
	}
	return w.Flush()
}

func writeReplayLines(p func(string, ...any), r *replay.Report) {
	silent, unheard := 0, []string{}
	for i := range r.Classes {
		l := &r.Classes[i]
		if l.Raised == 0 {
			silent++
		}
		if l.Watched > 0 && l.Unheard == l.Watched {
			unheard = append(unheard, l.Class)
		}
	}
	if silent < len(r.Classes) {
		p("\nclasse\tsite\tpriorité\tlevées\tappels\téquipements\tpar jour\tpointe 10 min\tmédiane\tla plus longue\tbavardes\t> 24 h\tencore là\n")
	}
	for i := range r.Classes {
		if r.Classes[i].Raised == 0 {
			continue
		}
		writeReplayLine(p, &r.Classes[i], "tous")
		for k := range r.BySite {
			if r.BySite[k].Class == r.Classes[i].Class {
				writeReplayLine(p, &r.BySite[k], string(r.BySite[k].Site))
			}
		}
	}
	p("\n%d classes n’ont rien levé.", silent)
	if len(unheard) > 0 {
		p(" Sans aucune valeur dans l’historique, donc non éprouvées : %s.", strings.Join(unheard, ", "))
	}
	p("\n")
}

func writeReplayLine(p func(string, ...any), l *replay.Line, site string) {
	p("%s\t%s\tP%d\t%d\t%d\t%d/%d\t%s\t%d\t%s\t%s\t%d\t%d\t%d\n", l.Class, site, l.Priority, l.Raised, l.Called, l.Equipment, l.Watched,
		figure.Number(l.PerDay, 2), l.Peak, lasted(l.Median), lasted(l.Longest), l.Chattering, l.Standing, l.Open)
}

func writeReplayLoad(p func(string, ...any), l replay.Load) {
	p("\nmesure (EEMUA 191)\trelevé\tcible\n")
	p("appels\t%d, soit %s par jour\t\n", l.Calls, figure.Number(l.PerDay, 1))
	p("moyenne par 10 min\t%s\t≤ 1 acceptable\n", figure.Number(l.PerTen, 3))
	p("pointe en 10 min\t%d\t≤ 10\n", l.Peak)
	p("avalanches\t%d, %s %% du temps\t< 1 %%\n", l.Floods, figure.Number(100*l.FloodShare, 2))
	p("priorités P1/P2/P3/P4\t%d/%d/%d/%d\tP1 ≤ 5 %%, P2 ≤ 15 %%\n", l.Mix[0], l.Mix[1], l.Mix[2], l.Mix[3])
	p("alarmes bavardes\t%d\t0\n", l.Chattering)
	p("présentes > 24 h, au plus\t%d\t< 5\n", l.Standing)
	p("les dix premières\t%s %% des appels\t< 5 %%\n", figure.Number(100*l.TopShare, 0))
	for _, s := range l.Top {
		p("  %s\t%d\t\n", s.Alarm, s.Count)
	}
}

// writeReplayChanges prints what the second set of classes changes.
func writeReplayChanges(p func(string, ...any), v alarmReplayView) {
	a, b := &v.Load, &v.Against.Load
	p("\ncomparaison\tici\tl’autre jeu\n")
	p("appels\t%d\t%d\n", a.Calls, b.Calls)
	p("par jour\t%s\t%s\n", figure.Number(a.PerDay, 2), figure.Number(b.PerDay, 2))
	p("pointe en 10 min\t%d\t%d\n", a.Peak, b.Peak)
	p("bavardes\t%d\t%d\n", a.Chattering, b.Chattering)
	if len(v.Changes.Lines) == 0 {
		p("\nLes deux jeux de règles donnent les mêmes alarmes.\n")
		return
	}
	p("\nclasse\tsite\tappels ici\tl’autre\theures ici\tl’autre\tdisparues\tnouvelles\n")
	for _, c := range v.Changes.Lines {
		p("%s\t%s\t%d\t%d\t%s\t%s\t%d\t%d\n", c.Class, c.Site, c.Called[0], c.Called[1], figure.Number(c.Hours[0], 1), figure.Number(c.Hours[1], 1), c.Gone, c.New)
	}
	writeOccurrences(p, "\nseulement ici", v.Changes.OnlyFirst)
	writeOccurrences(p, "\nseulement dans l’autre jeu", v.Changes.OnlySecond)
}

func writeOccurrences(p func(string, ...any), title string, all []replay.Occurrence) {
	if len(all) == 0 {
		return
	}
	p("%s\tpriorité\tlevée\tretombée\tvaleur\tremarque\n", title)
	for i := range all {
		o := &all[i]
		end, value := "encore là", ""
		if !o.To.IsZero() {
			end = dayTime(o.To)
		}
		if o.Value != nil {
			value = figure.Number(*o.Value, 1)
		}
		var remarks []string
		for _, r := range []struct {
			is   bool
			what string
		}{{o.Suppressed, "inhibée par une autre"}, {o.Late, "arrivée en retard"}, {o.InTest, "en essai"}, {o.Chattering, "bavarde"}} {
			if r.is {
				remarks = append(remarks, r.what)
			}
		}
		p("%s\tP%d\t%s\t%s\t%s\t%s\n", o.Alarm, o.Priority, dayTime(o.From), end, value, strings.Join(remarks, ", "))
	}
}

// dayTime is an instant, in UTC as in the history.
func dayTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }

// lasted is a time in its two largest units.
func lasted(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%d j %d h", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%d h %02d", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d s", d/time.Second)
}
