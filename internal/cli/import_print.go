package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/cpas-charleroi/gtc/internal/importer"
)

// shownMistakes is how many mistakes and gaps are named one by one; --json
// and the watched folder have all.
const shownMistakes = 50

// printImport says in French what became of a file.
func printImport(w io.Writer, r importer.Report, loc *time.Location) error {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s → %s/%s (%s)", r.File, r.Site, r.Meter, kindText(r.Kind))
	say("  lignes      %d : %d prises, %d vides, %d doubles, %d d'un autre compteur ou sens, %d refusées", r.Rows, r.Taken, r.Empty, r.Duplicates, r.Others, r.Rejected)
	say("  lu comme    %s", readAs(r.Profile))
	if r.From != nil {
		say("  période     %s – %s", r.From.In(loc).Format("02/01/2006 15:04"), r.To.In(loc).Format("02/01/2006 15:04"))
	}
	total := fmt.Sprintf("%.1f kWh", r.TotalKWh)
	if r.TotalVolume != 0 {
		total += fmt.Sprintf(", volume ou index %.3f", r.TotalVolume)
	}
	if r.EstimatedKWh > 0 {
		total += fmt.Sprintf(", dont estimés %.1f kWh", r.EstimatedKWh)
	}
	if r.EUR != 0 {
		total += fmt.Sprintf(", %.2f EUR (non enregistrés)", r.EUR)
	}
	say("  total       %s", total)
	for _, code := range slices.Sorted(maps.Keys(r.Codes)) {
		say("  qualité     %s : %d", code, r.Codes[code])
	}
	for _, g := range r.Gaps[:min(len(r.Gaps), shownMistakes)] {
		say("  trou        %s – %s", g.From.In(loc).Format("02/01/2006 15:04"), g.To.In(loc).Format("02/01/2006 15:04"))
	}
	more(&b, "trous", len(r.Gaps))
	for _, n := range r.Notes {
		say("  note        %s", n)
	}
	verb := "écrits"
	if r.DryRun {
		verb = "à écrire (essai : rien n'est écrit)"
	}
	for _, x := range []struct {
		name string
		n    importer.Counts
	}{{"relevés", r.Readings}, {"heures", r.Hours}, {"jours", r.Days}} {
		if x.n != (importer.Counts{}) {
			say("  %-11s %d nouveaux et %d changés %s, %d déjà là, %d gardés (mesurés par le site)", x.name, x.n.New, x.n.Changed, verb, x.n.Unchanged, x.n.Kept)
		}
	}
	for _, m := range r.Mistakes[:min(len(r.Mistakes), shownMistakes)] {
		say("%s", m)
	}
	more(&b, "erreurs", len(r.Mistakes))
	_, err := io.WriteString(w, b.String())
	return err
}

// readAs says how a file was read, given or detected.
func readAs(p importer.Profile) string {
	var out []string
	for _, x := range []struct{ what, value string }{
		{"feuille", p.Sheet},
		{"encodage", p.Encoding},
		{"délimiteur", p.Delimiter},
		{"décimale", p.Decimal},
		{"unité", p.Unit},
		{"fuseau", p.Zone},
		{"heure", map[string]string{"start": "du début", "end": "de la fin"}[p.Stamp]},
	} {
		if x.value != "" {
			out = append(out, x.what+" "+x.value)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(p.Columns)) {
		out = append(out, role+" = "+p.Columns[role])
	}
	return strings.Join(out, " · ")
}

func more(b *strings.Builder, what string, n int) {
	if n > shownMistakes {
		fmt.Fprintf(b, "  … et %d %s de plus (--json les donne toutes)\n", n-shownMistakes, what)
	}
}

func kindText(k importer.Kind) string {
	switch k {
	case importer.KindReadings:
		return "relevés d'index"
	case importer.KindDelivery:
		return "livraisons"
	case importer.KindDipstick:
		return "jaugeages"
	case importer.KindInvoices:
		return "factures"
	case importer.KindIntervals:
	}
	return "consommations par intervalle"
}

// linesBar is a progress bar over lines, on a terminal only.
type linesBar struct{ bar *progressbar.ProgressBar }

func importBar(env Env, what string, quiet bool) *linesBar {
	if quiet || !terminal(env.Stderr) {
		return &linesBar{progressbar.DefaultSilent(1)}
	}
	// The length is told with the first progress; a bar without one would turn
	// by itself, in a goroutine of its own.
	return &linesBar{progressbar.NewOptions64(1,
		progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(env.Stderr), progressbar.OptionSetWidth(40),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "·", BarStart: "", BarEnd: ""}),
	)}
}

// A bar that cannot be drawn stops nothing.
func (b *linesBar) progress(done, total int) {
	b.bar.ChangeMax(total)
	_ = b.bar.Set(done)
}

func (b *linesBar) end() { _ = b.bar.Finish() }
