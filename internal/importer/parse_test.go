package importer

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/cpas-charleroi/gtc"
)

func electricity(tb testing.TB) Target {
	tb.Helper()
	return Target{
		Site: "s1", Location: brussels(tb), Unit: "kWh", Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
		Meter: gtc.Meter{Equipment: "compteur", Kind: gtc.KindElectricityMeter, Point: "energy_import_kwh", Carrier: gtc.CarrierElectricity, Direction: gtc.DirectionImport, KWhPerUnit: 1, EAN: "541448900000000001"},
	}
}

func gas(tb testing.TB) Target {
	tb.Helper()
	x := electricity(tb)
	x.Unit = "m³"
	x.Meter = gtc.Meter{Equipment: "gaz", Kind: gtc.KindGasMeter, Point: "volume_m3", Carrier: gtc.CarrierGas, Direction: gtc.DirectionImport, KWhPerUnit: 11.5}
	return x
}

func whats(b Batch) []string {
	var out []string
	for _, m := range b.Mistakes {
		out = append(out, fmt.Sprintf("%d:%d: %s", m.Line, m.Col, m.What))
	}
	return out
}

// quarters writes the quarters of a day as a grid operator does.
func quarters(b *strings.Builder, date time.Time, line func(from, to time.Time) string) {
	for at := date; at.Before(date.AddDate(0, 0, 1)); at = at.Add(15 * time.Minute) {
		b.WriteString(line(at, at.Add(15*time.Minute)))
	}
}

// TestQuarterHourFile reads the day of 25 hours in the form of the Flemish
// operator: two registers, another meter between, estimates, an empty value.
func TestQuarterHourFile(t *testing.T) {
	loc := brussels(t)
	var b strings.Builder
	b.WriteString("\ufeffVan (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;Volume;Eenheid;Validatiestatus;Omschrijving\r\n")
	n := 0
	quarters(&b, time.Date(2025, 10, 26, 0, 0, 0, 0, loc), func(from, to time.Time) string {
		n++
		day, night, code := "0,250", "", "Gemeten"
		if from.In(loc).Hour() < 7 {
			day, night = "", "0,100"
		}
		if n == 40 {
			code = "Geschat"
		}
		row := func(ean, register, v string) string {
			return fmt.Sprintf("%s;%s;%s;%s;%s;1SAG1;Digitale meter;%s;%s;kWh;%s;\r\n",
				from.Format("02-01-2006"), from.Format("15:04:05"), to.Format("02-01-2006"), to.Format("15:04:05"), ean, register, v, code)
		}
		own := `="541448900000000001"`
		return row(own, "Afname Dag", day) + row(own, "Afname Nacht", night) + row(own, "Injectie Dag", "0,9") + row(`="541448900000000002"`, "Afname Dag", "7")
	})
	got, err := Parse("verbruik.csv", []byte(b.String()), Profile{}, electricity(t))
	require.NoError(t, err)
	require.Empty(t, whats(got))
	require.Equal(t, KindIntervals, got.Kind)
	require.Equal(t, 400, got.Rows)
	require.Equal(t, 200, got.Others, "another access point, and what was injected")
	require.Equal(t, 100, got.Empty)
	require.Len(t, got.Consumptions, 100)
	require.Empty(t, got.Gaps, "25 hours without a hole")
	require.Equal(t, map[string]int{"Gemeten": 99, "Geschat": 1}, got.Codes)

	hours, days := Fold(got.Consumptions, loc)
	require.Len(t, hours, 25)
	require.Len(t, days, 1)
	require.InDelta(t, 32*0.1+68*0.25, days[0].KWh, 1e-9)
	require.InDelta(t, 0.99, days[0].Coverage, 1e-9)
	require.Equal(t, SourceEstimated, days[0].Source)
	require.Equal(t, "Gemeten, Geschat", days[0].Quality)
	require.Equal(t, SourceMetered, hours[0].Source)
	require.InDelta(t, 1, hours[0].Coverage, 0)
	require.InDelta(t, 0.4, hours[0].KWh, 1e-9)
}

