package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/coldroom"
)

// monthLayout is how a month stands in an address.
const monthLayout = "2006-01"

// coldRoutes are the pages of the temperature record of cold rooms.
func (s *server) coldRoutes(pages *http.ServeMux) {
	if s.cold == nil {
		return
	}
	pages.HandleFunc("GET /froid", s.page("coldrooms", s.coldRoomsPage))
	pages.HandleFunc("GET /froid/{site}/{room}", s.page("cold", s.coldPage))
	pages.HandleFunc("GET /froid/{site}/{room}/releve.csv", s.coldCSV)
	pages.HandleFunc("GET /api/v1/cold", s.answer(func(r *http.Request) (any, error) { return s.cold.ColdRooms(r.Context()) }))
	pages.HandleFunc("GET /api/v1/cold/{site}/{room}", s.answer(func(r *http.Request) (any, error) { return s.coldRecord(r) }))
}

// coldPath is the address of a room's record, of a month unless it is zero.
func coldPath(r ColdRoom, month time.Time) string {
	u := url.URL{Path: "/froid/" + string(r.Site) + "/" + string(r.Equipment)}
	if !month.IsZero() {
		u.RawQuery = url.Values{"month": {month.Format(monthLayout)}}.Encode()
	}
	return u.String()
}

// coldRoomsView lists the rooms with the months that have a record.
type coldRoomsView struct {
	Rooms []coldRoomRow
}

type coldRoomRow struct {
	ColdRoom
	Last, Now string
}

func (s *server) coldRoomsPage(r *http.Request, t *tongue, park Park) (content, error) {
	rooms, err := s.cold.ColdRooms(r.Context())
	if err != nil {
		return content{}, fmt.Errorf("list cold rooms: %w", err)
	}
	var v coldRoomsView
	for _, room := range rooms {
		in := t.at(room.TimeZone)
		year, month, _ := park.At.In(in.zone).Date()
		from, _ := coldroom.Month(year, month, in.zone)
		v.Rooms = append(v.Rooms, coldRoomRow{room, coldPath(room, from.AddDate(0, -1, 0)), coldPath(room, from)})
	}
	return content{nav: "more", title: t.must("cold.title"), body: v}, nil
}

// coldView is the record of a room, as it is printed and signed.
type coldView struct {
	ColdRecord
	// Name of the month, and the addresses of those beside it, "" for one that
	// has not begun.
	Name, Before, After, CSV string
	// Share is how much of the month is recorded, in percent.
	Share float64
	// Over is what the page says first.
	Over string
	// Limit names the limit, or says that none is known.
	Limit  string
	Rows   []coldRow
	Events []coldEvent
	// Holes are the gaps, Made is when the page was made.
	Holes []string
	Made  string
	// Running tells that the month is not over.
	Running bool
}

type coldRow struct {
	Day, Min, Mean, Max, Warm, Doors, Defrosts, Missing string
	Late                                                bool
}

type coldEvent struct {
	ColdAlarm
	Span, Charge string
	Notes        []string
}

// coldMonth reads the month asked for, the running one if none is.
func (s *server) coldMonth(r *http.Request) (int, time.Month, error) {
	text := r.URL.Query().Get("month")
	if text == "" {
		now := s.now().In(s.zone)
		return now.Year(), now.Month(), nil
	}
	at, err := time.Parse(monthLayout, text)
	if err != nil {
		return 0, 0, errBadRequest{"month", text}
	}
	return at.Year(), at.Month(), nil
}

func (s *server) coldRecord(r *http.Request) (ColdRecord, error) {
	year, month, err := s.coldMonth(r)
	if err != nil {
		return ColdRecord{}, err
	}
	rec, err := s.cold.ColdRecord(r.Context(), gtc.SiteID(r.PathValue("site")), gtc.EquipmentID(r.PathValue("room")), year, month)
	if err != nil {
		return rec, fmt.Errorf("read record of cold room %s/%s: %w", r.PathValue("site"), r.PathValue("room"), err)
	}
	return rec, nil
}

func (s *server) coldPage(r *http.Request, t *tongue, _ Park) (content, error) {
	rec, err := s.coldRecord(r)
	if err != nil {
		return content{}, err
	}
	t = t.at(rec.TimeZone)
	from := rec.Month.From.In(t.zone)
	_, end := coldroom.Month(from.Year(), from.Month(), t.zone)
	v := coldView{
		ColdRecord: rec, Made: t.must("cold.made", t.Moment(rec.At)), Name: t.must("cold.month."+from.Format("01")) + " " + strconv.Itoa(from.Year()),
		Before: coldPath(rec.ColdRoom, from.AddDate(0, -1, 0)), Running: rec.At.Before(end),
		CSV: strings.Replace(coldPath(rec.ColdRoom, from), "?", "/releve.csv?", 1),
	}
	if !v.Running {
		v.After = coldPath(rec.ColdRoom, from.AddDate(0, 1, 0))
	}
	if all := rec.Month.Recorded + rec.Month.Missing; all > 0 {
		v.Share = 100 * rec.Month.Recorded / all
	}
	v.Over, v.Limit = t.coldAnswer(&rec)
	for i := range rec.Days {
		v.Rows = append(v.Rows, t.coldRow(&rec.Days[i]))
	}
	for _, g := range rec.Gaps {
		v.Holes = append(v.Holes, t.must("cold.gap", t.Moment(g.From), t.Moment(g.To), t.Age(g.To.Sub(g.From))))
	}
	for i := range rec.Alarms {
		v.Events = append(v.Events, t.coldEvent(&rec.Alarms[i]))
	}
	return content{nav: "more", title: t.must("cold.title"), body: v}, nil
}

