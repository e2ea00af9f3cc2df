package why

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
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

// closed reports whether nobody uses a building on a day: by the site's
// operating calendar, or by its category where it has none.
func closed(s *gtc.Site, day time.Time) bool {
	c := s.Category
	if _, _, ok := opening(c); !ok {
		return false
	}
	if s.Calendar != nil {
		return !open(s, day)
	}
	switch day.Weekday() {
	case time.Sunday:
		return true
	case time.Saturday:
		return c != gtc.CategoryKitchen && c != gtc.CategoryCommunityCentre
	case time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday:
	}
	return baseline.Holiday(day) && c != gtc.CategoryKitchen
}

// working reports whether a day is Monday to Friday and neither a public
// holiday nor a day on which the site's operating calendar has it closed.
func working(s *gtc.Site, day time.Time) bool {
	if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		return false
	}
	if s.Calendar != nil {
		return open(s, day)
	}
	return !baseline.Holiday(day)
}

// open reports whether the operating calendar of a site has it open.
func open(s *gtc.Site, day time.Time) bool { return (*baseline.Calendar)(s.Calendar).IsOpen(day) }