func TestLoadCurveInKilowatts(t *testing.T) {
	loc := brussels(t)
	var b strings.Builder
	b.WriteString("Courbe de charge;Site exemple\n\nHorodatage;Puissance active [kW];Statut\n")
	quarters(&b, time.Date(2025, 3, 30, 0, 0, 0, 0, loc), func(_, to time.Time) string {
		return fmt.Sprintf("%s;%s;V\n", to.Format("02/01/2006 15:04"), "4,0")
	})
	got, err := Parse("courbe.csv", []byte(b.String()), Profile{}, electricity(t))
	require.NoError(t, err)
	require.Empty(t, whats(got))
	require.Equal(t, stampEnd, got.Profile.Stamp, "00:15 to midnight: the time is the end")
	require.Len(t, got.Consumptions, 92)
	require.Empty(t, got.Gaps)
	hours, days := Fold(got.Consumptions, loc)
	require.Len(t, hours, 23)
	require.Len(t, days, 1)
	require.InDelta(t, 92, days[0].KWh, 1e-9)
	require.InDelta(t, 1, days[0].Coverage, 0)

	// The profile that comes out reads the file in the same way.
	again, err := Parse("courbe.csv", []byte(b.String()), got.Profile, electricity(t))
	require.NoError(t, err)
	require.Equal(t, got.Consumptions, again.Consumptions)
	require.Equal(t, got.Profile, again.Profile)
}

func TestRowsThatAreNotTaken(t *testing.T) {
	text := "Horodatage;Valeur (kWh)\n" +
		"30/03/2025 01:45;1,0\n" +
		"30/03/2025 02:00;1,0\n" + // does not exist
		"30/03/2025 03:00;1,0\n" +
		"30/03/2025 03:15;abc\n" +
		"30/03/2025 03:30;-1\n" +
		"30/03/2025 03:45;\n" +
		"30/03/2025 04:00;1,0\n" +
		"30/03/2025 04:00;1,0\n" + // said before
		"30/03/2025 04:00;2,0\n" +
		"31/02/2025 04:00;2,0\n" +
		"01/01/2030 04:00;2,0\n"
	got, err := Parse("f.csv", []byte(text), Profile{Stamp: "start"}, electricity(t))
	require.NoError(t, err)
	require.Equal(t, []string{
		"3:1: 30/03/2025 02:00 n'existe pas : passage à l'heure d'été",
		`5:2: "abc" n'est pas un nombre`,
		"6:2: une consommation n'est pas négative (-1)",
		"10:1: 30/03/2025 04:00 est déjà à la ligne 8 avec une autre valeur",
		`11:1: "31/02/2025 04:00" : ` + errTime.Error(),
		"12:1: 01/01/2030 04:00 est dans le futur",
	}, whats(got))
	require.Equal(t, 1, got.Duplicates)
	require.Equal(t, 1, got.Empty)
	require.Len(t, got.Consumptions, 3)
	require.Len(t, got.Gaps, 1, "01:45 and 03:00 touch, 03:15 to 04:00 is missing")

	for name, x := range map[string]struct{ text, want string }{
		"nothing":    {"", "aucune ligne d'en-tête"},
		"prose":      {"Bonjour,\nvoici le fichier\n", "aucune ligne d'en-tête"},
		"no unit":    {"Date;Valeur\n01/01/2025;1\n02/01/2025;1\n", "f.csv:1:2: unité inconnue : donnez --unit"},
		"volume":     {"Date;Volume (m3)\n01/01/2025;1\n02/01/2025;1\n", "le fichier est en m³, le compteur compteur compte des kWh"},
		"old excel":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ancien format Excel"},
		"broken zip": {"PK\x03\x04nothing", "classeur illisible"},
	} {
		_, err := Parse("f.csv", []byte(x.text), Profile{}, electricity(t))
		require.ErrorContains(t, err, x.want, name)
	}
	target := electricity(t)
	target.Meter.EAN = ""
	_, err = Parse("f.csv", []byte("Date;EAN;kWh\n01/01/2025;541448900000000001;1\n02/01/2025;541448900000000002;1\n"), Profile{}, target)
	require.ErrorContains(t, err, "f.csv:3:2: le fichier a plusieurs points d'accès")
}

