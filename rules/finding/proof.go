package finding

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Verdict is what consumption shows after a correction.
type Verdict string

// The verdicts.
const (
	// VerdictOver is that the excess is over.
	VerdictOver Verdict = "over"
	// VerdictLasting is that it goes on.
	VerdictLasting Verdict = "lasting"
	// VerdictUnsure is that the days so far show neither.
	VerdictUnsure Verdict = "unsure"
)

const (
	// ProofDays is how many known days after the correction are needed: four
	// weeks, the shortest window that closes a finding of the detector.
	ProofDays = 28
	// left is the share of the former excess below which it counts as over, and
	// above which it goes on.
	left = 0.35
)

// Proof sets the consumption after a correction against what was expected.
type Proof struct {
	// From is the first day, To the day after the last; Days counts those that
	// are known.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Days int       `json:"days"`
	// The sums are over the known days, in kWh; BandKWh is the half-width of
	// the 90 % band of their difference. All are zero for a finding that no
	// meter measures: then only its end counts.
	ObservedKWh float64 `json:"observed_kwh"`
	ExpectedKWh float64 `json:"expected_kwh"`
	BandKWh     float64 `json:"band_kwh"`
	Verdict     Verdict `json:"verdict"`
}

// ExcessKWh is observed less expected.
func (p Proof) ExcessKWh() float64 { return p.ObservedKWh - p.ExpectedKWh }

// ExcessPct is the excess in per cent of the expected consumption, 0 without.
func (p Proof) ExcessPct() float64 {
	if p.ExpectedKWh <= 0 {
		return 0
	}
	return 100 * p.ExcessKWh() / p.ExpectedKWh
}

// Weigh gives a proof its verdict. The excess is over when no more than a third
// of the former one is left and what is left may be chance; it goes on when
// more is left than that, and more than chance explains.
func (r Record) Weigh(p Proof) Proof {
	p.Verdict = VerdictUnsure
	if p.Days < ProofDays || p.ExpectedKWh <= 0 || r.LevelPct <= 0 {
		return p
	}
	limit := left * r.LevelPct / 100 * p.ExpectedKWh
	switch x := p.ExcessKWh(); {
	case x > limit && x > p.BandKWh:
		p.Verdict = VerdictLasting
	case x <= limit && x <= p.BandKWh:
		p.Verdict = VerdictOver
	}
	return p
}

// WeighCourse gives the verdict on a finding whose size no meter tells: over
// when the detector has closed it and has said nothing for [ProofDays], going
// on when it still says it after that time.
func (r Record) WeighCourse(through time.Time) Proof {
	p := Proof{From: r.Corrected, To: through, Verdict: VerdictUnsure}
	if through.Before(r.Corrected.AddDate(0, 0, ProofDays)) {
		return p
	}
	switch {
	case r.Course() == Lasting:
		p.Verdict = VerdictLasting
	case r.Course() == Ended && !through.Before(r.End.AddDate(0, 0, ProofDays)):
		p.Verdict = VerdictOver
	}
	return p
}

// Measured reports whether a meter's consumption tells the size of the finding
// and so its end.
func (r Record) Measured() bool {
	return r.Kind == gtc.FindingDrift && r.Equipment == "" && r.ExcessPct > 0
}
