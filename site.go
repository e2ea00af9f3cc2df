package gtc

import "time"

// SiteID identifies a site. It matches [a-z0-9][a-z0-9-]{1,39}, never changes
// and is never reused.
type SiteID string

// HubSite is the id under which the hub speaks of itself: its own alarms. No
// site may have it.
const HubSite SiteID = "hub"

// EquipmentID identifies an equipment within its site, written like a SiteID.
type EquipmentID string

// DeviceID identifies what answers on a bus within its site, written like a
// SiteID.
type DeviceID string

// Kind is the kind of an equipment as listed in the point catalogue, for
// example "boiler" or "fire_panel". It is also the InfluxDB measurement.
type Kind string

// Kinds that rules and screens treat in a way of their own. The full list is
// the point catalogue's.
const (
	KindFirePanel        Kind = "fire_panel"
	KindIntrusionPanel   Kind = "intrusion_panel"
	KindElectricityMeter Kind = "electricity_meter"
	KindGasMeter         Kind = "gas_meter"
	KindHeatMeter        Kind = "heat_meter"
	KindWaterMeter       Kind = "water_meter"
	KindWeather          Kind = "weather"
	KindTank             Kind = "tank"
)

// Label is a text for people, by language: "fr" (the reference), "nl", "en".
type Label map[string]string

// In returns the text in lang, else in French, else in any language, else "".
func (l Label) In(lang string) string {
	for _, k := range []string{lang, "fr", "en", "nl"} {
		if s := l[k]; s != "" {
			return s
		}
	}
	return ""
}

// Category is the use of a site. It decides temperatures to hold, opening
// hours and reference consumption.
type Category string

// The categories of sites.
const (
	CategoryRestHome        Category = "rest_home"
	CategoryOffice          Category = "office"
	CategorySocialOffice    Category = "social_office"
	CategoryCommunityCentre Category = "community_centre"
	CategoryKitchen         Category = "kitchen"
	CategoryNightShelter    Category = "night_shelter"
	CategoryHousing         Category = "housing"
	CategoryOther           Category = "other"
)

// Privacy is the privacy class of a site, an equipment or a point:
// 0 building, 1 common part, 2 dwelling or intrusion set state, 3 room or person.
// Classes 2 and 3 are never published, shown on a wall or exported.
type Privacy int

// Private reports whether the class is kept apart (2 or 3).
func (p Privacy) Private() bool { return p >= 2 }

// Site is one address with one time zone.
type Site struct {
	ID       SiteID
	Label    Label
	Category Category
	Address  string
	// Location is the time zone that defines the site's calendar day.
	Location *time.Location
	// AreaM2 is the heated floor area in m², 0 when unknown.
	AreaM2 float64
	// WeatherStation names the station whose days serve the site's baselines.
	WeatherStation string
	// WeatherFallbacks are the stations that fill its missing days, in order.
	WeatherFallbacks []string
	// Calendar says on which days it is used, nil where that is not said.
	Calendar *Calendar
	// StaticFactors are what its consumption follows beside the weather.
	StaticFactors []StaticFactor
	Equipment     []Equipment
	Meters        []Meter
}

// Calendar says on which days a building is used. Hours are not part of it:
// those of a working day follow from the site's category.
type Calendar struct {
	// Open are the weekdays on which the building is open, by time.Weekday.
	Open [7]bool
	// Closed are spans in which it is closed, such as school holidays.
	Closed []Period
	// OpenOnHolidays says that public holidays are days like others.
	OpenOnHolidays bool
}

// StaticFactor is something that consumption follows and that does not change
// with the weather: beds, heated area, opening hours.
type StaticFactor struct {
	// Name is beds, area or hours.
	Name string
	// Share is the part of the consumption that follows it, above 0 to 1.
	Share float64
	// Steps are its values in order of date. Before the first one it is 1.
	Steps []FactorStep
}

// FactorStep is the value of a static factor from a midnight of the site on,
// as a multiple of what it was before the first step; Why says what happened.
type FactorStep struct {
	From  time.Time
	Value float64
	Why   string
}

// Equipment is one machine, meter, panel or room of a site.
type Equipment struct {
	ID      EquipmentID
	Kind    Kind
	Label   Label
	Privacy Privacy
	// Condensing says that a boiler is built to condense.
	Condensing bool
}

// Staffed reports whether the technical service is at work at an instant:
// Monday to Friday but on public holidays, 7:30 to 17:00 on the calendar of loc.
func Staffed(at time.Time, loc *time.Location) bool {
	local := at.In(loc)
	if d := local.Weekday(); d == time.Saturday || d == time.Sunday || PublicHoliday(local) {
		return false
	}
	minute := local.Hour()*60 + local.Minute()
	return minute >= 7*60+30 && minute < 17*60
}

// PublicHoliday reports whether a day, on its own calendar, is one of the ten
// legal public holidays of Belgium (royal decree of 18 April 1974).
func PublicHoliday(day time.Time) bool {
	y, m, d := day.Date()
	switch {
	case m == time.January && d == 1, m == time.May && d == 1, m == time.July && d == 21, m == time.August && d == 15,
		m == time.November && (d == 1 || d == 11), m == time.December && d == 25:
		return true
	case m < time.March || m > time.June:
		return false
	}
	after := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(Easter(y)) / (24 * time.Hour)
	return after == 1 || after == 39 || after == 50 // Easter Monday, Ascension, Whit Monday
}

// Easter returns Easter Sunday of a year as midnight UTC, by the Gregorian
// computus (Meeus, Astronomical Algorithms, chapter 8).
func Easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}
