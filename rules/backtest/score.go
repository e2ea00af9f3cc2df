package backtest

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// daysPerYear turns judged days into meter-years.
const daysPerYear = 365.25

// Score compares the runs with the truth. A nil truth gives the findings
// without a verdict. The order of the runs changes nothing.
func Score(truth *Truth, runs []Run, o Options) Report {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Carrier, b.Carrier))
	})
	s := scorer{
		opts: o, truth: truth, runs: runs, largest: map[group]float64{},
		report: Report{Scored: truth != nil, NotJudged: []NotJudged{}, Faults: []FaultScore{}, Findings: []FindingScore{}},
		said:   map[string][]said{}, misled: map[string]string{},
	}
	if truth != nil {
		for i := range truth.Faults {
			s.known = append(s.known, truth.Faults[i].sums())
		}
	}
	s.span()
	for i := range runs {
		s.findings(&runs[i], s.touched[i])
	}
	for i := range s.known {
		s.fault(&s.known[i])
	}
	s.report.sum()
	return s.report
}

// group are the meters that may measure the same consumption.
type group struct {
	site    gtc.SiteID
	carrier gtc.Carrier
}

// said is a finding that belongs to a fault.
type said struct {
	finding gtc.Finding
	touch   touch
}

type scorer struct {
	opts    Options
	truth   *Truth
	known   []known
	runs    []Run
	largest map[group]float64
	touched [][]touch // by run
	report  Report
	said    map[string][]said // by fault
	misled  map[string]string // by fault of an instrument, a false finding
}

// span sums what was judged and notes what was not.
func (s *scorer) span() {
	var first, last time.Time
	days := 0
	for i := range s.runs {
		r := &s.runs[i]
		g := group{r.Site, r.Carrier}
		s.largest[g] = max(s.largest[g], r.size())
		if r.Judged == 0 {
			s.report.NotJudged = append(s.report.NotJudged, NotJudged{r.Site, r.ID, r.Reason})
			continue
		}
		s.report.Meters++
		days += r.Judged
		from := civil(r.Fitted.To)
		if !s.opts.From.IsZero() {
			from = later(from, civil(s.opts.From))
		}
		if first.IsZero() || from.Before(first) {
			first = from
		}
		last = later(last, r.end().AddDate(0, 0, -1))
	}
	s.report.MeterYears = float64(days) / daysPerYear
	s.report.From, s.report.To = date(first), date(last)
	for i := range s.runs {
		s.touched = append(s.touched, touches(s.known, &s.runs[i], s.largest[group{s.runs[i].Site, s.runs[i].Carrier}]))
	}
}

// findings gives the verdicts on one meter's findings.
func (s *scorer) findings(r *Run, touched []touch) {
	seen := map[string]bool{}
	for _, f := range r.Findings {
		out := FindingScore{
			ID: f.ID, Site: f.Site, Meter: f.Meter, Kind: f.Kind, Rule: f.Rule, Onset: date(f.Onset), Detected: date(f.Detected),
			End: date(f.End), ExcessKWh: f.ExcessKWh, ExcessPct: f.ExcessPct, Verdict: VerdictUnknown,
		}
		if len(f.Causes) > 0 {
			out.Cause = f.Causes[0].ID
		}
		if s.truth != nil {
			s.verdict(&out, f, touched, seen)
		}
		s.report.Findings = append(s.report.Findings, out)
	}
}

func (s *scorer) verdict(out *FindingScore, f gtc.Finding, all []touch, seen map[string]bool) {
	x, v := explain(f, all, seen)
	out.Verdict = v
	if x == nil {
		for _, y := range all {
			if !y.fault.physical() && y.lasting(civil(f.Detected)) {
				out.Fault = y.fault.ID
				s.misled[y.fault.ID] = f.ID
			}
		}
		return
	}
	out.Fault = x.fault.ID
	if v != VerdictTrue {
		return
	}
	if seen[x.fault.ID] {
		out.Verdict = VerdictRepeat
	} else {
		delay := days(x.from, civil(f.Detected))
		out.DelayDays = &delay
	}
	seen[x.fault.ID] = true
	s.said[x.fault.ID] = append(s.said[x.fault.ID], said{f, *x})
}

// fault says what became of a fault.
func (s *scorer) fault(f *known) {
	out := FaultScore{ID: f.ID, Site: f.Site, Kind: f.Kind, From: date(f.From.at), To: date(f.To.at)}
	var judged []touch
	for i := range s.runs {
		for _, x := range s.touched[i] {
			if x.fault == f {
				judged = append(judged, x)
			}
		}
	}
	if len(judged) > 0 {
		out.From, out.To = date(judged[0].from), ""
		if !f.To.IsZero() {
			out.To = date(f.To.in(judged[0].run.location()))
		}
	}
	switch {
	case len(s.said[f.ID]) > 0:
		s.found(&out, f)
	case !f.physical():
		s.instrument(&out, judged)
	default:
		s.notFound(&out, judged)
	}
	s.report.Faults = append(s.report.Faults, out)
}

