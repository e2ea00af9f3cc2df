package baseline

import "time"

// The splits of the days into groups of their own model.
const (
	splitNone   = "none"
	splitWeek   = "week"
	splitSeason = "season"
	splitBoth   = "season+week"
	// Public holidays count as Sundays in these.
	splitOff    = "off"
	splitSunday = "sunday"
	splitDays   = "days"
	// By the operating calendar.
	splitOpen       = "calendar"
	splitVacant     = "calendar+vacant"
	splitSeasonOff  = "season+off"
	splitSeasonOpen = "season+calendar"
)

// grouping divides days into groups.
type grouping struct {
	names []string
	of    func(date time.Time) int
}

// grouping returns that of a split, by a calendar that may be nil.
func groupingOf(split string, cal *Calendar) grouping {
	switch split {
	case splitWeek:
		return grouping{[]string{"weekday", "weekend"}, func(d time.Time) int { return bit(weekend(d)) }}
	case splitOff:
		return grouping{[]string{"workday", "day off"}, func(d time.Time) int { return bit(weekend(d) || Holiday(d)) }}
	case splitSunday:
		return grouping{[]string{"monday to saturday", "sunday"}, func(d time.Time) int { return bit(sunday(d)) }}
	case splitDays:
		return grouping{[]string{"workday", "saturday", "sunday"}, func(d time.Time) int {
			switch {
			case sunday(d):
				return 2
			case d.Weekday() == time.Saturday:
				return 1
			}
			return 0
		}}
	case splitOpen:
		return grouping{[]string{"open", "closed"}, func(d time.Time) int { return bit(!cal.IsOpen(d)) }}
	case splitVacant:
		return grouping{[]string{"open", "closed", "vacant"}, func(d time.Time) int {
			if cal.vacant(d) {
				return 2
			}
			return bit(!cal.IsOpen(d))
		}}
	case splitSeason:
		return grouping{seasonNames(), func(d time.Time) int { return seasonOf(d.Month()) }}
	case splitBoth:
		return bySeason(groupingOf(splitWeek, cal))
	case splitSeasonOff:
		return bySeason(groupingOf(splitOff, cal))
	case splitSeasonOpen:
		return bySeason(groupingOf(splitOpen, cal))
	default:
		return grouping{[]string{"all"}, func(time.Time) int { return 0 }}
	}
}

// bySeason divides each group by season.
func bySeason(g grouping) grouping {
	n := len(g.names)
	names := make([]string, 0, 3*n)
	for _, s := range seasonNames() {
		for _, name := range g.names {
			names = append(names, s+" "+name)
		}
	}
	return grouping{names, func(d time.Time) int { return n*seasonOf(d.Month()) + g.of(d) }}
}

func seasonNames() []string { return []string{"winter", "shoulder", "summer"} }

// sunday reports whether a day is a Sunday or a public holiday.
func sunday(d time.Time) bool { return d.Weekday() == time.Sunday || Holiday(d) }

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// seasonOf returns 0 for winter (November to February), 2 for summer (June to
// September) and 1 for the months between.
func seasonOf(m time.Month) int {
	switch m {
	case time.November, time.December, time.January, time.February:
		return 0
	case time.June, time.July, time.August, time.September:
		return 2
	default:
		return 1
	}
}
