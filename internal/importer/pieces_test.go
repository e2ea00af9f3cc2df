package importer

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func brussels(tb testing.TB) *time.Location {
	tb.Helper()
	loc, err := time.LoadLocation("Europe/Brussels")
	require.NoError(tb, err)
	return loc
}

func TestNumber(t *testing.T) {
	for _, x := range []struct {
		text, decimal string
		want          float64
		ok            bool
	}{
		{"1234,5", ",", 1234.5, true},
		{"1 234,5", ",", 1234.5, true},
		{"1\u202f234,5", ",", 1234.5, true},
		{"1.234,5", ",", 1234.5, true},
		{"1.234.567", ",", 1234567, true},
		{"1,234.5", ".", 1234.5, true},
		{"1'234.5", ".", 1234.5, true},
		{"0.250", ".", 0.25, true},
		{"-0,5", ",", -0.5, true},
		{"−0,5", ",", -0.5, true},
		{",5", ",", 0.5, true},
		{"1e3", ".", 1000, true},
		{"0.250", ",", 0, false},
		{"12.5", ",", 0, false},
		{"1,2,3", ",", 0, false},
		{"1.23,4.5", ",", 0, false},
		{"1,5 kWh", ",", 0, false},
		{"0x10", ".", 0, false},
		{"1_000", ".", 0, false},
		{"inf", ".", 0, false},
		{"1e400", ".", 0, false},
		{"", ",", 0, false},
		{"-", ",", 0, false},
	} {
		got, err := number(x.text, x.decimal)
		require.Equal(t, x.ok, err == nil, "%q with %q: %v, %v", x.text, x.decimal, got, err)
		require.InDelta(t, x.want, got, 1e-12, "%q", x.text)
	}
}

func TestGuessDecimal(t *testing.T) {
	for want, lists := range map[string][][]string{
		",": {{"1,5"}, {"12", "13"}, {"1.234,5"}, {"1.234.567", "12"}, {"0,123", "0,456"}},
		".": {{"1.5"}, {"1,234.5"}, {"1,234,567"}, {"0.123", "0.456"}},
	} {
		for _, l := range lists {
			require.Equal(t, want, guessDecimal(l), "%v", l)
		}
	}
}

// TestDecimalRoundTrip writes numbers as the two habits do and reads them back
// without being told which it was.
func TestDecimalRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := float64(rapid.Int64Range(-99_999_999, 99_999_999).Draw(t, "v")) / 100
		text := fmt.Sprintf("%.2f", v)
		french := []byte(text)
		french[len(french)-3] = ','
		for _, s := range []string{text, string(french)} {
			got, err := number(s, guessDecimal([]string{s}))
			if err != nil || got != v {
				t.Fatalf("%s: %v %v", s, got, err)
			}
		}
	})
}

func TestParseWall(t *testing.T) {
	text := &sheet{}
	excel := &sheet{excel: true}
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04:05", s)
		require.NoError(t, err)
		return v
	}
	for _, x := range []struct {
		in   string
		s    *sheet
		want string
		day  bool
	}{
		{"31/12/2025 14:15", text, "2025-12-31 14:15:00", false},
		{"31/12/2025", text, "2025-12-31 00:00:00", true},
		{"31-12-2025 14h15", text, "2025-12-31 14:15:00", false},
		{"31.12.2025", text, "2025-12-31 00:00:00", true},
		{"2025-12-31T14:15:30", text, "2025-12-31 14:15:30", false},
		{"2025/12/31 24:00", text, "2026-01-01 00:00:00", false},
		{"20251231", text, "2025-12-31 00:00:00", true},
		{"2025-12-31 14:15:00.000", text, "2025-12-31 14:15:00", false},
		{"46022.59375", excel, "2025-12-31 14:15:00", false},
		{"46022", excel, "2025-12-31 00:00:00", true},
		{"31/12/2025", excel, "2025-12-31 00:00:00", true},
	} {
		w, err := parseWall(x.in, x.s)
		require.NoError(t, err, x.in)
		require.Equal(t, at(x.want), w.at, x.in)
		require.Equal(t, x.day, w.day, x.in)
		require.Nil(t, w.offset)
	}
	w, err := parseWall("2025-12-31T14:15:00+01:00", text)
	require.NoError(t, err)
	require.Equal(t, 3600, *w.offset)
	for _, bad := range []string{"", "31/02/2025", "12/31/2025", "31/12/25", "31/12/2025 25:00", "31/12/2025 14:60", "hier", "31/12/2025 14:15 h", "2025-12-31T14:15:00+99:00", "46022.5", "2025-12-31 14:15:00.250"} {
		_, err := parseWall(bad, text)
		require.ErrorIs(t, err, errTime, bad)
	}
}