// found fills in a fault that has findings: the delay is that of the first on
// any meter, the figures are those of the meter that shows most of it.
func (s *scorer) found(out *FaultScore, f *known) {
	all := s.said[f.ID]
	out.Status = StatusFound
	first := slices.MinFunc(all, func(a, b said) int { return a.finding.Detected.Compare(b.finding.Detected) })
	out.Detected = date(first.finding.Detected)
	delay := days(first.touch.from, civil(first.finding.Detected))
	out.DelayDays = &delay
	shown := slices.MaxFunc(all, func(a, b said) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), b.finding.Detected.Compare(a.finding.Detected))
	})
	out.Meter, out.Finding = shown.touch.run.ID, shown.finding.ID
	if len(shown.finding.Causes) > 0 {
		out.Cause = shown.finding.Causes[0].ID
		if right, known := rightCause(f.Kind, out.Cause); known {
			out.Right = &right
		}
	}
	s.size(out, []touch{shown.touch})
	if felt, ok := shown.touch.felt(); ok {
		effect := max(0, days(felt, civil(first.finding.Detected)))
		out.Felt, out.EffectDays = date(felt), &effect
	}
	spans := s.spans(out, all, shown.touch.run)
	for _, y := range s.onMeter(shown.touch.run) {
		for _, x := range spans {
			out.TrueKWh += y.kwh(x[0], x[1])
		}
	}
}

// spans sums what the findings of one meter say and returns the days they are
// about, in order and each once: a worsening lies on top of another finding.
func (*scorer) spans(out *FaultScore, all []said, r *Run) [][2]time.Time {
	var spans [][2]time.Time
	for _, x := range all {
		if x.touch.run != r || x.finding.Kind == gtc.FindingData {
			continue
		}
		out.EstimatedKWh += x.finding.ExcessKWh
		until := civil(x.finding.End)
		if x.finding.End.IsZero() {
			until = civil(x.finding.Through).AddDate(0, 0, 1)
		}
		spans = append(spans, [2]time.Time{civil(x.finding.Onset), until})
	}
	slices.SortFunc(spans, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	var last time.Time
	for i := range spans {
		spans[i][0] = later(spans[i][0], last)
		last = later(last, spans[i][1])
	}
	return spans
}

// rank prefers the meter of the fault's own carrier, then the one with most of
// its consumption.
func (s said) rank() float64 {
	if s.touch.run.Carrier == s.touch.fault.Carrier {
		return 1 + s.touch.share
	}
	return s.touch.share
}

// onMeter returns the faults on a run.
func (s *scorer) onMeter(r *Run) []touch {
	for i := range s.runs {
		if &s.runs[i] == r {
			return s.touched[i]
		}
	}
	return nil
}

// instrument judges a fault that changes no consumption.
func (s *scorer) instrument(out *FaultScore, judged []touch) {
	switch {
	case len(judged) == 0:
		out.Status, out.Why = StatusNotJudged, "touches no meter"
	case s.misled[out.ID] != "":
		out.Status, out.Finding = StatusMisled, s.misled[out.ID]
	default:
		out.Status = StatusHandled
	}
}

// notFound tells what was missed from what nobody could have proven.
func (s *scorer) notFound(out *FaultScore, touched []touch) {
	judged := slices.DeleteFunc(slices.Clone(touched), func(x touch) bool {
		return x.run.Judged == 0 || x.inBaseline() || !s.begin(x).Before(x.to)
	})
	if len(judged) == 0 {
		out.Status, out.Why = StatusNotJudged, whyNot(touched)
		return
	}
	out.Status, out.Why = StatusUnprovable, "below what the meter can prove"
	if s.size(out, judged) {
		out.Status, out.Why = StatusMissed, ""
	}
	for _, x := range judged {
		for _, f := range x.run.Findings {
			open := civil(f.Detected).Before(x.from) && (f.End.IsZero() || civil(f.End).After(x.from))
			if open && f.Kind != gtc.FindingData {
				out.Masked = f.ID
			}
		}
	}
}

// begin is the first day of a fault that was judged.
func (s *scorer) begin(x touch) time.Time {
	from := later(x.from, civil(x.run.Fitted.To))
	if !s.opts.From.IsZero() {
		from = later(from, civil(s.opts.From))
	}
	return from
}

// size fills in what the fault changed on the meter where that is largest
// against what can be proven, and reports whether it can be proven there.
func (s *scorer) size(out *FaultScore, judged []touch) bool {
	best := -1.0
	for _, x := range judged {
		from := s.begin(x)
		total, band := x.kwh(from, x.to), x.run.band(from, x.to)
		score := 0.0
		if band > 0 {
			score = math.Abs(total) / band
		}
		if score <= best {
			continue
		}
		best = score
		out.Meter, out.TotalKWh, out.ProvableKWh = x.run.ID, total, nil
		if band > 0 {
			out.ProvableKWh = &band
		}
	}
	return best > 1
}

// whyNot says why a fault was not judged.
func whyNot(touched []touch) string {
	if len(touched) == 0 {
		return "no meter of its carriers"
	}
	for _, x := range touched {
		if x.run.Judged > 0 {
			switch {
			case x.inBaseline():
				return "part of the baseline"
			case x.from.Before(x.run.end()):
				return "over before anything was judged"
			}
			return "begins after the last day"
		}
	}
	return "no baseline: " + touched[0].run.Reason
}

// days counts calendar days.
func days(from, to time.Time) int { return int(math.Round(to.Sub(from).Hours() / 24)) }

// date writes a calendar day, "" for none.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
