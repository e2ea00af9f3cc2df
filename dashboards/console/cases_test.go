package console

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// of returns the id of the first finding of a site.
func (f *casesFixture) of(t *testing.T, site gtc.SiteID) string {
	t.Helper()
	for _, id := range f.ids() {
		if f.records[id].Site == site {
			return id
		}
	}
	require.FailNow(t, "no finding", site)
	return ""
}

func (d *desk) actOn(t *testing.T, path string, form url.Values) (int, string) {
	t.Helper()
	form.Set("token", d.token(t, "/account"))
	w := d.ask(t, http.MethodPost, path, form)
	if w.Code == http.StatusSeeOther {
		return w.Code, w.Header().Get("Location")
	}
	return w.Code, w.Body.String()
}

func TestFindingsAreListedByCost(t *testing.T) {
	d := newDesk(t, nil)
	page := d.get(t, "/constats")
	require.Contains(t, page, "Un constat n’appelle personne")
	board, err := d.cases.Findings(t.Context())
	require.NoError(t, err)
	last := 1e9
	for _, c := range worstCases(board.Findings) {
		require.Contains(t, page, findingPath(c.ID))
		if c.Kind == gtc.FindingDrift {
			require.LessOrEqual(t, *c.EURPerWeek, last)
			last = *c.EURPerWeek
		}
	}
	require.Contains(t, page, "en retard, prévu le")
	require.Contains(t, page, "écart terminé, à confirmer")

	only := d.get(t, "/constats?site=dampremy")
	require.Contains(t, only, findingPath(d.cases.of(t, "dampremy")))
	require.NotContains(t, only, findingPath(d.cases.of(t, "jumet")))
	require.NotContains(t, d.get(t, "/constats?state=new"), findingPath(d.cases.of(t, "jumet")))
	require.NotContains(t, d.get(t, "/constats?list=verify"), findingPath(d.cases.of(t, "dampremy")))
	require.Contains(t, d.get(t, "/constats?owner=monteur"), findingPath(d.cases.of(t, "jumet")))
	require.Contains(t, d.get(t, "/constats?list=closed"), "Aucun constat clos")
	for _, lang := range []string{"nl", "en"} {
		require.NotContains(t, d.get(t, "/constats?lang="+lang), "quelqu’un")
		require.NotContains(t, d.get(t, findingPath(d.cases.of(t, "jumet"))+"?lang="+lang), "À regarder")
		require.NotContains(t, d.get(t, "/travaux?lang="+lang), "Registre")
	}
}

func TestActingOnAFinding(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t, user.Read, user.Act)
	id := d.cases.of(t, "dampremy")
	path := findingPath(id)
	require.Contains(t, d.get(t, path), "Se connecter pour agir")
	w := d.ask(t, http.MethodPost, path, url.Values{"do": {"reject"}})
	require.Contains(t, w.Header().Get("Location"), "/sign-in?")
	d.signIn(t, "lecteur")
	require.Contains(t, d.get(t, path), "il ne peut pas agir")
	code, _ := d.actOn(t, path, url.Values{"do": {"comment"}, "reason": {"x"}})
	require.Equal(t, http.StatusForbidden, code)
	clear(d.cookies)
	d.signIn(t, "monteur")
	page := d.get(t, path)
	for _, want := range []string{
		"À regarder d’abord", "prix marginal, TVA comprise", "SELECT kwh, expected_kwh FROM energy", "Horaire de nuit trouvé en marche forcée", "\u00a0% à tort", "act-reject", "<svg",
	} {
		require.Contains(t, page, want)
	}
	require.Contains(t, page, "début")

	for _, refused := range []struct {
		form url.Values
		says string
	}{
		{url.Values{"do": {"reject"}, "reason": {"x"}}, "Il manque le genre"},
		{url.Values{"do": {"reject"}, "class": {"false"}}, "Il manque une raison"},
		{url.Values{"do": {"verify"}}, "ne le permet pas"},
		{url.Values{"do": {"correct"}, "reason": {"x"}, "day": {"2020-01-01"}}, "n’est pas possible"},
		{url.Values{"do": {"correct"}, "reason": {"x"}, "day": {"hier"}}, "n’est pas lisible"},
		{url.Values{"do": {"plan"}, "owner": {"personne-connue"}}, "Il manque le nom"},
		{url.Values{"do": {"comment"}, "reason": {strings.Repeat("a", 1001)}}, "trop long"},
	} {
		code, body := d.actOn(t, path, refused.form)
		require.Equal(t, http.StatusUnprocessableEntity, code, refused.form)
		require.Contains(t, body, refused.says, refused.form)
	}
	code, _ = d.actOn(t, path, url.Values{"do": {"dance"}})
	require.Equal(t, http.StatusBadRequest, code)
	before := d.cases.records[id]
	require.Equal(t, gtc.FindingInProgress, before.State, "nothing was changed")

	code, to := d.actOn(t, path, url.Values{"do": {"correct"}, "reason": {"Régulateur remis en automatique"}, "day": {"2026-11-20"}})
	require.Equal(t, http.StatusSeeOther, code)
	page = d.get(t, to)
	require.Contains(t, page, "Enregistré\u00a0: corrigé, par Le monteur")
	require.Contains(t, page, "il faut 28 jours connus")
	_, to = d.actOn(t, path, url.Values{"do": {"reopen"}, "reason": {"trop tôt"}})
	require.Contains(t, d.get(t, to), "trop tôt")
	_, to = d.actOn(t, path, url.Values{"do": {"reject"}, "class": {"wanted"}, "reason": {"Chantier voisin"}})
	require.Contains(t, d.get(t, to), "rejeté · réel, connu et voulu")
	require.Equal(t, gtc.FindingRejected, d.cases.records[id].State)
	require.NotContains(t, d.get(t, "/constats"), path)
	require.Contains(t, d.get(t, "/constats?list=closed"), path)

	jumet := findingPath(d.cases.of(t, "jumet"))
	require.Contains(t, d.get(t, jumet), "38 jours connus")
	_, to = d.actOn(t, jumet, url.Values{"do": {"verify"}})
	require.Contains(t, d.get(t, to), "Enregistré\u00a0: vérifié, par Le monteur")
	w = d.ask(t, http.MethodPost, jumet, url.Values{"do": {"comment"}, "reason": {"x"}, "token": {"forged"}})
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodGet, "/constats/nothing", nil).Code)
}

