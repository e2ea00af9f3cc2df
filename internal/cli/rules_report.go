package cli

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/rules/backtest"
)

// writeBacktest prints a report for people: the faults by kind, then what was
// not found, then what was found and was not there.
func writeBacktest(out io.Writer, r backtest.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	p := func(format string, args ...any) {
		_, _ = fmt.Fprintf(w, format, args...) // Flush returns the error
	}
	p("Rejeu du %s au %s : %d compteurs jugés, %s années-compteur, %d non jugés\n", orDash(r.From), orDash(r.To), r.Meters, figure.Number(r.MeterYears, 1), len(r.NotJudged))
	if r.Scored {
		writeKinds(p, r)
		writeFaults(p, r)
	}
	writeFindings(p, r)
	for _, m := range r.NotJudged {
		p("non jugé\t%s/%s\t%s\n", m.Site, m.Meter, m.Reason)
	}
	return w.Flush()
}

func writeKinds(p func(string, ...any), r backtest.Report) {
	p("\ndéfaut\tnombre\ttrouvés\tmanqués\timprouvables\tnon jugés\tsans effet\tinduits en erreur\tdélai médian\tp90\tdepuis l’effet\tp90\tcause juste\tkWh estimés\tkWh vrais\trapport\tkWh non vus\n")
	for _, l := range append(slices.Clip(r.Kinds), r.Total) {
		ratio := "–"
		if l.Ratio != nil {
			ratio = figure.Number(*l.Ratio, 2)
		}
		p("%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%d/%d\t%s\t%s\t%s\t%s\n", l.Kind, l.Faults, l.Found, l.Missed, l.Unprovable, l.NotJudged, l.Handled, l.Misled,
			daysText(l.DelayP50), daysText(l.DelayP90), daysText(l.EffectP50), daysText(l.EffectP90), l.CauseRight, l.CauseNamed,
			figure.Number(l.EstimatedKWh, 0), figure.Number(l.TrueKWh, 0), ratio, figure.Number(l.LostKWh, 0))
	}
	f := r.False
	p("\nConstats faux : %d dérives, %d économies, %d sur les données, soit %s par année-compteur\n", f.Drift, f.Saving, f.Data, figure.Number(f.PerMeterYear, 2))
}

// writeFaults lists what became of each fault.
func writeFaults(p func(string, ...any), r backtest.Report) {
	p("\ndéfaut\tsite\tcompteur\tdébut\tfin\tétat\tvu le\tdélai\tdepuis l’effet\tkWh estimés\tkWh vrais\tremarque\n")
	for _, f := range r.Faults {
		remark := f.Why
		if f.Cause != "" {
			remark = "cause : " + f.Cause
		}
		if f.Masked != "" {
			remark += " (masqué par " + f.Masked + ")"
		}
		estimated, actual := figure.Number(f.EstimatedKWh, 0), figure.Number(f.TrueKWh, 0)
		if f.Status != backtest.StatusFound {
			estimated, actual = "–", figure.Number(f.TotalKWh, 0)
		}
		p("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Kind, f.Site, orDash(string(f.Meter)), f.From, orDash(f.To), statusText(f.Status),
			orDash(f.Detected), daysText(f.DelayDays), daysText(f.EffectDays), estimated, actual, remark)
	}
}

// writeFindings lists the findings; with a truth, only those that are false.
func writeFindings(p func(string, ...any), r backtest.Report) {
	title := "constat"
	if r.Scored {
		title = "constat faux"
	}
	shown := 0
	for _, f := range r.Findings {
		if r.Scored && f.Verdict != backtest.VerdictFalse {
			continue
		}
		if shown == 0 {
			p("\n%s\trègle\tsite\tcompteur\tdébut\tvu le\tfin\técart\tremarque\n", title)
		}
		shown++
		remark := f.Cause
		if f.Fault != "" {
			remark = "pendant " + f.Fault
		}
		p("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s %%\t%s\n", findingWord(f.Kind), f.Rule, f.Site, f.Meter, f.Onset, f.Detected, orDash(f.End), figure.Number(f.ExcessPct, 1), remark)
	}
	if shown == 0 && !r.Scored {
		p("\naucun constat\n")
	}
}

func daysText(d *int) string {
	if d == nil {
		return "–"
	}
	return fmt.Sprintf("%d j", *d)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func findingWord(k gtc.FindingKind) string {
	switch k {
	case gtc.FindingSaving:
		return "économie"
	case gtc.FindingData:
		return "données"
	case gtc.FindingDrift:
	}
	return "dérive"
}

func statusText(s backtest.Status) string {
	switch s {
	case backtest.StatusFound:
		return "trouvé"
	case backtest.StatusMissed:
		return "manqué"
	case backtest.StatusUnprovable:
		return "improuvable"
	case backtest.StatusHandled:
		return "sans effet"
	case backtest.StatusMisled:
		return "induit en erreur"
	case backtest.StatusNotJudged:
	}
	return "non jugé"
}
