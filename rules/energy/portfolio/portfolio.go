package portfolio

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/energy/drift"
)

// Kind says which meters are comparable: those that feel the weather alike.
type Kind string

// The kinds.
const (
	Heating     Kind = "heating"
	Electricity Kind = "electricity"
)

// KindOf returns the kind of a carrier, "" for what is not energy.
func KindOf(c gtc.Carrier) Kind {
	switch c {
	case gtc.CarrierElectricity:
		return Electricity
	case gtc.CarrierGas, gtc.CarrierHeat, gtc.CarrierOil, gtc.CarrierPropane, gtc.CarrierPellets:
		return Heating
	case gtc.CarrierWater:
	}
	return ""
}

// LeastMeters is how many meters a pool or a group needs.
const LeastMeters = 5

// Meter is one meter of the park.
type Meter struct {
	Series drift.Series
	// Group names what the meter's site is, "" for nothing; meters of one group
	// are also judged together.
	Group string
	// Counts says that the meter counts in the park's total: it is no
	// sub-meter and no sum of others.
	Counts bool
	// ProvablePct is the smallest change of one year that the meter alone can
	// prove, 0 when it can prove none.
	ProvablePct float64
}

// Portfolio are all meters of a park.
type Portfolio struct {
	kinds  []Kind
	meters map[Kind][]Meter
	peers  map[Kind]*drift.Peers
	groups map[Kind]map[string]*drift.Peers
}

// New makes the portfolio of the meters given. What is not judged is left out.
func New(meters []Meter) *Portfolio {
	p := &Portfolio{meters: map[Kind][]Meter{}, peers: map[Kind]*drift.Peers{}, groups: map[Kind]map[string]*drift.Peers{}}
	for _, m := range meters {
		k := KindOf(m.Series.Carrier)
		if k == "" || !m.Series.Judgeable || m.Series.Trained >= m.Series.Days.Len() {
			continue
		}
		p.meters[k] = append(p.meters[k], m)
	}
	for _, k := range [...]Kind{Heating, Electricity} {
		if len(p.meters[k]) > 0 {
			p.kinds = append(p.kinds, k)
			p.peers[k] = drift.NewPeers(seriesOf(p.meters[k]))
			p.groups[k] = map[string]*drift.Peers{}
			for _, g := range groupsOf(p.meters[k]) {
				if in := places(p.meters[k], g); g != "" && len(in) >= LeastMeters {
					p.groups[k][g] = p.peers[k].Some(in)
				}
			}
		}
	}
	return p
}

func seriesOf(meters []Meter) []drift.Series {
	out := make([]drift.Series, len(meters))
	for i := range meters {
		out[i] = meters[i].Series
	}
	return out
}

// Beside returns what the comparable meters of other sites share with a meter
// of this carrier, group and site: all of its kind or, when it is more, those
// of its group, which feel the weather most alike. It is nil when there are
// none.
func (p *Portfolio) Beside(c gtc.Carrier, group string, site gtc.SiteID) drift.Shared {
	k := KindOf(c)
	if p.peers[k] == nil {
		return nil
	}
	all := p.peers[k].Beside(site)
	if p.groups[k][group] == nil {
		return all
	}
	alike := p.groups[k][group].Beside(site)
	return func(from, to time.Time) float64 {
		a, b := all(from, to), alike(from, to)
		if math.Abs(b) > math.Abs(a) {
			return b
		}
		return a
	}
}

// places are those of the meters of a group.
func places(meters []Meter, group string) []int {
	var out []int
	for i := range meters {
		if meters[i].Group == group {
			out = append(out, i)
		}
	}
	return out
}

// grouped are the meters of a group.
func grouped(meters []Meter, group string) []Meter {
	return slices.DeleteFunc(slices.Clone(meters), func(m Meter) bool { return m.Group != group })
}

// Pool is what the meters of one kind show together.
type Pool struct {
	Kind Kind
	// Meters and Sites count what is added up; Compared counts the meters that
	// the shared component is the median of, sub-meters included.
	Meters, Sites, Compared int
	// Weeks are whole weeks from Monday on, the last one may be a part.
	Weeks []Week
	// Year sums the last 365 judged days.
	Year Sum
	// ProvablePct is the smallest change of one year that the sum can prove, in
	// per cent, ProvableKWh the same in kWh; MeterProvablePct is the median of
	// what the meters can prove alone, 0 when it is not known.
	ProvablePct, ProvableKWh, MeterProvablePct float64
	// Common is how many times the variance of the sum is that of meters that
	// have nothing in common.
	Common float64
	// Findings are those of the pool; Site and Meter are "".
	Findings []gtc.Finding
	// Groups are parts judged beside the rest, those with findings first.
	Groups []Group
}

// Group is a part of a pool: sites of one kind, judged beside the others.
type Group struct {
	ID       string
	Meters   int
	Findings []gtc.Finding
}

