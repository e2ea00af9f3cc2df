package console

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func TestAlarmsAreFiltered(t *testing.T) {
	d := newDesk(t, nil)
	ids := func(path string) []string {
		var out []string
		for _, m := range regexp.MustCompile(`<article class="alarm [^"]*" id="alarm-([^"]+)"`).FindAllStringSubmatch(d.get(t, path), -1) {
			out = append(out, m[1])
		}
		return out
	}
	all := ids("/alarms")
	require.Equal(t, []string{"roux/fire-1/fire_test", fire, stopped, lockout, latched, "marcinelle/grid/power-high", "dampremy/circuit-1/temp-low"}, all)
	require.Equal(t, []string{fire, lockout, "dampremy/circuit-1/temp-low"}, ids("/alarms?site=dampremy"))
	require.Equal(t, []string{"roux/fire-1/fire_test", fire}, ids("/alarms?discipline=fire"))
	require.Equal(t, []string{stopped, lockout, latched}, ids("/alarms?priority=2"))
	require.Equal(t, []string{latched}, ids("/alarms?state=latched&priority=2"))
	require.Equal(t, []string{"roux/fire-1/fire_test"}, ids("/alarms?state=in_test"))
	require.Equal(t, []string{shelf, "montignies/regulator-1/device_lost"}, ids("/alarms?list=inhibited"))
	require.Empty(t, ids("/alarms?site=%3Cscript%3E"))
	page := d.get(t, "/alarms")
	has(t, page, "Inhibées (2)", "the page")
	has(t, page, "Travaux et essais (2)", "the page")
	has(t, page, "EN ESSAI", "the page")
	has(t, page, "à répétition", "the page")
	require.NotContains(t, strings.ToLower(page), "acquitter")
}

func TestAFloodIsShownInParts(t *testing.T) {
	d := newDesk(t, nil)
	d.board.pour(500)
	count := func(path string) int { return strings.Count(d.get(t, path), `<article class="alarm `) }
	require.Equal(t, perPage, count("/alarms"))
	require.Equal(t, 2*perPage, count("/alarms?n=100"))
	require.Equal(t, 507, count("/alarms?n=100000"))
	require.Equal(t, perPage, count("/alarms?n=-3"))
	has(t, d.get(t, "/alarms"), "Afficher plus (encore 457)", "the page")
	require.Contains(t, d.get(t, "/alarms"), "Départ trop froid 499", "the worst first")
}

func TestAlarmPageDrawsWhatMayBeDrawn(t *testing.T) {
	d := newDesk(t, nil)
	page := d.get(t, alarmPath(lockout))
	for _, part := range []string{
		"Maison de repos de Dampremy · Chaudière 2", "Chaudière en sécurité", "depuis 06:12", "Vérifier la pression d’eau au manomètre", "Manque d’eau",
		"Plus de chauffage", "Agir en moins de 4 h 00", "service bâtiments", "limite", "alarme 06:12", "en charge 06:23", "prise en charge · <b>chauffagiste de garde</b>",
	} {
		has(t, page, part, "the page")
	}
	require.NotContains(t, page, "armée", "private series are not drawn")
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodGet, "/alarms/nowhere/x/y", nil).Code)
	d.board.broken = errStore
	has(t, d.get(t, alarmPath(lockout)), "L’historique (InfluxDB) ne répond pas", "the page without its curve")
}

func TestMeasuresSayWhetherTargetsAreMet(t *testing.T) {
	d := newDesk(t, nil)
	page := d.get(t, "/alarms/measures")
	for _, part := range []string{"Charge d’alarmes", "non tenu", "tenu", "EEMUA 191", "14 au plus", "20 alarmes", "47 min"} {
		has(t, page, part, "the page")
	}
	tongue := tongueOf(t, "fr")
	verdicts := func(m Measures) map[string]string {
		out := map[string]string{}
		for _, v := range tongue.verdicts(m) {
			out[v.Key] = v.State
		}
		return out
	}
	at := time.Date(2026, 11, 14, 0, 0, 0, 0, time.UTC)
	day := Measures{From: at, To: at.Add(24 * time.Hour), Counts: make([]int, 144)}
	require.Equal(t, map[string]string{
		"mean": "met", "peak": "met", "flood": "met", "mix": "open", "top": "open", "standing": "met", "chattering": "met", "taken": "open",
	}, verdicts(day), "a day without alarms")
	bad := day
	bad.Counts = make([]int, 144)
	for i := range bad.Counts {
		bad.Counts[i] = 2
	}
	bad.Counts[7] = 11
	bad.Mix = [5]int{0, 60, 60, 100, 77}
	bad.Floods = []Flood{{From: at, To: at.Add(30 * time.Minute), Count: 40}}
	bad.Top = []AlarmCount{{Count: 200}}
	bad.LongStanding, bad.Chattering = make([]SiteAlarm, 5), make([]SiteAlarm, 1)
	bad.Taken[gtc.PriorityHigh] = TakenIn{Count: 3, P95: 16 * time.Minute}
	for key, state := range verdicts(bad) {
		require.Equal(t, "missed", state, key)
	}
	empty := verdicts(Measures{})
	require.Equal(t, "open", empty["mean"], "nothing counted is not good")
}

func TestTokenTakesOneOccurrence(t *testing.T) {
	grants := map[string]Grant{"good": {Person: "garde-nuit", Alarm: stopped, Occurrence: 1}, "older": {Person: "garde-nuit", Alarm: lockout, Occurrence: 1}}
	d := newDesk(t, func(o *Options) {
		o.OpenRead = false
		o.Link = func(token string, _ time.Time) (Grant, error) {
			g, ok := grants[token]
			if !ok {
				return g, errLink
			}
			return g, nil
		}
	})
	page := d.get(t, "/t/good")
	has(t, page, "Circulateur arrêté", "the page")
	has(t, page, "au nom de garde-nuit", "the page")
	require.Empty(t, d.board.acts, "looking changes nothing")
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodPost, "/t/bad", nil).Code)
	require.Equal(t, http.StatusForbidden, d.ask(t, http.MethodPost, "/t/good", nil, "Sec-Fetch-Site", "cross-site").Code)
	require.Equal(t, http.StatusConflict, d.ask(t, http.MethodPost, "/t/older", nil).Code)
	has(t, d.get(t, "/t/older"), "Depuis, elle est réapparue", "the page")
	require.Empty(t, d.board.acts)
	w := d.ask(t, http.MethodPost, "/t/good", nil)
	require.Equal(t, http.StatusSeeOther, w.Code, w.Body)
	require.Equal(t, []Action{{Kind: ActAcknowledge, Alarm: stopped, By: "garde-nuit"}}, d.board.acts)
	has(t, d.get(t, "/t/good"), "Prise en charge par garde-nuit, 14:03", "the page")
	require.Equal(t, http.StatusConflict, d.ask(t, http.MethodPost, "/t/good", nil).Code, "once is enough")
	require.Equal(t, http.StatusSeeOther, d.ask(t, http.MethodGet, alarmPath(stopped), nil).Code, "the link opens nothing else")
}
