package console

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/coldroom"
)

// coldFixture has two rooms of one kitchen; the freezer was never read.
type coldFixture struct{ now time.Time }

// ColdRooms lists both.
func (c coldFixture) ColdRooms(context.Context) ([]ColdRoom, error) {
	kitchen := text("Cuisine de Jumet", "Keuken Jumet", "Jumet kitchen")
	return []ColdRoom{
		{Site: "jumet", SiteLabel: kitchen, Equipment: "cold-1", Label: text("Chambre froide", "Koelcel", "Cold room"), TimeZone: zoneName},
		{Site: "jumet", SiteLabel: kitchen, Equipment: "freezer", Label: text("Chambre de congélation", "Vriescel", "Freezer room"), TimeZone: zoneName},
	}, nil
}

// ColdRecord reads the first room every ten minutes: a warm afternoon on the
// 3rd, a gap of half a day on the 10th, a defrost a day.
func (c coldFixture) ColdRecord(_ context.Context, site gtc.SiteID, room gtc.EquipmentID, year int, month time.Month) (ColdRecord, error) {
	rooms, _ := c.ColdRooms(context.Background())
	if site != "jumet" || room != rooms[0].Equipment && room != rooms[1].Equipment {
		return ColdRecord{}, ErrUnknown
	}
	loc, err := time.LoadLocation(zoneName)
	if err != nil {
		return ColdRecord{}, err
	}
	from, to := coldroom.Month(year, month, loc)
	rec := ColdRecord{ColdRoom: rooms[0], At: c.now, Alarms: []ColdAlarm{}}
	var samples []gtc.Sample
	if room == "cold-1" {
		samples = readings(from, to)
		warm := from.AddDate(0, 0, 2).Add(14 * time.Hour)
		rec.Alarms = []ColdAlarm{
			{
				ID: "jumet/cold-1/cold_room_warm", Label: text("Chambre froide trop chaude", "Koelcel te warm", "Cold room too warm"), Priority: 2,
				From: warm.Add(30 * time.Minute), To: warm.Add(3 * time.Hour), Taken: warm.Add(42 * time.Minute), By: "Chef de cuisine",
				Actions: []ColdAction{{At: warm.Add(50 * time.Minute), By: "Chef de cuisine", Text: "Porte mal fermée ; denrées à 6 °C à cœur, gardées."}},
			},
			{ID: "jumet/cold-1/cold_room_unrecorded", Label: text("Température non enregistrée", "Meting ontbreekt", "Temperature not recorded"), Priority: 3, From: from.AddDate(0, 0, 9).Add(11 * time.Hour), Actions: []ColdAction{}},
		}
	} else {
		rec.ColdRoom = rooms[1]
	}
	rec.Record = coldroom.Of(samples, nil, from, to, c.now)
	return rec, nil
}

func readings(from, to time.Time) []gtc.Sample {
	var out []gtc.Sample
	add := func(p gtc.PointID, at time.Time, v gtc.Value) {
		out = append(out, gtc.Sample{Series: gtc.Series{Site: "jumet", Kind: "cold_room", Equipment: "cold-1", Point: p}, At: at, Value: v, Quality: gtc.QualityGood})
	}
	add(coldroom.SetPoint, from, gtc.Float(3))
	for at := from; at.Before(to); at = at.Add(10 * time.Minute) {
		local := at.Sub(from)
		day, hour := int(local.Hours())/24, int(local.Hours())%24
		if day == 9 && hour >= 9 && hour < 21 {
			continue
		}
		v := 3.5 + float64(day%3)*0.2
		if day == 2 && hour >= 14 && hour < 17 {
			v = 8.4
		}
		add(coldroom.AirTemp, at, gtc.Float(v))
		minute := int(local.Minutes()) % 60
		add(coldroom.Door, at, gtc.Bool(hour >= 8 && hour < 16 && minute == 30))
		add(coldroom.Defrost, at, gtc.Bool(hour == 3 && minute < 30))
	}
	return out
}

func coldHandler(t *testing.T) (http.Handler, coldFixture) {
	t.Helper()
	f := newFixture()
	c := coldFixture{f.now}
	h, err := New(Options{Model: f, Alarms: newBoard(), Cold: c, Version: "0.1.0", Now: func() time.Time { return f.now }})
	require.NoError(t, err)
	return h, c
}

func fetch(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestColdRecord(t *testing.T) {
	h, c := coldHandler(t)
	last := c.now.AddDate(0, -1, 0).Format(monthLayout)
	list := fetch(t, h, "/froid?lang=fr")
	require.Equal(t, http.StatusOK, list.Code)
	require.Contains(t, list.Body.String(), `href="/froid/jumet/cold-1?month=`+last)
	require.Contains(t, fetch(t, h, "/more?lang=fr").Body.String(), `href="/froid"`)

	page := fetch(t, h, "/froid/jumet/cold-1?lang=fr&month="+last)
	require.Equal(t, http.StatusOK, page.Code, page.Body)
	for _, want := range []string{
		"Au-dessus de la limite pendant 3", "7,0", "Porte mal fermée", "Prise en charge par Chef de cuisine", "Personne ne l’a prise en charge.",
		"Signature", "Trous dans le relevé", "8,4", "/froid/jumet/cold-1/releve.csv?month=" + last,
	} {
		require.Contains(t, page.Body.String(), want)
	}
	require.Contains(t, fetch(t, h, "/froid/jumet/freezer?lang=fr&month="+last).Body.String(), "Rien n’a été relevé ce mois-ci.")
	require.Contains(t, fetch(t, h, "/froid/jumet/cold-1?lang=fr").Body.String(), "mois en cours")
	require.Equal(t, http.StatusNotFound, fetch(t, h, "/froid/jumet/elsewhere").Code)
	require.Equal(t, http.StatusBadRequest, fetch(t, h, "/froid/jumet/cold-1?month=october").Code)
	require.Equal(t, http.StatusBadRequest, fetch(t, h, "/froid/jumet/cold-1/releve.csv?month=13").Code)

	rows, err := csv.NewReader(fetch(t, h, "/froid/jumet/cold-1/releve.csv?month="+last).Body).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"day", "min_c", "mean_c", "max_c", "above_limit_min", "door_openings", "door_open_min", "defrosts", "recorded_min", "missing_min"}, rows[0])
	month := rows[len(rows)-1]
	require.Equal(t, last, month[0])
	require.Equal(t, "180", month[4])
	days := len(rows) - 2
	require.Equal(t, c.now.AddDate(0, 0, -c.now.Day()).Day(), days)

	_, router := contract(t)
	check(t, router, h, "/api/v1/cold", http.StatusOK)
	for _, path := range []string{"/api/v1/cold/jumet/cold-1?month=" + last, "/api/v1/cold/jumet/freezer", "/api/v1/cold/jumet/cold-1"} {
		check(t, router, h, path, http.StatusOK)
	}
	check(t, router, h, "/api/v1/cold/jumet/nothing", http.StatusNotFound)
	require.Equal(t, http.StatusNotFound, fetch(t, handler(t, newFixture()), "/froid").Code, "no cold rooms, no page")
}
