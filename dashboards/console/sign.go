package console

import (
	"fmt"
	"html/template"

	"github.com/cpas-charleroi/gtc"
)

// sign draws the sign of a priority: a shape of its own with its number in it,
// so that colour is never alone. It says nothing to a screen reader; a text
// stands beside it.
func sign(p gtc.Priority) template.HTML {
	shape, y := "", 17.0
	switch p {
	case gtc.PriorityCritical:
		shape = `<rect x="2" y="2" width="20" height="20" rx="1.5"/>`
	case gtc.PriorityHigh:
		shape, y = `<path d="M12 1.2 23.4 22H.6z"/>`, 19.5
	case gtc.PriorityMedium:
		shape = `<circle cx="12" cy="12" r="10.6"/>`
	case gtc.PriorityDrift:
		shape = `<path d="M12 .4 23.6 12 12 23.6.4 12z"/>`
	default:
		return ""
	}
	return template.HTML(fmt.Sprintf(`<svg class="sign p%d" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">`+
		`%s<text x="12" y="%g" text-anchor="middle">%d</text></svg>`, p, shape, y, p))
}

// icon draws one of the navigation's icons.
func icon(name string) template.HTML {
	paths := map[string]string{
		"park":   `<path d="M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z"/>`,
		"alarms": `<path d="M12 3.5 21.5 20h-19zM12 10v5M12 17.2v.6"/>`,
		"energy": `<path d="M3 20h18M4 16l5-6 4 3 7-9"/>`,
		"more":   `<path d="M4 6h16M4 12h16M4 18h16"/>`,
		"person": `<path d="M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5"/>`,
		"lock":   `<path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>`,
		"chart":  `<path d="M3 20h18M4 16l5-6 4 3 7-9"/>`,
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">` + paths[name] + `</svg>`)
}