func TestReadings(t *testing.T) {
	text := "Date de relevé;Index (m³);Statut\n" +
		"31/03/2025;1.234,5;relevé\n28/02/2025;1.100,0;estimé\n31/01/2025;1.000,0;relevé\n31/01/2025;1.000,0;relevé\n31/01/2025;999;relevé\n31/12/2024;-4;relevé\n30/04/2025;900;relevé\n"
	got, err := Parse("gaz.csv", []byte(text), Profile{}, gas(t))
	require.NoError(t, err)
	require.Equal(t, KindReadings, got.Kind)
	require.Equal(t, []string{
		"6:1: 31/01/2025 00:00 est déjà à la ligne 4 avec un autre index",
		"7:2: un index n'est pas négatif (-4)",
	}, whats(got))
	require.Equal(t, 1, got.Others, "an index that was estimated")
	require.Equal(t, 1, got.Duplicates)
	require.Len(t, got.Readings, 3)
	require.InDelta(t, 1000, got.Readings[0].Index, 0)
	require.Contains(t, strings.Join(got.Notes, "\n"), "l'index descend de 1234.5 à 900 le 30/04/2025")

	// In MWh for a dial in kWh.
	got, err = Parse("e.csv", []byte("Date;Index;Unité\n01/01/2025;1,5;MWh\n01/02/2025;2;MWh\n"), Profile{}, electricity(t))
	require.NoError(t, err)
	require.InDelta(t, 1500, got.Readings[0].Index, 1e-9)
	_, err = Parse("e.csv", []byte("Date;Index (m3)\n01/01/2025;1\n"), Profile{}, electricity(t))
	require.ErrorContains(t, err, "compte des kWh")
}

func TestInvoices(t *testing.T) {
	text := "Du;Au;Consommation (kWh);Consommation m3;Montant TVAC\n" +
		"01/01/2025;31/01/2025;10.230,0;889,6;1 234,56 €\n" +
		"01/02/2025;28/02/2025;9.240;803,5;1.100,00\n" +
		"15/02/2025;20/02/2025;5;1;1\n"
	got, err := Parse("factures.csv", []byte(text), Profile{}, gas(t))
	require.NoError(t, err)
	require.Equal(t, KindInvoices, got.Kind)
	require.Equal(t, []string{"4:1: 15/02/2025 00:00 – 21/02/2025 00:00 chevauche la ligne 3"}, whats(got))
	require.Equal(t, lastIncluded, got.Profile.LastDay)
	require.InDelta(t, 2335.56, got.EUR, 1e-9)
	hours, days := Fold(got.Consumptions, brussels(t))
	require.Empty(t, hours)
	require.Len(t, days, 59)
	require.InDelta(t, 330, days[0].KWh, 1e-6)
	require.InDelta(t, 330, days[58].KWh, 1e-6)
	for _, d := range days {
		require.Equal(t, SourceInvoice, d.Source)
		require.Zero(t, d.Coverage, "no baseline is fitted on an invoice")
		require.True(t, d.HasVolume)
	}

	// The end of one is the beginning of the next: the day after the last.
	got, err = Parse("f.csv", []byte("Du;Au;kWh\n01/01/2025;01/02/2025;310\n01/02/2025;01/03/2025;280\n"), Profile{}, electricity(t))
	require.NoError(t, err)
	require.Empty(t, whats(got))
	require.Equal(t, lastExcluded, got.Profile.LastDay)
	_, days = Fold(got.Consumptions, brussels(t))
	require.Len(t, days, 59)
	require.InDelta(t, 10, days[0].KWh, 1e-9)
}