// Sum are the days of a period on which at least half of a pool, by
// consumption, is metered. All in kWh.
type Sum struct {
	Days             int
	KWh, ExpectedKWh float64
	// BandKWh is the half-width of the 90 % band of what is expected.
	BandKWh float64
}

// Week is one week of a pool.
type Week struct {
	Start time.Time
	Sum
	// CUSUMKWh is the sum of what was used beyond the expected up to the end of
	// the week, CUSUMBandKWh the half-width of its 90 % band.
	CUSUMKWh, CUSUMBandKWh float64
	// SharedPct is the median deviation of the meters in per cent, ChancePct its
	// standard error; Of counts the meters.
	SharedPct, ChancePct float64
	Of                   int
}

// Pools returns what the meters show together, kinds of fewer than
// [LeastMeters] meters left out.
func (p *Portfolio) Pools() []Pool {
	var out []Pool
	for _, k := range p.kinds {
		in := slices.DeleteFunc(slices.Clone(p.meters[k]), func(m Meter) bool { return !m.Counts })
		if len(in) >= LeastMeters {
			out = append(out, p.pool(k, in))
		}
	}
	return out
}

// pool adds up the meters of a kind.
func (p *Portfolio) pool(k Kind, in []Meter) Pool {
	sum := drift.NewPool(seriesOf(in))
	out := Pool{
		Kind: k, Meters: len(in), Sites: len(sitesOf(in)), Compared: len(p.meters[k]), Common: sum.Common,
		Weeks: weeksOf(sum, p.peers[k]), Findings: sum.Detect(drift.Options{Carrier: in[0].Series.Carrier}),
		MeterProvablePct: medianProvable(in),
	}
	out.Year = sumOf(sum, max(0, len(sum.Days)-baseline.DaysPerYear), len(sum.Days))
	out.ProvablePct = 100 * baseline.Z90 * sum.Provable(baseline.DaysPerYear)
	out.ProvableKWh = out.ProvablePct / 100 * sum.Mean() * baseline.DaysPerYear
	for _, g := range groupsOf(in) {
		members := grouped(in, g)
		others := len(in) - len(members)
		if g == "" || len(members) < LeastMeters || others < LeastMeters {
			continue
		}
		part := drift.NewPool(seriesOf(members))
		out.Groups = append(out.Groups, Group{
			ID: g, Meters: len(members),
			Findings: part.Detect(drift.Options{Carrier: members[0].Series.Carrier, Shared: p.peers[k].Beside(sitesOf(members)...)}),
		})
	}
	slices.SortStableFunc(out.Groups, func(a, b Group) int { return cmp.Compare(len(b.Findings), len(a.Findings)) })
	return out
}

func sitesOf(meters []Meter) []gtc.SiteID {
	var out []gtc.SiteID
	for i := range meters {
		out = append(out, meters[i].Series.Site)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func groupsOf(meters []Meter) []string {
	var out []string
	for i := range meters {
		out = append(out, meters[i].Group)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// medianProvable is the median of what the meters can prove each.
func medianProvable(meters []Meter) float64 {
	var x []float64
	for i := range meters {
		if v := meters[i].ProvablePct; v > 0 {
			x = append(x, v)
		}
	}
	if len(x) == 0 {
		return 0
	}
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// weeksOf adds up calendar weeks.
func weeksOf(sum *drift.Pool, peers *drift.Peers) []Week {
	var out []Week
	cusum := 0.0
	for a := 0; a < len(sum.Days); {
		b := a + 1
		for b < len(sum.Days) && sum.Date(b).Weekday() != time.Monday {
			b++
		}
		w := Week{Start: sum.Date(a), Sum: sumOf(sum, a, b)}
		if w.Days > 0 {
			cusum += w.KWh - w.ExpectedKWh
			w.CUSUMKWh, w.CUSUMBandKWh = cusum, baseline.Z90*sum.Band(0, b)
			mid, chance, n := peers.Median(sum.Date(a), sum.Date(b))
			w.SharedPct, w.ChancePct, w.Of = 100*mid, 100*chance, n
		}
		out = append(out, w)
		a = b
	}
	return out
}

// sumOf adds up the days [a,b).
func sumOf(sum *drift.Pool, a, b int) Sum {
	var s Sum
	for _, d := range sum.Days[a:b] {
		if d.Enough {
			s.Days, s.KWh, s.ExpectedKWh = s.Days+1, s.KWh+d.KWh, s.ExpectedKWh+d.Expected
		}
	}
	if s.Days > 0 {
		s.BandKWh = baseline.Z90 * sum.Band(a, b)
	}
	return s
}

// Forget drops what was worked out while meters were judged beside each other.
func (p *Portfolio) Forget() {
	for k, peers := range p.peers {
		peers.Forget()
		for _, group := range p.groups[k] {
			group.Forget()
		}
	}
}
