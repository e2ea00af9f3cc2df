package why

import (
	"cmp"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// lockout are the rules that name why a plant does not heat, with what else shows
// it: rooms are cold, the curve is not followed, a meter stands still, and the
// building takes days to be warm again. What tells of a danger to people is not
// among them, nor what tells that somebody left the plant in manual.
func lockout() map[string][]string {
	shown := []string{"H14", "H14-gas", "H4", "H8", "H12", "H13", "W1", "W2", "W3", "meter-zero", "meter-stuck", "energy-saving"}
	return map[string][]string{"H14": shown, "H14-gas": shown}
}

// In days: how far apart what one cause shows at several places begins; how soon
// after a cause is over its aftermath begins; how long after it what it explains
// may last before it speaks for itself; and how long after a drift is over the
// detector knows at the latest.
const (
	together    = 7
	afterwards  = 2
	aftermath   = 28
	detectorLag = 56
)

// mostOf is the share of the days that a finding was made of which have to be
// bad before data that are good again explain it.
const mostOf = 0.5

// none is the place of no finding.
const none = -1

// settling finds out which finding of a site explains which.
type settling struct {
	all   []gtc.Finding
	rules Set
	// by is the place of what explains each finding, or none. No chain comes back
	// to where it began: data are explained by causes that no data explain, and of
	// two causes the earlier explains the later.
	by []int
}

// settle looks at all findings.
func settle(all []gtc.Finding, rules Set) *settling {
	s := &settling{all: all, rules: rules, by: make([]int, len(all))}
	for i := range s.by {
		s.by[i] = none
	}
	data := func(i int) bool { return all[i].Kind == gtc.FindingData }
	energy := func(i int) bool { return !data(i) }
	s.look(func(int) bool { return true }, s.lists)
	// A stuck sensor makes a circuit look cold; where one is cold a meter stands
	// still rightly.
	s.look(func(i int) bool { return s.cause(i) && all[i].Equipment != "" }, s.spoils)
	s.look(data, func(d, i int) bool { return all[d].Equipment != "" && s.shows(d, i) })
	s.look(energy, s.spoils)
	s.look(energy, s.shows)
	return s
}

// look gives the findings that are not explained yet the first detected of those
// that explain them.
func (s *settling) look(at func(i int) bool, explains func(d, i int) bool) {
	for i := range s.all {
		if s.by[i] != none || !at(i) {
			continue
		}
		for d := range s.all {
			if d != i && explains(d, i) && (s.by[i] == none || sooner(s.all[d], s.all[s.by[i]])) {
				s.by[i] = d
			}
		}
	}
}

// lists reports whether finding d lists finding i already, as it was kept: what
// shows the one may not be known yet to a hub that starts again.
func (s *settling) lists(d, i int) bool {
	return sooner(s.all[d], s.all[i]) && slices.Contains(listed(s.all[d]), s.all[i].ID) && !s.outlives(s.all[i], s.all[d])
}

// sooner orders findings by detection; of one day the one on a meter, which is
// what feeds the equipment, comes first.
func sooner(a, b gtc.Finding) bool {
	return cmp.Or(a.Detected.Compare(b.Detected), cmp.Compare(a.Equipment, b.Equipment), cmp.Compare(a.ID, b.ID)) < 0
}

// root is the place of what explains a finding in the end.
func (s *settling) root(i int) int {
	for s.by[i] != none {
		i = s.by[i]
	}
	return i
}

// cause reports whether a finding names the cause of others.
func (s *settling) cause(i int) bool {
	r := s.rules.Rule(s.all[i].Rule)
	return r != nil && r.Kind == gtc.FindingDrift && len(r.Explains) > 0
}

// spoils reports whether finding d is on data by which finding i was made, and
// not explained itself.
func (s *settling) spoils(d, i int) bool {
	a, f := s.all[d], s.all[i]
	if a.Kind != gtc.FindingData || s.by[d] != none || !concerns(a, f, s.rules) || !a.End.IsZero() && !a.End.After(f.Onset) {
		return false
	}
	if !there(a, f.Detected) && covered(a, f) < mostOf {
		return false // the other days show it too
	}
	return !a.Detected.After(f.Detected) || !a.Onset.After(f.Detected) && there(f, a.Detected)
}

// covered is the share of the days from the onset to the detection of a finding
// that lie in another one, which is over.
func covered(a, f gtc.Finding) float64 {
	from := f.Onset
	if a.Onset.After(from) {
		from = a.Onset
	}
	return a.End.Sub(from).Hours() / max(24, f.Detected.Sub(f.Onset).Hours())
}

// shows reports whether finding i shows the cause that finding d names.
func (s *settling) shows(d, i int) bool {
	a, f := s.all[d], s.all[i]
	if !s.cause(d) || s.by[d] != none && s.all[s.by[d]].Kind == gtc.FindingData || s.cause(i) && !sooner(a, f) {
		return false
	}
	return slices.Contains(s.rules.Rule(a.Rule).Explains, f.Rule) && !Dangerous(f) &&
		feeds(a, f) && !s.outlives(f, a) && (!a.Detected.After(f.Detected) || there(f, a.Detected))
}

// there reports whether a finding was not over before a day.
func there(f gtc.Finding, day time.Time) bool { return f.End.IsZero() || !f.End.Before(day) }

// feeds reports whether a finding began on what a cause concerns while the cause
// lasted: on its equipment or, when it is on a meter, on all that the meter pays
// for. Elsewhere on the meter, and on the heat meter behind, it must have begun in
// the same week, and on a meter it may begin as the cause ends.
func feeds(d, f gtc.Finding) bool {
	behind := f.Carrier == gtc.CarrierHeat && d.Carrier != gtc.CarrierHeat
	if d.Site != f.Site || d.Meter != f.Meter && !behind || f.Onset.Before(d.Onset.AddDate(0, 0, -together)) {
		return false
	}
	during := d.End.IsZero() || f.Onset.Before(d.End)
	own := d.Meter == f.Meter && (d.Equipment == "" || d.Equipment == f.Equipment)
	if during {
		return own || !f.Onset.After(d.Onset.AddDate(0, 0, together))
	}
	return f.Equipment == "" && !f.Onset.After(d.End.AddDate(0, 0, afterwards))
}

// outlives reports whether a finding lasts for so long after a cause is over that
// it has another one. Of one that lasts, the days that its own end takes to be
// known are waited for.
func (s *settling) outlives(f, d gtc.Finding) bool {
	switch {
	case d.End.IsZero():
		return false
	case !f.End.IsZero():
		return f.End.After(d.End.AddDate(0, 0, aftermath))
	}
	lag := detectorLag
	if r := s.rules.Rule(f.Rule); r != nil {
		lag = r.Clear
	}
	return f.Through.After(d.End.AddDate(0, 0, aftermath+lag))
}
