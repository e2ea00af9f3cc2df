package why

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// opening returns the hours in which a building of a category is used on a
// working day, false when it is never left.
func opening(c gtc.Category) (from, to float64, ok bool) {
	switch c {
	case gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
		return 7.5, 18, true
	case gtc.CategoryCommunityCentre:
		return 8, 21, true
	case gtc.CategoryKitchen:
		return 5, 16, true
	case gtc.CategoryRestHome, gtc.CategoryNightShelter, gtc.CategoryHousing:
	}
	return 0, 0, false
}

// closed reports whether nobody uses a building of a category on a day.
func closed(c gtc.Category, day time.Time) bool {
	if _, _, ok := opening(c); !ok {
		return false
	}
	switch day.Weekday() {
	case time.Sunday:
		return true
	case time.Saturday:
		return c != gtc.CategoryKitchen && c != gtc.CategoryCommunityCentre
	case time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday:
	}
	return holiday(day) && c != gtc.CategoryKitchen
}

// working reports whether a day is Monday to Friday and no public holiday.
func working(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !holiday(day)
}

// holiday reports whether a day is one of the ten legal public holidays of
// Belgium (royal decree of 18 April 1974).
func holiday(day time.Time) bool {
	y, m, d := day.Date()
	switch {
	case m == time.January && d == 1, m == time.May && d == 1, m == time.July && d == 21, m == time.August && d == 15,
		m == time.November && (d == 1 || d == 11), m == time.December && d == 25:
		return true
	}
	after := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(easter(y)) / (24 * time.Hour)
	return after == 1 || after == 39 || after == 50 // Easter Monday, Ascension, Whit Monday
}

// easter returns Easter Sunday of a year (Gauss's rule as corrected by Lichtenberg).
func easter(year int) time.Time {
	k := year / 100
	m := 15 + (3*k+3)/4 - (8*k+13)/25
	s := 2 - (3*k+3)/4
	a := year % 19
	d := (19*a + m) % 30
	r := (d + a/11) / 29
	og := 21 + d - r
	sz := 7 - (year+year/4+s)%7
	return time.Date(year, time.March, og+7-(og-sz)%7, 0, 0, 0, 0, time.UTC)
}
