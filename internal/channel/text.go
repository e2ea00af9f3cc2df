package channel

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// lastWords end every message about life safety: the platform informs, it
// does not call for help.
const lastWords = "Info GTC – procédure du site et 112"

// shortLength is what five parts of an SMS with accents hold, with some room.
const shortLength = 300

// words are the words of one language.
type words struct {
	over, latched, late, test, again, since, do, charge, several, bySite, reply, trial string

	months [12]string
}

func wordsOf(lang string) words {
	switch lang {
	case "nl":
		return words{
			over: "voorbij", latched: "vastgehouden tot reset", late: "laat ontvangen", test: "IN TEST", again: "herhaald: %d keer", since: "sinds", do: "Te doen",
			charge: "In behandeling nemen", several: "%d alarmen", bySite: "verzonden door de site",
			reply: "Antwoord %s om in behandeling te nemen", trial: "Test van GTC: dit bericht is goed aangekomen. Niets te doen.",
			months: [12]string{"jan.", "febr.", "maart", "april", "mei", "juni", "juli", "aug.", "sept.", "okt.", "nov.", "dec."},
		}
	case "en":
		return words{
			over: "over", latched: "held until reset", late: "received late", test: "UNDER TEST", again: "repeated: %d times", since: "since", do: "To do",
			charge: "Take in charge", several: "%d alarms", bySite: "sent by the site",
			reply: "Reply %s to take in charge", trial: "Test of GTC: this message has arrived. Nothing to do.",
			months: [12]string{"Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"},
		}
	}
	return words{
		over: "revenu à la normale", latched: "mémorisée jusqu'à réarmement", late: "reçu en retard", test: "EN ESSAI", again: "répétée : %d fois", since: "depuis", do: "À faire",
		charge: "Prendre en charge", several: "%d alarmes", bySite: "envoyé par le site",
		reply: "Répondre %s pour prendre en charge", trial: "Essai GTC : ce message est bien arrivé. Rien à faire.",
		months: [12]string{"janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
	}
}

// Places names a site and an equipment for people.
type Places func(site gtc.SiteID, eq gtc.EquipmentID) (siteName, equipment gtc.Label)

// Render says a message in the words of its recipient: the place first, then
// the fact, then since when. Times are those of loc.
func Render(m notify.Message, places Places, link string, loc *time.Location) Text {
	lang := m.To.Language
	w := wordsOf(lang)
	if m.Why == notify.Test {
		return Text{Subject: w.trial, Body: w.trial + "\n", Short: w.trial}
	}
	var body, short strings.Builder
	for i := range m.Alarms {
		line := w.line(m, &m.Alarms[i], places, lang, loc)
		body.WriteString(line + "\n")
		if i == 0 {
			short.WriteString(line)
		}
	}
	subject := short.String()
	if m.More > 0 {
		body.WriteString("… + " + fmt.Sprintf(w.several, m.More) + "\n")
	}
	if n := len(m.Alarms) + m.More; n > 1 {
		subject = fmt.Sprintf("P%d · "+w.several, m.Alarms[0].Priority, n)
		short.Reset()
		short.WriteString(subject + " : " + w.line(m, &m.Alarms[0], places, lang, loc))
	}
	if m.Why == notify.Raised {
		w.advice(&body, m, lang)
	}
	if link != "" {
		body.WriteString("\n" + w.charge + " : " + link + "\n")
	}
	end := ""
	if m.Reply != "" && m.Why == notify.Raised {
		end = fmt.Sprintf(w.reply, m.Reply)
		body.WriteString("\n" + end + "\n")
	}
	if m.LifeSafety() {
		end = strings.TrimPrefix(end+"\n"+lastWords, "\n")
		body.WriteString("\n" + lastWords + "\n")
	}
	return Text{Subject: subject, Body: body.String(), Short: fit(short.String(), end, link), Link: link}
}

// line says one alarm.
func (w words) line(m notify.Message, a *gtc.Alarm, places Places, lang string, loc *time.Location) string {
	site, eq := places(a.Site, a.Equipment)
	parts := []string{fmt.Sprintf("P%d", a.Priority), named(site, lang, string(a.Site))}
	if name := named(eq, lang, ""); name != "" {
		parts = append(parts, name)
	}
	fact := a.Label.In(lang)
	if m.Why == notify.Over {
		fact += ", " + w.over
	}
	fact += " " + w.since + " " + w.moment(a.Since, loc)
	if m.Why == notify.Over {
		fact = a.Label.In(lang) + ", " + w.over + " " + w.moment(a.Changed, loc)
	}
	parts = append(parts, fact)
	line := strings.Join(parts, " · ")
	if m.BySite {
		line += " (" + w.bySite + ")"
	}
	if a.InTest {
		line = w.test + " · " + line
	}
	if !m.Late.IsZero() {
		line += " (" + w.late + " " + w.moment(m.Late, loc) + ")"
	}
	if m.Why == notify.Raised { // nobody saw it
		switch a.Process() {
		case gtc.AlarmLatched, gtc.AlarmLatchedUnacknowledged:
			line += ", " + w.latched
		case gtc.AlarmReturned, gtc.AlarmNormal:
			line += ", " + w.over
		default:
		}
	}
	if m.Again > 0 {
		line += " (" + fmt.Sprintf(w.again, m.Again) + ")"
	}
	return line
}

// advice writes what to do, of the worst alarm.
func (w words) advice(body *strings.Builder, m notify.Message, lang string) {
	steps := m.Alarms[0].Advice.In(lang)
	if steps == "" {
		return
	}
	body.WriteString("\n" + w.do + " :\n")
	for step := range strings.Lines(steps) {
		body.WriteString("- " + strings.TrimSpace(step) + "\n")
	}
}

// moment writes an instant as the site's clock shows it.
func (w words) moment(at time.Time, loc *time.Location) string {
	t := at.In(loc)
	return fmt.Sprintf("%d %s %s", t.Day(), w.months[t.Month()-1], t.Format("15:04"))
}

func named(l gtc.Label, lang, otherwise string) string {
	if s := l.In(lang); s != "" {
		return s
	}
	return otherwise
}

// fit cuts what is said so that the end and the link are whole.
func fit(text, end, link string) string {
	parts := slices.DeleteFunc([]string{"", end, link}, func(s string) bool { return s == "" })
	tail := strings.Join(parts, "\n")
	if tail != "" {
		tail = "\n" + tail
	}
	room := shortLength - len([]rune(tail))
	if r := []rune(text); len(r) > room {
		text = strings.TrimSpace(string(r[:room-1])) + "…"
	}
	return text + tail
}
