package baseline

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// What the days of a baseline may show that is no consumption.
const (
	// stuckNamed days of one and the same value in a row are named, from
	// stuckRefused on the baseline is refused, if the consumption expected of
	// them differs by stuckSpread of its mean at least.
	stuckNamed, stuckRefused, stuckSpread = 14, 28, 0.20
	// A day is left out that is spikeRange interquartile ranges above the median
	// and spikeTimes the largest day but spikeDays: so many are left out at most.
	spikeRange, spikeTimes, spikeDays = 3.0, 2.0, 2
	// worstShare of the squares must be those of worstDays to name these.
	worstShare, worstDays = 0.5, 3
	// monthDays is how many days make a month of the year known.
	monthDays = 10
)

// notes say which days were left out and what is odd about the others.
func (s selection) notes() string {
	var out []string
	add := func(n int, what string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(s.zeros, "cold days of zero taken for gaps")
	add(s.negative, "days below zero left out")
	add(s.excluded, "days excluded")
	if len(s.spikes) > 0 {
		out = append(out, "far above all others and left out: "+kwhOf(s.spikes))
	}
	if s.same.days >= stuckNamed && s.same.days < stuckRefused {
		out = append(out, s.same.String())
	}
	return strings.Join(out, ", ")
}

// kwhOf names days with their consumption.
func kwhOf(days []Day) string {
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = fmt.Sprintf("%.0f kWh on %s", d.KWh, d.Date.Format(time.DateOnly))
	}
	return strings.Join(out, ", ")
}

// dropSpikes leaves out one or two days that are far above all others: a
// count catching up, or a value that cannot be.
func (s *selection) dropSpikes() {
	if len(s.days) < minFitDays {
		return
	}
	y := values(s.days)
	slices.Sort(y)
	at := func(q float64) float64 { return y[int(q*float64(len(y)-1))] }
	limit := max(at(.5)+spikeRange*(at(.75)-at(.25)), spikeTimes*y[len(y)-1-spikeDays])
	if y[len(y)-1] <= limit || limit <= 0 {
		return
	}
	s.days = slices.DeleteFunc(s.days, func(d Day) bool {
		if d.KWh <= limit {
			return false
		}
		s.spikes = append(s.spikes, d)
		return true
	})
}

// sameDays are successive days of one and the same consumption.
type sameDays struct {
	first Day
	days  int
}

func (d sameDays) String() string {
	return fmt.Sprintf("%d days of %.4g kWh each from %s on", d.days, d.first.KWh, d.first.Date.Format(time.DateOnly))
}

// stuck returns the longest run of successive days with one and the same
// consumption although another one is expected of them from day to day.
func (s selection) stuck(expected []float64) (out sameDays) {
	n, low, high, sum := 0, 0.0, 0.0, 0.0
	for i, d := range s.days {
		e := expected[i]
		if i > 0 && d.KWh == s.days[i-1].KWh && dayNumber(d.Date) == dayNumber(s.days[i-1].Date)+1 {
			n, low, high, sum = n+1, min(low, e), max(high, e), sum+e
		} else {
			n, low, high, sum = 1, e, e, e
		}
		if d.KWh > 0 && n > out.days && (high-low)*float64(n) >= stuckSpread*sum {
			out = sameDays{s.days[i+1-n], n}
		}
	}
	return out
}

// worst names the days, or the change of level, that make a fit as bad as it
// is, "" when nothing stands out.
func (s selection) worst(e []float64) string {
	total := 0.0
	order := make([]int, len(s.days))
	square := func(i int) float64 { r := s.days[i].KWh - e[i]; return r * r }
	for i := range order {
		order[i] = i
		total += square(i)
	}
	slices.SortStableFunc(order, func(i, j int) int { return -int(math.Copysign(1, square(i)-square(j))) })
	var days []Day
	sum := 0.0
	for _, i := range order[:min(len(order), worstDays)] {
		if sum >= worstShare*total {
			break
		}
		days, sum = append(days, s.days[i]), sum+square(i)
	}
	if sum >= worstShare*total {
		return ", above all " + kwhOf(days)
	}
	if change := s.shift(shift(values(s.days), e)); change != nil {
		return ", " + change.String()
	}
	return ""
}

// shift returns the change between two levels of the days, nil when it is not
// worth naming.
func (s selection) shift(l levels) *Shift {
	if !l.named() {
		return nil
	}
	return &Shift{From: s.days[l.at].Date, Ratio: l.ratio()}
}

// unseen names the months of the year that are not known, "" when all are.
func (s selection) unseen() string {
	var days [13]int
	for _, d := range s.days {
		days[d.Date.Month()]++
	}
	var out []string
	for m := time.January; m <= time.December; m++ {
		if days[m] < monthDays {
			out = append(out, m.String())
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "fewer than " + fmt.Sprint(monthDays) + " days of " + strings.Join(out, ", ")
}
