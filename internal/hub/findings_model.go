package hub

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// Findings returns every finding that is known.
func (h *Hub) Findings(context.Context) (console.FindingBoard, error) {
	now := h.now()
	records := h.findings.records()
	out := console.FindingBoard{At: now, Findings: make([]console.FindingCase, 0, len(records)), Rates: finding.Rates(records)}
	for i := range records {
		out.Findings = append(out.Findings, h.caseOf(&records[i], now))
	}
	return out, nil
}

// caseOf prices a record and names its place.
func (h *Hub) caseOf(r *finding.Record, now time.Time) console.FindingCase {
	c := console.FindingCase{
		PricedFinding: h.price(r.Finding, now), Course: r.Course(), Owner: r.Owner, Due: r.Due, Class: r.Class,
		Corrected: r.Corrected, Proof: r.Proof, Gone: r.Gone, GoneWhy: r.GoneWhy, Waiting: r.Waiting(),
	}
	if len(c.MeterLabel) == 0 {
		_, c.MeterLabel = h.places(r.Site, r.Meter)
	}
	if n := len(r.Steps); n > 0 {
		c.Changed, c.By = r.Steps[n-1].At, r.Steps[n-1].By
	}
	return c
}

// Finding returns one finding with its history.
func (h *Hub) Finding(_ context.Context, id string) (console.FindingDetail, error) {
	r, ok := h.findings.record(id)
	if !ok {
		return console.FindingDetail{}, console.ErrUnknown
	}
	now := h.now()
	out := console.FindingDetail{
		FindingCase: h.caseOf(&r, now), At: now, TimeZone: h.locate(r.Site).String(), Steps: slices.Clone(r.Steps),
		Query: r.Inputs["query"], Metered: h.energy.imports(r.Site, r.Meter) != nil,
	}
	slices.Reverse(out.Steps)
	for _, k := range finding.Acts() {
		if r.May(k) {
			out.May = append(out.May, k)
		}
	}
	near := works.DayOf(r.Onset.AddDate(-1, 0, 0).In(h.locate(r.Site)))
	for _, e := range h.register.Of(r.Site).Entries {
		if e.Touches(r.Meter) && (e.To == "" || e.To >= near) {
			out.Works = append(out.Works, e)
		}
	}
	slices.SortFunc(out.Works, func(a, b works.Entry) int { return cmp.Compare(b.From, a.From) })
	out.Rate = finding.Rate{Rule: r.Rule}
	for _, rate := range finding.Rates(h.findings.records()) {
		if rate.Rule == r.Rule {
			out.Rate = rate
		}
	}
	return out, nil
}

// ActOnFinding does what a person does about a finding. It returns when the
// change is kept and published, and refuses with the errors of rules/finding.
func (h *Hub) ActOnFinding(ctx context.Context, id string, in finding.Input) error {
	if !slices.Contains(finding.Acts(), in.Kind) {
		return finding.ErrUnknown
	}
	if r := []rune(in.Reason); len(r) > longestReason {
		in.Reason = string(r[:longestReason])
	}
	in.At = in.At.Truncate(time.Millisecond)
	return h.changeFinding(ctx, id, in)
}

// proveFindings weighs what consumption shows of the findings that somebody
// said are corrected.
func (h *Hub) proveFindings(ctx context.Context, now time.Time) error {
	for _, r := range h.findings.records() {
		if r.Corrected.IsZero() || r.Course() == finding.Withdrawn || finding.Closed(r.State) && r.State != gtc.FindingVerified {
			continue
		}
		if r.State == gtc.FindingVerified && r.Course() != finding.Lasting {
			continue
		}
		p, ok := h.proof(r, now)
		if !ok {
			continue
		}
		if err := h.changeFinding(ctx, r.ID, finding.Input{Kind: finding.Prove, At: now.Truncate(time.Millisecond), Proof: p}); err != nil {
			return err
		}
	}
	return nil
}

// proof sets the days after a correction against the baseline; false when there
// is nothing to set it against.
func (h *Hub) proof(r finding.Record, now time.Time) (finding.Proof, bool) {
	today := midnight(now, h.locate(r.Site))
	ms := h.energy.imports(r.Site, r.Meter)
	if !r.Measured() || ms == nil {
		return r.WeighCourse(today), true
	}
	h.energy.mu.Lock()
	base, reg := ms.baseline, ms.register
	h.energy.mu.Unlock()
	if len(base.Segments) == 0 {
		return finding.Proof{}, false
	}
	p := finding.Proof{From: r.Corrected, To: r.Corrected}
	for _, d := range reg.Prepare(r.Meter, h.energy.joinedOf(ms.key()), nil) {
		if d.Date.Before(r.Corrected) || !d.HasKWh || d.Coverage < leastProven {
			continue
		}
		x, ok := base.Predict(d)
		if !ok {
			continue
		}
		p.Days++
		p.To = d.Date.AddDate(0, 0, 1)
		p.ObservedKWh, p.ExpectedKWh = p.ObservedKWh+d.KWh, p.ExpectedKWh+x.KWh
	}
	if band := base.BandKWh(p.Days, p.ExpectedKWh); band >= 0 { // NaN says that it cannot tell
		p.BandKWh = band
		return r.Weigh(p), true
	}
	p.Verdict = finding.VerdictUnsure
	return p, true
}

// leastProven is the least metered part of a day that counts as proof.
const leastProven = 0.9
