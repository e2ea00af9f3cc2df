package building

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// moment is an instant as the people of the building see it.
type moment struct {
	hour    float64 // local, 0 to 24
	workday bool    // Monday to Friday, no public holiday
	holiday bool
	day     time.Weekday
	month   time.Month
	year    int
	yearDay int
}

func momentOf(t time.Time, loc *time.Location) moment {
	local := t.In(loc)
	h, m, s := local.Clock()
	day := local.Weekday()
	year, month, _ := local.Date()
	weekend := day == time.Saturday || day == time.Sunday
	free := holiday(local)
	return moment{
		hour:    float64(h) + float64(m)/60 + float64(s)/3600,
		workday: !weekend && !free,
		holiday: free,
		day:     day,
		month:   month,
		year:    year,
		yearDay: local.YearDay(),
	}
}

func (m moment) between(from, to float64) bool { return m.hour >= from && m.hour < to }

// occupancy returns how full the building is, 0 to 1.
func occupancy(c gtc.Category, m moment) float64 {
	switch c {
	case gtc.CategoryRestHome:
		return 0.45 + 0.55*hump(m.hour, 6, 21)
	case gtc.CategoryHousing:
		return 0.4 + 0.5*hump(m.hour, 16, 23)
	case gtc.CategoryNightShelter:
		return max(hump(m.hour, 17, 26), hump(m.hour+24, 17, 33))
	case gtc.CategoryKitchen:
		if m.day == time.Sunday {
			return 0
		}
		return hump(m.hour, 5.5, 15)
	case gtc.CategoryCommunityCentre:
		if m.workday {
			return hump(m.hour, 8, 20)
		}
		if m.day == time.Saturday {
			return 0.7 * hump(m.hour, 9, 14)
		}
		return 0
	case gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
	}
	if !m.workday {
		return 0
	}
	return hump(m.hour, 7.5, 17.5)
}

// hotWaterShare returns the share of a day's hot water drawn per hour at m.
func hotWaterShare(c gtc.Category, m moment, occupancy float64) float64 {
	switch c {
	case gtc.CategoryRestHome, gtc.CategoryHousing:
		return 0.012 + 0.075*hump(m.hour, 6, 11) + 0.035*hump(m.hour, 11, 20) + 0.03*hump(m.hour, 17, 21)
	case gtc.CategoryNightShelter:
		return 0.1*hump(m.hour, 17, 23) + 0.12*hump(m.hour, 5, 9) + 0.004
	case gtc.CategoryKitchen, gtc.CategoryCommunityCentre,
		gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
	}
	return 0.12 * occupancy
}

// hump is 0 outside from..to, 1 inside, with edges of one hour.
func hump(h, from, to float64) float64 {
	return min(max(min(h-from+0.5, to-h+0.5), 0), 1)
}

// dayTariff reports whether the day tariff of electricity holds.
func (m moment) dayTariff() bool {
	return m.day != time.Saturday && m.day != time.Sunday && m.between(7, 22)
}

// holiday reports whether the local day is a Belgian public holiday.
func holiday(local time.Time) bool {
	year, month, day := local.Date()
	switch {
	case month == time.January && day == 1, month == time.May && day == 1,
		month == time.July && day == 21, month == time.August && day == 15,
		month == time.November && (day == 1 || day == 11),
		month == time.December && day == 25:
		return true
	case month < time.March || month > time.June:
		return false
	}
	since := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Sub(easter(year))
	switch int(since.Hours() / 24) {
	case 1, 39, 50: // Easter Monday, Ascension, Whit Monday
		return true
	}
	return false
}

// easter returns Easter Sunday of a year (Gregorian calendar).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	e := (32 + 2*(b%4) + 2*(c/4) - d - c%4) % 7
	f := d + e - 7*((a+11*d+22*e)/451) + 114
	return time.Date(year, time.Month(f/31), f%31+1, 0, 0, 0, 0, time.UTC)
}
