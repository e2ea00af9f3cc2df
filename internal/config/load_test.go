package config

import (
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata/bad")

func TestLoadGood(t *testing.T) {
	c, err := Load("testdata/good")
	require.NoError(t, err)
	require.Len(t, c.Sites, 3)
	require.NotNil(t, c.Profiles["local-meter"])
	require.NotNil(t, c.Profiles["belgian-p1"], "the shipped profiles are there too")

	s, ok := c.Site("home")
	require.True(t, ok)
	require.Equal(t, "sites/home.yaml", s.File)
	require.Equal(t, DefaultTimeZone, s.TimeZone)
	require.Equal(t, time.Second, s.Connections[0].Timeout)
	require.Equal(t, 20*time.Millisecond, s.Connections[0].Pause)
	require.Equal(t, DefaultTimeout, s.Connections[1].Timeout)
	require.Equal(t, "modbus://10.0.0.8:502", s.Connections[1].URL, "the port that the scheme implies")
	require.Equal(t, uint8(1), s.Devices[1].Unit)
	require.InDelta(t, 1, s.Meters[0].KWhPerUnit, 0, "an index in kWh needs no conversion")
	require.Equal(t, gtc.DirectionImport, s.Meters[0].Direction)
	_, ok = c.Site("elsewhere")
	require.False(t, ok)
}

func TestDomain(t *testing.T) {
	c, err := Load("testdata/good")
	require.NoError(t, err)
	s, _ := c.Site("home")
	d := s.Domain()
	require.Equal(t, gtc.SiteID("home"), d.ID)
	require.Equal(t, "Europe/Brussels", d.Location.String())
	require.Equal(t, "Maison de repos", d.Label.In("nl"))
	require.Len(t, d.Equipment, 8)
	require.Equal(t, gtc.Privacy(2), d.Equipment[7].Privacy)
	gas := d.Meters[2]
	require.Equal(t, gtc.Kind("gas_meter"), gas.Kind)
	require.InDelta(t, 11.3, gas.KWhPerUnit, 0)
	require.Equal(t, time.Date(2023, 3, 15, 9, 30, 0, 0, time.UTC), gas.Swaps[0].At)
	require.Equal(t, time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC), gas.Baseline.From.UTC())
	require.Equal(t, time.Date(2024, 12, 31, 23, 0, 0, 0, time.UTC), gas.Baseline.To.UTC(), "the last day is part of it")
	require.Equal(t, gtc.DirectionExport, d.Meters[1].Direction)
	require.True(t, d.Meters[1].Baseline.IsZero())

	factor, ok := gtc.FactorAt(c.Hub.FactorList(), gtc.CarrierGas, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC))
	require.True(t, ok)
	require.InDelta(t, 0.2, factor.KgCO2PerKWh, 0)
	_, ok = gtc.TariffAt(c.Hub.TariffList(), gtc.CarrierGas, time.Date(2023, 12, 31, 23, 59, 0, 0, time.UTC))
	require.False(t, ok)
}

// Read-only belongs to the endpoint, whatever the profile of the device.
func TestIsReadOnly(t *testing.T) {
	c, err := Load("testdata/good")
	require.NoError(t, err)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	s, _ := c.Site("home")
	got := map[gtc.DeviceID]bool{}
	for _, d := range s.Devices {
		got[d.ID] = IsReadOnly(s, cat, d)
	}
	require.Equal(t, map[gtc.DeviceID]bool{
		"controller": false, "fire-contacts": true, "intrusion": true,
		"p1": true, // it shares the broker of the intrusion panel
	}, got)

	// A second name for the same host and port is the same endpoint.
	s.Connections = append(s.Connections, Connection{ID: "other-name", URL: "modbus://10.0.0.8:502"})
	heating := Device{ID: "heating", Connection: "other-name", Equipment: map[string]gtc.EquipmentID{"circuit": "circuit-1"}}
	require.True(t, IsReadOnly(s, cat, heating))
	heating.Connection = "boiler-room"
	require.False(t, IsReadOnly(s, cat, heating))
}

