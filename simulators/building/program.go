package building

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Period is a part of a day in minutes since local midnight: From is in it, To
// is not. An empty period (To ≤ From) is none.
type Period struct{ From, To uint16 }

// Day holds the comfort periods of one weekday, as many as a controller keeps.
type Day [4]Period

// Schedule is a weekly program, by weekday with Sunday first. The zero value
// is that of the building's category.
type Schedule struct {
	Days [7]Day
	// Holidays: public holidays follow Sunday's program.
	Holidays bool
}

// On reports whether the program is in comfort at a minute of a weekday.
func (s *Schedule) On(day time.Weekday, minute int) bool {
	for _, p := range s.Days[day] {
		if minute >= int(p.From) && minute < int(p.To) {
			return true
		}
	}
	return false
}

// at reports whether the program is in comfort at m, with its clock shifted by
// minutes and weekends like Mondays when everyDay.
func (s *Schedule) at(m moment, shift int, everyDay bool) bool {
	day := m.day
	if s.Holidays && m.holiday {
		day = time.Sunday
	}
	minute := int(m.hour*60) + shift
	switch {
	case minute < 0:
		minute, day = minute+1440, (day+6)%7
	case minute >= 1440:
		minute, day = minute-1440, (day+1)%7
	}
	if everyDay && (day == time.Sunday || day == time.Saturday) {
		day = time.Monday
	}
	return s.On(day, minute)
}

// Weekly makes a program of the same hours on workdays and others on Saturday
// and Sunday. Hours are from, to, from, to and so on, up to four periods.
func Weekly(holidays bool, work, saturday, sunday []float64) Schedule {
	s := Schedule{Holidays: holidays}
	for d := range s.Days {
		hours := work
		switch time.Weekday(d) {
		case time.Saturday:
			hours = saturday
		case time.Sunday:
			hours = sunday
		case time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday:
		}
		for i := 0; i+1 < len(hours) && i/2 < len(s.Days[d]); i += 2 {
			s.Days[d][i/2] = Period{uint16(hours[i] * 60), uint16(hours[i+1] * 60)}
		}
	}
	return s
}

// heatingProgram is when a category's heating is in comfort.
func heatingProgram(c gtc.Category) Schedule {
	always := []float64{0, 24}
	switch c {
	case gtc.CategoryRestHome:
		return Weekly(false, always, always, always)
	case gtc.CategoryHousing:
		h := []float64{5.5, 22.5}
		return Weekly(false, h, h, h)
	case gtc.CategoryNightShelter:
		h := []float64{0, 9, 16, 24}
		return Weekly(false, h, h, h)
	case gtc.CategoryKitchen:
		h := []float64{4.5, 16}
		return Weekly(false, h, h, nil)
	case gtc.CategoryCommunityCentre:
		return Weekly(true, []float64{6, 20}, []float64{7.5, 14}, nil)
	case gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
	}
	return Weekly(true, []float64{5.5, 18}, nil, nil)
}

// fanProgram is when a category's ventilation runs.
func fanProgram(c gtc.Category) Schedule {
	switch c {
	case gtc.CategoryRestHome:
		h := []float64{0, 24}
		return Weekly(false, h, h, h)
	case gtc.CategoryNightShelter:
		h := []float64{0, 9, 17, 24}
		return Weekly(false, h, h, h)
	case gtc.CategoryKitchen:
		h := []float64{5, 15}
		return Weekly(false, h, h, nil)
	case gtc.CategoryCommunityCentre:
		return Weekly(true, []float64{7.5, 20.5}, []float64{8.5, 14.5}, nil)
	case gtc.CategoryHousing:
		return Weekly(false, nil, nil, nil)
	case gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryOther:
	}
	return Weekly(true, []float64{7, 18.5}, nil, nil)
}