// TestClockChanges resolves quarter by quarter a day of 25 hours and one of 23.
func TestClockChanges(t *testing.T) {
	loc := brussels(t)
	for _, date := range []time.Time{time.Date(2025, 10, 26, 0, 0, 0, 0, loc), time.Date(2025, 3, 30, 0, 0, 0, 0, loc), time.Date(2025, 6, 1, 0, 0, 0, 0, loc)} {
		l := timeline{loc: loc}
		ends := timeline{loc: loc}
		for at := date; at.Before(date.AddDate(0, 0, 1)); at = at.Add(15 * time.Minute) {
			shown, err := time.Parse(time.DateTime, at.Format(time.DateTime))
			require.NoError(t, err)
			got, err := l.resolve(wall{at: shown}, false)
			require.NoError(t, err)
			require.True(t, at.Equal(got), "%s: %s", at, got)
			end := at.Add(15 * time.Minute)
			shown, err = time.Parse(time.DateTime, end.Format(time.DateTime))
			require.NoError(t, err)
			got, err = ends.resolve(wall{at: shown}, true)
			require.NoError(t, err)
			require.True(t, end.Equal(got), "%s: %s", end, got)
		}
	}
	missing := time.Date(2025, 3, 30, 2, 30, 0, 0, time.UTC)
	l := timeline{loc: loc}
	_, err := l.resolve(wall{at: missing}, false)
	require.ErrorContains(t, err, "30/03/2025 02:30 n'existe pas : passage à l'heure d'été")
	_, err = l.resolve(wall{at: missing}, true)
	require.Error(t, err)
	_, err = l.resolve(wall{at: missing.Add(-30 * time.Minute)}, false)
	require.Error(t, err)
	leap, err := l.resolve(wall{at: missing.Add(-30 * time.Minute)}, true)
	require.NoError(t, err, "the end of the quarter before the leap")
	require.True(t, leap.Equal(time.Date(2025, 3, 30, 1, 0, 0, 0, time.UTC)))
}

func TestEncodingsAndDelimiters(t *testing.T) {
	for _, x := range []struct {
		name string
		data []byte
	}{
		{"utf-8", []byte("Début;Énergie\n")},
		{"utf-8", []byte("\ufeffDébut;Énergie\n")},
		{"windows-1252", []byte("D\xe9but;\xc9nergie\n")},
		{"utf-16", []byte{0xff, 0xfe, 'D', 0, 0xe9, 0, 'b', 0, 'u', 0, 't', 0, ';', 0, 0xc9, 0, 'n', 0, 'e', 0, 'r', 0, 'g', 0, 'i', 0, 'e', 0, '\n', 0}},
	} {
		text, used, err := decode(x.data, "")
		require.NoError(t, err)
		require.Equal(t, "Début;Énergie\n", text, x.name)
		require.Equal(t, x.name, used)
	}
	_, _, err := decode([]byte("\xe9"), "utf-8")
	require.Error(t, err)

	for want, text := range map[rune]string{
		';':  "Export du 01/01/2025, réseau X\nDate;Valeur\n01/01/2025;1,5\n02/01/2025;1,5\n",
		',':  "time,energy_kwh\n2025-01-01,1.5\n2025-01-02,1.5\n",
		'\t': "Date\tValeur\n01/01/2025\t1,5\n",
		'|':  "Date|Valeur\n01/01/2025|1,5\n",
	} {
		require.Equal(t, string(want), string(guessDelimiter(text)), text)
	}
}