func TestDaysAndMonths(t *testing.T) {
	// Days over a clock change: 23, 24 and 25 hours are one day each.
	got, err := Parse("d.csv", []byte("Date,kWh\n2025-03-29,10\n2025-03-30,10\n2025-03-31,10\n"), Profile{}, electricity(t))
	require.NoError(t, err)
	hours, days := Fold(got.Consumptions, brussels(t))
	require.Empty(t, hours)
	require.Len(t, days, 3)
	for _, d := range days {
		require.InDelta(t, 10, d.KWh, 1e-9)
		require.InDelta(t, 1, d.Coverage, 0)
		require.Equal(t, SourceMetered, d.Source)
	}
	// Months are spread, and prove nothing about their days.
	got, err = Parse("m.csv", []byte("Date,kWh\n2025-01-01,310\n2025-02-01,280\n2025-03-01,310\n"), Profile{}, electricity(t))
	require.NoError(t, err)
	_, days = Fold(got.Consumptions, brussels(t))
	require.Len(t, days, 90)
	require.InDelta(t, 10, days[0].KWh, 1e-9)
	require.Zero(t, days[0].Coverage)
	require.Equal(t, SourceManual, days[0].Source)
	// First and last day are one.
	got, err = Parse("d.csv", []byte("Van;Tot;kWh\n01/01/2025;01/01/2025;24\n02/01/2025;02/01/2025;24\n"), Profile{}, electricity(t))
	require.NoError(t, err)
	require.Empty(t, whats(got))
	_, days = Fold(got.Consumptions, brussels(t))
	require.Len(t, days, 2)
	// Codes that nobody knows are taken for estimates, and named.
	got, err = Parse("d.csv", []byte("Date,kWh,Status\n2025-01-01,10,X7\n2025-01-02,10,X7\n"), Profile{}, electricity(t))
	require.NoError(t, err)
	require.Contains(t, strings.Join(got.Notes, "\n"), `code de qualité "X7" inconnu (2 lignes)`)
	_, days = Fold(got.Consumptions, brussels(t))
	require.Equal(t, SourceEstimated, days[0].Source)
	require.Zero(t, days[0].Coverage)
	got, err = Parse("d.csv", []byte("Date,kWh,Status\n2025-01-01,10,X7\n2025-01-02,10,X7\n"), Profile{Measured: []string{"x7"}}, electricity(t))
	require.NoError(t, err)
	require.False(t, got.Consumptions[0].Estimated)
}

func TestWorkbook(t *testing.T) {
	f := excelize.NewFile()
	_, err := f.NewSheet("Données")
	require.NoError(t, err)
	require.NoError(t, f.SetCellValue("Sheet1", "A1", "Page de garde"))
	require.NoError(t, f.SetSheetRow("Données", "A2", &[]any{"Date et heure", "Énergie (kWh)", "Qualité"}))
	for i := range 96 {
		at := time.Date(2025, 1, 15, 0, 15*i, 0, 0, time.UTC)
		require.NoError(t, f.SetSheetRow("Données", fmt.Sprintf("A%d", i+3), &[]any{at, 0.25, "V"}))
	}
	require.NoError(t, f.SetSheetRow("Données", "A99", &[]any{"16/01/2025 00:00", "1,5", "V"})) // typed as text
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))
	got, err := Parse("c.xlsx", out.Bytes(), Profile{Stamp: "start"}, electricity(t))
	require.NoError(t, err)
	require.Empty(t, whats(got))
	require.Equal(t, "Données", got.Profile.Sheet)
	require.Len(t, got.Consumptions, 97)
	require.Empty(t, got.Gaps)
	_, days := Fold(got.Consumptions, brussels(t))
	require.InDelta(t, 24, days[0].KWh, 1e-9)
	require.InDelta(t, 1.5, got.Consumptions[96].KWh, 1e-9)
}

func TestMapping(t *testing.T) {
	p := Profile{Columns: map[string]string{"time": "#1", "value": "#3"}, Unit: "kWh"}
	got, err := Parse("x.csv", []byte("2025-01-01;foo;1,5\n2025-01-02;foo;2,5\n"), p, electricity(t))
	require.NoError(t, err)
	require.Len(t, got.Consumptions, 2)
	require.InDelta(t, 2.5, got.Consumptions[1].KWh, 0)

	p = Profile{Columns: map[string]string{"time": "Quand", "value": "Combien"}, Unit: "kWh"}
	got, err = Parse("x.csv", []byte("Quand;Valeur;Combien\n2025-01-01;9;1,5\n2025-01-02;9;2,5\n"), p, electricity(t))
	require.NoError(t, err)
	require.InDelta(t, 1.5, got.Consumptions[0].KWh, 0)
	require.Equal(t, "Combien", got.Profile.Columns["value"])

	for _, bad := range []Profile{
		{Kind: "other"},
		{Decimal: ";"},
		{Zone: "Mars/Olympus"},
		{Unit: "pommes"},
		{Stamp: "middle"},
		{Columns: map[string]string{"when": "Date"}},
		{Delimiter: "ab"},
		{LastDay: "maybe"},
		{Source: "invoice"},
	} {
		_, err := Parse("x.csv", []byte("Date;kWh\n2025-01-01;1\n"), bad, electricity(t))
		require.Error(t, err, "%+v", bad)
	}
}

