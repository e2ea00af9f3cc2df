package cli

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// plotDrift writes PREFIX-signature.svg, PREFIX-consumption.svg and
// PREFIX-cusum.svg and returns their names.
func plotDrift(prefix, meter string, h figure.History) ([]string, error) {
	figures := []struct {
		name string
		draw func(io.Writer) error
	}{
		{"signature", func(w io.Writer) error {
			return figure.Signature(w, signatureWords(meter, h.Baseline), h.Baseline, h.Days)
		}},
		{"consumption", func(w io.Writer) error { return figure.Consumption(w, historyWords("Consommation", meter, h), h) }},
		{"cusum", func(w io.Writer) error { return figure.CUSUM(w, historyWords("CUSUM", meter, h), h) }},
	}
	var names []string
	for _, f := range figures {
		name := prefix + "-" + f.name + ".svg"
		if err := writeFigure(name, f.draw); err != nil {
			return names, err
		}
		names = append(names, name)
	}
	return names, nil
}

// signatureWords say what a signature shows.
func signatureWords(meter string, b baseline.Baseline) figure.Words {
	m, s := b.Metrics, b.Whole
	facts := []string{
		period(b.From, b.To), figure.Number(float64(m.N), 0) + " jours", "R² " + figure.Number(m.R2, 2),
		"CV(RMSE) " + figure.Number(100*m.CVRMSE, 1) + " %", "talon " + figure.Number(s.Intercept, 0) + " kWh/j",
	}
	if s.Heating > 0 {
		facts = append(facts, "pente "+figure.Number(s.Heating, 1)+" kWh/(K·j)")
	}
	if p := b.ProvablePct(); !math.IsNaN(p) {
		facts = append(facts, "seuil prouvable "+figure.Number(p, 1)+" % par an")
	}
	alt := fmt.Sprintf("Signature énergétique de %s : consommation journalière selon la température extérieure, talon %s kWh par jour", meter, figure.Number(s.Intercept, 0))
	if s.Heating > 0 {
		alt += fmt.Sprintf(", %s kWh par degré et par jour sous la température d’équilibre de %s °C", figure.Number(s.Heating, 1), figure.Number(s.HeatingBP, 1))
	}
	return figure.Words{Title: "Signature énergétique · " + meter, Subtitle: strings.Join(facts, " · "), Alternative: alt + "."}
}

// historyWords say what was found, or that nothing was.
func historyWords(what, meter string, h figure.History) figure.Words {
	said := "aucun constat"
	if n := len(h.Findings); n > 0 {
		last := h.Findings[n-1]
		said = strings.TrimSuffix(last.Text.In("fr"), ".")
		if n > 1 {
			said = fmt.Sprintf("%d constats, le dernier : %s", n, said)
		}
	}
	return figure.Words{
		Title: what + " · " + meter, Subtitle: "Référence " + period(h.Baseline.From, h.Baseline.To) + " · " + said,
		Alternative: what + " de " + meter + " : " + said + ".",
	}
}

// period writes a first and a last day; to is the day after it.
func period(from, to time.Time) string {
	return figure.Date(from) + " – " + figure.Date(to.AddDate(0, 0, -1))
}