// coldAnswer says whether the room stayed cold.
func (t *tongue) coldAnswer(r *ColdRecord) (over, limit string) {
	switch {
	case r.Month.Recorded == 0:
		return t.must("cold.nothing"), t.must("cold.no_limit")
	case r.Month.Warm == nil:
		return t.must("cold.unknown"), t.must("cold.no_limit")
	case *r.Month.Warm < 1:
		over = t.must("cold.kept")
	default:
		over = t.must("cold.over", t.Age(time.Duration(*r.Month.Warm*float64(time.Minute))))
	}
	low, high := t.degrees(r.Lowest), t.degrees(r.Highest)
	switch {
	case r.Fixed:
		return over, t.must("cold.limit_fixed", low)
	case low == high:
		return over, t.must("cold.limit", low)
	}
	return over, t.must("cold.limits", low, high)
}

func (t *tongue) degrees(v *float64) string {
	if v == nil {
		return "–"
	}
	return t.Number(*v, 1)
}

func (t *tongue) coldRow(d *coldroom.Span) coldRow {
	row := coldRow{
		Day: t.Day(d.From), Min: t.degrees(d.Min), Mean: t.degrees(d.Mean), Max: t.degrees(d.Max), Warm: t.minutes(d.Warm),
		Doors: "–", Defrosts: "–", Missing: t.minutes(&d.Missing), Late: d.Warm != nil && *d.Warm >= 1,
	}
	if d.Doors != nil {
		row.Doors = strconv.Itoa(*d.Doors)
		if d.DoorOpen != nil && *d.DoorOpen >= 1 {
			row.Doors += " (" + t.minutes(d.DoorOpen) + ")"
		}
	}
	if d.Defrosts != nil {
		row.Defrosts = strconv.Itoa(*d.Defrosts)
	}
	return row
}

// minutes is how long something was, a dash where it is not known.
func (t *tongue) minutes(v *float64) string {
	switch {
	case v == nil:
		return "–"
	case *v < 0.5:
		return "0"
	}
	return t.Age(time.Duration(*v * float64(time.Minute)))
}

func (t *tongue) coldEvent(a *ColdAlarm) coldEvent {
	e := coldEvent{ColdAlarm: *a, Span: t.must("cold.since", t.Moment(a.From)), Charge: t.must("cold.untaken")}
	if !a.To.IsZero() {
		e.Span = t.must("cold.span", t.Moment(a.From), t.Moment(a.To), t.Age(a.To.Sub(a.From)))
	}
	if !a.Taken.IsZero() {
		e.Charge = t.must("cold.taken", a.By, t.Moment(a.Taken))
	}
	for _, x := range a.Actions {
		e.Notes = append(e.Notes, t.must("cold.note", t.Moment(x.At), x.By, x.Text))
	}
	return e
}

// coldCSV is the record as a table: a row a day, then the month.
func (s *server) coldCSV(w http.ResponseWriter, r *http.Request) {
	rec, err := s.coldRecord(r)
	if err != nil {
		s.problem(w, r, s.explain(err))
		return
	}
	zone, err := time.LoadLocation(rec.TimeZone)
	if err != nil {
		zone = s.zone
	}
	rows := [][]string{{"day", "min_c", "mean_c", "max_c", "above_limit_min", "door_openings", "door_open_min", "defrosts", "recorded_min", "missing_min"}}
	row := func(name string, d *coldroom.Span) {
		rows = append(rows, []string{
			name, field(d.Min), field(d.Mean), field(d.Max), field(d.Warm), whole(d.Doors), field(d.DoorOpen), whole(d.Defrosts), field(&d.Recorded), field(&d.Missing),
		})
	}
	for i := range rec.Days {
		row(rec.Days[i].From.In(zone).Format(time.DateOnly), &rec.Days[i])
	}
	month := rec.Month.From.In(zone).Format(monthLayout)
	row(month, &rec.Month)
	s.csv(w, string(rec.Site)+"-"+string(rec.Equipment)+"-"+month, rows)
}

func whole(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