func TestNewestFirst(t *testing.T) {
	loc := brussels(t)
	var lines []string
	var b strings.Builder
	quarters(&b, time.Date(2025, 10, 26, 0, 0, 0, 0, loc), func(from, _ time.Time) string {
		lines = append([]string{from.Format("02/01/2006 15:04") + ";1"}, lines...)
		return ""
	})
	got, err := Parse("x.csv", []byte("Date;kWh\n"+strings.Join(lines, "\n")), Profile{}, electricity(t))
	require.NoError(t, err)
	require.Empty(t, whats(got))
	require.Len(t, got.Consumptions, 100)
	require.Empty(t, got.Gaps)
}

func TestSavedProfile(t *testing.T) {
	dir := t.TempDir()
	p := Profile{Kind: KindIntervals, Columns: map[string]string{"time": "Horodatage", "value": "#2"}, Decimal: ",", Delimiter: "tab", Unit: "kW", Stamp: "end", Measured: []string{"V", "X7"}}
	require.NoError(t, SaveProfile(dir, "ores", p))
	got, err := LoadProfile(dir, "ores")
	require.NoError(t, err)
	require.Equal(t, p, got)
	require.Equal(t, []string{"ores"}, Profiles(dir))
	_, err = LoadProfile(dir, "../../etc/passwd")
	require.ErrorContains(t, err, "minuscules")
	require.NoError(t, SaveProfile(dir, "bad", Profile{Decimal: "?"}))
	_, err = LoadProfile(dir, "bad")
	require.ErrorContains(t, err, "decimal")
}

// FuzzParse reads anything: no panic, and what is taken adds up.
func FuzzParse(f *testing.F) {
	f.Add([]byte("Date;kWh\n01/01/2025;1,5\n02/01/2025;2\n"))
	f.Add([]byte("Du;Au;kWh;EUR\n01/01/2025;31/01/2025;1,5;3\n"))
	f.Add([]byte("Date;Index (kWh)\n01/01/2025;1,5\n"))
	f.Add([]byte("Horodatage;kW\n26/10/2025 02:00;1\n26/10/2025 02:15;1\n26/10/2025 02:00;1\n"))
	f.Add([]byte("a\"b;c\n\"d\n"))
	f.Add([]byte("\xff\xfeD\x00"))
	f.Add([]byte("Date;kWh\n01/01/2025 24:00;1\n30/03/2025 02:00;2\n01/01/1990;1e300\n"))
	t := electricity(f)
	f.Fuzz(func(tt *testing.T, data []byte) {
		b, err := Parse("f", data, Profile{}, t)
		if err != nil {
			if _, ok := err.(Mistake); !ok { //nolint:errorlint // it is one, not wrapped
				tt.Fatalf("%T: %v", err, err)
			}
			return
		}
		total := 0.0
		for i, c := range b.Consumptions {
			require.True(tt, c.From.Before(c.To), "%+v", c)
			if i > 0 {
				require.False(tt, c.From.Before(b.Consumptions[i-1].To), "overlap")
			}
			total += c.KWh
		}
		if len(b.Consumptions) > 0 && b.Consumptions[len(b.Consumptions)-1].To.Sub(b.Consumptions[0].From) < 40*366*24*time.Hour {
			_, days := Fold(b.Consumptions, t.Location)
			sum := 0.0
			for _, d := range days {
				require.LessOrEqual(tt, d.Coverage, 1.0)
				require.GreaterOrEqual(tt, d.Coverage, 0.0)
				sum += d.KWh
			}
			require.InDelta(tt, total, sum, 1e-6*(1+total))
		}
	})
}