func TestWorksRegisterOnTheConsole(t *testing.T) {
	d := newDesk(t, nil)
	d.staff(t, user.Act)
	page := d.get(t, "/travaux")
	for _, want := range []string{"économie prouvée", "encore 118 jours à ce rythme", "aucune dérive n’est jugée depuis le", "12 lits de plus", "Rayé par", "option C de l’IPMVP", "12,5 ans", "Aile B isolée en 2024"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "act-record", "reading is not acting")
	d.signIn(t, "monteur")
	form := url.Values{"do": {"record"}, "place": {"dampremy/gas"}, "kind": {"works"}, "description": {"Calorifugeage"}, "from": {"2026-10-01"}, "cost": {"1 250,50"}, "expected": {"3"}}
	code, to := d.actOn(t, "/travaux", form)
	require.Equal(t, http.StatusSeeOther, code)
	require.Contains(t, d.get(t, strings.Split(to, "#")[0]), "Calorifugeage")
	e, ok := d.cases.reg.Entry("w9")
	require.True(t, ok)
	require.InDelta(t, 1250.5, e.CostEUR, 0)
	require.Equal(t, "monteur", e.By)
	require.Equal(t, []gtc.EquipmentID{"gas"}, e.Meters)

	for says, change := range map[string]url.Values{
		"n’est pas lisible":             {"cost": {"beaucoup"}},
		"cette période n’est pas":       {"to": {"2026-09-01"}},
		"pas sur des travaux":           {"adjust_pct": {"5"}, "adjust_reason": {"x"}},
		"Il manque une raison":          {"description": {" "}},
		"La durée ou la date n’est pas": {"from": {"demain"}},
	} {
		bad := maps.Clone(form)
		maps.Copy(bad, change)
		code, body := d.actOn(t, "/travaux", bad)
		require.Equal(t, http.StatusUnprocessableEntity, code, says)
		require.Contains(t, body, says)
	}
	require.Contains(t, d.get(t, "/travaux?edit=w9"), `value="1250.5"`)
	code, _ = d.actOn(t, "/travaux", url.Values{"do": {"close"}, "id": {"w9"}, "to": {"2026-10-20"}})
	require.Equal(t, http.StatusSeeOther, code)
	code, _ = d.actOn(t, "/travaux", url.Values{"do": {"strike"}, "id": {"w9"}, "reason": {"autre site"}})
	require.Equal(t, http.StatusSeeOther, code)
	e, _ = d.cases.reg.Entry("w9")
	require.Equal(t, works.Day("2026-10-20"), e.To)
	require.NotNil(t, e.Struck)

	meter := "/energy/dampremy/gas"
	require.Contains(t, d.get(t, meter), "Références précédentes")
	code, to = d.actOn(t, meter+"/baseline", url.Values{"from": {"2025-10-01"}, "to": {"2026-09-30"}, "reason": {"Chaufferie rénovée"}})
	require.Equal(t, http.StatusSeeOther, code)
	require.Contains(t, d.get(t, strings.Split(to, "#")[0]), "Référence déplacée")
	require.Contains(t, d.get(t, meter), "Chaufferie rénovée")
	_, to = d.actOn(t, meter+"/baseline", url.Values{"from": {"2025-10-01"}, "to": {"2026-01-30"}, "reason": {"x"}})
	require.Contains(t, d.get(t, strings.Split(to, "#")[0]), "n’est pas possible")
}

func TestFindingsAPI(t *testing.T) {
	_, router := contract(t)
	d := newDesk(t, nil)
	jumet := d.cases.of(t, "jumet")
	d.cases.do(d.cases.of(t, "roux"), finding.Input{Kind: finding.Lose, At: d.board.now, Reason: "recomputed"})
	for path, code := range map[string]int{
		"/api/v1/findings": 200, "/api/v1/findings?state=any": 200, "/api/v1/findings?course=withdrawn": 200, "/api/v1/findings?state=corrected&site=jumet": 200,
		"/api/v1/works": 200, "/api/v1/works?site=roux": 200,
	} {
		check(t, router, d.h, path, code)
	}
	require.Contains(t, d.get(t, "/api/v1/findings?state=corrected"), `"id":"`+jumet+`"`)
	require.NotContains(t, d.get(t, "/api/v1/findings?state=corrected"), "dampremy/")
	require.NotContains(t, d.get(t, "/api/v1/findings"), "roux/", "withdrawn")
	require.Contains(t, d.get(t, "/api/v1/findings?course=withdrawn"), "roux/")
	require.Contains(t, d.get(t, "/api/v1/findings/"+jumet), `"verdict":"over"`)
	require.Equal(t, http.StatusBadRequest, d.ask(t, http.MethodGet, "/api/v1/findings?state=tired", nil).Code)
	require.Equal(t, http.StatusBadRequest, d.ask(t, http.MethodGet, "/api/v1/findings?course=x", nil).Code)
	require.Equal(t, http.StatusNotFound, d.ask(t, http.MethodGet, "/api/v1/findings/nothing", nil).Code)
	require.NotContains(t, d.get(t, "/api/v1/works?site=roux"), "gilly")
}