// A bad configuration is the good one with the edits of a file in
// testdata/bad, which also says what is to be reported.
func TestLoadBad(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.txtar")
	require.NoError(t, err)
	require.Greater(t, len(files), 60)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	profiles, err := profile.Library()
	require.NoError(t, err)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			require.NoError(t, err)
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/good")))
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				change(t, dir, f)
			}
			require.GreaterOrEqual(t, want, 0, "a section want")
			config, err := load(dir, cat, maps.Clone(profiles))
			require.Nil(t, config)
			var mistakes Mistakes
			require.ErrorAs(t, err, &mistakes)
			got := strings.ReplaceAll(err.Error(), dir, "DIR") + "\n"
			if *update {
				archive.Files[want].Data = []byte(got)
				require.NoError(t, os.WriteFile(name, txtar.Format(archive), 0o600))
				return
			}
			require.Equal(t, string(archive.Files[want].Data), got)
			for _, m := range mistakes {
				require.True(t, m.Line > 0 || m.File == dir, "a mistake has a place: %v", m)
			}
		})
	}
}

// change applies one section: "edit FILE" replaces what stands above => by
// what stands below, "remove FILE" removes, any other name is a new file.
func change(t *testing.T, dir string, f txtar.File) {
	t.Helper()
	verb, name, ok := strings.Cut(f.Name, " ")
	path := filepath.Join(dir, name)
	switch {
	case !ok:
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
	case verb == "remove":
		require.NoError(t, os.RemoveAll(path))
	default:
		require.Equal(t, "edit", verb)
		before, after, ok := strings.Cut(string(f.Data), "=>\n")
		require.True(t, ok)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(data), before)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), before, after, 1)), 0o600))
	}
}

func TestLoadNothing(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorContains(t, err, "no configuration here: neither gtc.yaml nor sites/*.yaml")
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sites", "a.yaml"), 0o700))
	_, err = Load(dir)
	require.EqualError(t, err, "sites/a.yaml: cannot be read: is a directory")
}

func TestLoadWithoutHub(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/good")))
	require.NoError(t, os.Remove(filepath.Join(dir, "gtc.yaml")))
	c, err := Load(dir)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", c.Hub.Console.Listen)
}

func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("from the file\r\n"), 0o600))
	env := func(key string) string { return map[string]string{"GTC_X": "from the environment"}[key] }

	s, err := Secret(env, "GTC_X", file)
	require.NoError(t, err)
	require.Equal(t, "from the environment", s)
	s, err = Secret(env, "GTC_Y", file)
	require.NoError(t, err)
	require.Equal(t, "from the file", s)
	s, err = Secret(env, "GTC_Y", "")
	require.NoError(t, err)
	require.Empty(t, s)
	_, err = Secret(env, "GTC_Y", file+".gone")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, os.WriteFile(file, []byte("\n"), 0o600))
	_, err = Secret(env, "GTC_Y", file)
	require.ErrorContains(t, err, "is empty")
}

func TestDate(t *testing.T) {
	d, err := ParseDate("2024-02-29")
	require.NoError(t, err)
	require.Equal(t, Date{2024, 2, 29}, d)
	require.Equal(t, "2024-03-01", d.Next().String())
	require.True(t, d.Before(d.Next()))
	require.Empty(t, Date{}.String())
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	require.Equal(t, time.Date(2024, 2, 28, 23, 0, 0, 0, time.UTC), d.In(brussels).UTC())
	for _, bad := range []string{"2023-02-29", "2024-2-9", "29/02/2024", "", "2024-02-29T00:00"} {
		_, err = ParseDate(bad)
		require.Error(t, err, bad)
	}
}

// FuzzLoadSite reads whatever is called a site file: no panic, and what is
// accepted can be used.
func FuzzLoadSite(f *testing.F) {
	for _, name := range []string{"home", "office"} {
		data, err := os.ReadFile("testdata/good/sites/" + name + ".yaml")
		require.NoError(f, err)
		f.Add(data)
	}
	cat, err := catalogue.Load()
	require.NoError(f, err)
	profiles, err := profile.Library()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		site, doc, mistakes := parseSite("sites/home.yaml", data, cat, profiles)
		mistakes = append(mistakes, newAcross().check(site, doc)...)
		if len(mistakes) > 0 {
			require.NotEmpty(t, mistakes.Error())
			return
		}
		d := site.Domain()
		require.Len(t, d.Meters, len(site.Meters))
		for _, device := range site.Devices {
			IsReadOnly(site, cat, device)
		}
	})
}
