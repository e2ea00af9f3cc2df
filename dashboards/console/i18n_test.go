package console

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/user"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

func tongueOf(t *testing.T, lang string) *tongue {
	t.Helper()
	zone, err := time.LoadLocation(zoneName)
	require.NoError(t, err)
	all, err := loadTongues(zone)
	require.NoError(t, err)
	return all[lang]
}

func TestEveryTextExistsInEveryLanguage(t *testing.T) {
	verbs := regexp.MustCompile(`%(\[\d\])?[sdv%]|\{\w+\}`)
	want, err := readTexts(reference)
	require.NoError(t, err)
	for _, lang := range languages() {
		got, err := readTexts(lang)
		require.NoError(t, err)
		for key, text := range want {
			require.NotEmpty(t, got[key], "%s has no %s", lang, key)
			require.Equal(t, verbs.FindAllString(text, -1), verbs.FindAllString(got[key], -1), "%s in %s takes other arguments", key, lang)
		}
		for key := range got {
			_, ok := want[key] // require.Contains walks the whole map for each
			require.True(t, ok, "%s: %s says more than %s", key, lang, reference)
		}
	}
}

func TestEveryTextNamedByAPageExists(t *testing.T) {
	texts, err := readTexts(reference)
	require.NoError(t, err)
	named := regexp.MustCompile(`\b(t|th|count) "([a-z0-9_.]+)"`)
	for _, name := range append(pageNames(), "layout", "parts") {
		data, err := fs.ReadFile(templates, "templates/"+name+".html")
		require.NoError(t, err)
		for _, m := range named.FindAllStringSubmatch(string(data), -1) {
			key := m[2]
			if m[1] == "count" {
				require.NotEmpty(t, texts[key+".one"], "%s: %s", name, key)
				key += ".many"
			}
			require.NotEmpty(t, texts[key], "%s: %s", name, key)
		}
	}
}

func TestProblemsHaveTexts(t *testing.T) {
	texts, err := readTexts(reference)
	require.NoError(t, err)
	for _, kind := range []string{"parameter", "unknown", "private", "timeout", "store", "internal", "page", "method", "unhealthy", "signin", "foreign", "form", "right", "link"} {
		require.Contains(t, texts, "problem."+kind+".title")
		require.Contains(t, texts, "problem."+kind+".detail")
	}
}

func TestDomainWordsAreTranslated(t *testing.T) {
	texts, err := readTexts(reference)
	require.NoError(t, err)
	for q := gtc.QualityUnknown; q <= gtc.QualityOutOfService; q++ {
		require.Contains(t, texts, "quality."+q.String())
	}
	for _, c := range []gtc.Carrier{gtc.CarrierElectricity, gtc.CarrierGas, gtc.CarrierHeat, gtc.CarrierOil, gtc.CarrierWater} {
		require.Contains(t, texts, "carrier."+string(c))
	}
	for _, s := range []gtc.AlarmState{
		gtc.AlarmNormal, gtc.AlarmUnacknowledged, gtc.AlarmAcknowledged, gtc.AlarmReturned, gtc.AlarmLatchedUnacknowledged, gtc.AlarmLatched,
		gtc.AlarmShelved, gtc.AlarmSuppressed, gtc.AlarmOutOfService,
	} {
		require.Contains(t, texts, "alarm.state."+string(s))
	}
	for _, d := range alarm.Disciplines() {
		require.Contains(t, texts, "discipline."+d)
	}
	for _, r := range user.Rights() {
		require.Contains(t, texts, "right."+string(r))
		require.Contains(t, texts, "right_help."+string(r))
	}
	for _, k := range []alarm.WorkKind{alarm.WorkMaintenance, alarm.WorkTest} {
		require.Contains(t, texts, "work.kind."+string(k))
	}
}

func TestNoTextPromisesGreen(t *testing.T) {
	for _, lang := range languages() {
		texts, err := readTexts(lang)
		require.NoError(t, err)
		for key, text := range texts {
			require.False(t, slices.Contains(strings.Fields(text), "OK"), "%s in %s", key, lang)
			require.NotContains(t, strings.ToLower(text), "acquitter", "%s in %s", key, lang)
		}
	}
}

func TestNumbersAndDates(t *testing.T) {
	fr, en := tongueOf(t, "fr"), tongueOf(t, "en")
	at := time.Date(2026, 11, 21, 13, 3, 7, 0, time.UTC)
	require.Equal(t, "21 nov. 2026 14:03", fr.Moment(at))
	require.Equal(t, "21 Nov 2026 14:03", en.Moment(at))
	require.Equal(t, "1\u202f284\u202f503,5", fr.Number(1284503.46, 1))
	require.Equal(t, "−0,4", fr.Number(-0.44, 1))
	require.Equal(t, "0", fr.Number(-0.4, 0), "no negative zero")
	require.Equal(t, "+12", fr.Signed(12, 0))
	require.Equal(t, "0", fr.Signed(0.2, 0))
	for d, want := range map[time.Duration]string{
		-time.Minute: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min", 134 * time.Minute: "2 h 14",
		47*time.Hour + 5*time.Minute: "47 h 05", 76 * time.Hour: "3 j 4 h", 12 * 24 * time.Hour: "12 j",
	} {
		require.Equal(t, want, fr.Age(d))
	}
	require.Equal(t, "06:12", fr.When(at, at.Add(-7*time.Hour-51*time.Minute)))
	require.Equal(t, "20 nov. 14:03", fr.When(at, at.Add(-24*time.Hour)))
	require.Equal(t, "21 nov. 2025 14:03", fr.When(at, at.AddDate(-1, 0, 0)))
	require.Equal(t, "0 site", strings.Replace(fr.count("park.findings", 0), "constat", "site", 1))
}

// A baseline's remark is a sentence of the screen's language; its figures are
// for those who read English.
func TestRemarkOfABaseline(t *testing.T) {
	tongues, err := loadTongues(time.UTC)
	require.NoError(t, err)
	for reason, want := range map[string][2]string{
		"too few days: 183 of the 329 needed": {"trop peu de jours mesurés.", "too few days: 183 of the 329 needed"},
		"no consumption":                      {"aucune consommation.", "no consumption."},
		"tank":                                {"Jours estimés\u00a0: rien d’estimé n’entre dans une référence.", ""},
		"of another kind":                     {"of another kind", "of another kind"},
		"":                                    {"", ""},
	} {
		require.Equal(t, want[0], tongues["fr"].Remark(reason))
		if want[1] != "" {
			require.Equal(t, want[1], tongues["en"].Remark(reason))
		}
	}
}
