package finding

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// InputKind is what is done to a finding.
type InputKind string

// What a person does.
const (
	// Accept holds it for true.
	Accept InputKind = "accept"
	// Take begins work on it: who takes it is its owner.
	Take InputKind = "take"
	// Plan names another owner, or the day until which it shall be corrected.
	Plan InputKind = "plan"
	// Comment changes nothing.
	Comment InputKind = "comment"
	// Correct says what was done about the cause, and when.
	Correct InputKind = "correct"
	// Verify confirms what consumption shows after the correction.
	Verify InputKind = "verify"
	// Reject says that it is not so, with a class and a reason.
	Reject InputKind = "reject"
	// Reopen takes back a correction, a verification or a rejection.
	Reopen InputKind = "reopen"
)

// What the program does.
const (
	// See is a judgement of the detector that contains the finding: for the
	// first time, lasting, or over.
	See InputKind = "see"
	// Lose is a judgement of the detector that does not contain it any more.
	Lose InputKind = "lose"
	// Prove is what consumption shows after the correction.
	Prove InputKind = "prove"
)

// Acts lists what a person can do.
func Acts() []InputKind {
	return []InputKind{Accept, Take, Plan, Comment, Correct, Verify, Reject, Reopen}
}

// Input is one thing that is done to a finding.
type Input struct {
	Kind InputKind
	At   time.Time
	// By is the user, or the part of the program.
	By string
	// Reason is required to comment, correct, reject, reopen and lose.
	Reason string
	// Class is required to reject.
	Class Class
	// Owner and Due are those of a plan; "" and zero leave them as they are.
	Owner string
	Due   time.Time
	// Day is the first day after a correction, the day of At if zero.
	Day time.Time
	// Finding is what the detector sees.
	Finding gtc.Finding
	// Proof is what consumption shows.
	Proof Proof
}

// Who signs what the program does.
const (
	// ByDetector is the detector and the rules that make findings.
	ByDetector = "rules/energy"
	// ByWatch is what weighs consumption after a correction.
	ByWatch = "rules/finding"
)

// worse is the rise of the relative excess, against that of which people know,
// from which a finding has grown worse.
const worse = 1.5

// Apply returns what becomes of a finding. The record given is not changed; an
// error, one of those of this package, says why a person's input is refused.
// What changes nothing adds no step.
func (r Record) Apply(in Input) (Record, error) {
	var err error
	switch in.Kind {
	case See:
		return r.see(in), nil
	case Lose:
		return r.lose(in), nil
	case Prove:
		return r.prove(in), nil
	case Accept, Take, Plan, Comment, Correct, Verify, Reject, Reopen:
		in.By, in.Reason = strings.TrimSpace(in.By), strings.TrimSpace(in.Reason)
		if err = r.refuse(in); err == nil {
			return r.act(in), nil
		}
	default:
		err = ErrUnknown
	}
	return r, fmt.Errorf("%s finding %s: %w", in.Kind, r.ID, err)
}

// allowed are the states from which a person may do something.
func allowed(k InputKind) []gtc.FindingState {
	switch k {
	case Accept:
		return []gtc.FindingState{gtc.FindingNew}
	case Take, Correct:
		return []gtc.FindingState{gtc.FindingNew, gtc.FindingAccepted, gtc.FindingInProgress}
	case Plan, Reject:
		return []gtc.FindingState{gtc.FindingNew, gtc.FindingAccepted, gtc.FindingInProgress, gtc.FindingCorrected}
	case Verify:
		return []gtc.FindingState{gtc.FindingCorrected}
	case Reopen:
		return []gtc.FindingState{gtc.FindingCorrected, gtc.FindingVerified, gtc.FindingRejected}
	case Comment:
		return States()
	case See, Lose, Prove:
	}
	return nil
}

// May reports whether the finding allows a person's input at all.
func (r Record) May(k InputKind) bool {
	if k == Comment {
		return true
	}
	return r.Course() != Withdrawn && slices.Contains(allowed(k), r.State) && (k != Verify || r.MayVerify())
}

// refuse says why a person's input cannot be.
func (r Record) refuse(in Input) error {
	switch {
	case in.By == "":
		return ErrNobody
	case in.Kind != Comment && r.Course() == Withdrawn:
		return ErrGone
	case !slices.Contains(allowed(in.Kind), r.State):
		return ErrState
	case in.Reason == "" && slices.Contains([]InputKind{Comment, Correct, Reject, Reopen}, in.Kind):
		return ErrNoReason
	case in.Kind == Reject && !slices.Contains(Classes(), in.Class):
		return ErrClass
	case in.Kind == Verify && !r.MayVerify():
		return ErrNoProof
	case in.Kind == Correct && !in.Day.IsZero() && (in.Day.Before(r.Onset) || in.Day.After(in.At)):
		return ErrDay
	case in.Kind == Plan && !in.Due.IsZero() && in.Due.Before(in.At.AddDate(0, 0, -1)):
		return ErrDay
	case in.Kind == Plan && in.Owner == "" && in.Due.IsZero():
		return ErrNobody
	}
	return nil
}

// act does what a person asks and may.
func (r Record) act(in Input) Record {
	r.ToldPct = r.ExcessPct // who acts has seen it
	switch in.Kind {
	case Accept:
		return r.to(gtc.FindingAccepted, in)
	case Take:
		r.Owner = in.By
		return r.to(gtc.FindingInProgress, in)
	case Plan:
		if in.Owner != "" {
			r.Owner = in.Owner
		}
		if !in.Due.IsZero() {
			r.Due = in.Due
		}
		return r.step(DidPlan, r.State, in)
	case Correct:
		r.Corrected, r.LevelPct, r.Proof = in.Day, r.ExcessPct, nil
		if r.Corrected.IsZero() {
			y, m, d := in.At.Date()
			r.Corrected = time.Date(y, m, d, 0, 0, 0, 0, in.At.Location())
		}
		if r.Owner == "" {
			r.Owner = in.By
		}
		return r.to(gtc.FindingCorrected, in)
	case Verify:
		in.Proof = *r.Proof
		return r.to(gtc.FindingVerified, in)
	case Reject:
		r.Class = in.Class
		return r.to(gtc.FindingRejected, in)
	case Reopen:
		r.Class, r.Proof, r.Corrected, r.LevelPct = "", nil, time.Time{}, 0
		return r.to(gtc.FindingAccepted, in)
	case Comment, See, Lose, Prove:
	}
	return r.step(DidComment, r.State, in)
}

// to reaches a state.
func (r Record) to(s gtc.FindingState, in Input) Record { return r.step(string(s), s, in) }

// step records what was done and the state after it.
func (r Record) step(what string, s gtc.FindingState, in Input) Record {
	n := 1
	if len(r.Steps) > 0 {
		n = r.Steps[len(r.Steps)-1].N + 1
	}
	next := Step{
		N: n, At: in.At, By: in.By, What: what, From: r.State, To: s, Reason: in.Reason, Class: in.Class,
		Owner: in.Owner, Due: in.Due, ExcessKWh: r.ExcessKWh,
	}
	if in.Proof.Verdict != "" {
		p := in.Proof
		next.Proof = &p
	}
	r.Steps = append(slices.Clone(r.Steps), next)
	if len(r.Steps) > StepsKept { // the first one says how it began
		r.Steps = slices.Delete(r.Steps, 1, len(r.Steps)-StepsKept+1)
	}
	r.State = s
	return r
}

// see takes over what the detector sees.
func (r Record) see(in Input) Record {
	if in.By == "" {
		in.By = ByDetector
	}
	if r.ID == "" {
		first := Record{Finding: in.Finding, ToldPct: in.Finding.ExcessPct}
		first.State = ""
		first = first.to(gtc.FindingNew, in)
		if !first.End.IsZero() {
			first = first.step(DidEnd, first.State, in)
		}
		return first
	}
	was, state := r.Course(), r.State
	id := r.ID
	r.Finding = in.Finding
	r.ID, r.State = id, state // its name outlives a shift of its onset
	if was == Withdrawn {
		r.Gone, r.GoneWhy = time.Time{}, ""
		r = r.step(DidReturn, state, in)
	}
	switch now := r.Course(); {
	case now == Ended && was != Ended:
		return r.step(DidEnd, state, in)
	case now == Lasting && was == Ended:
		return r.resume(in)
	}
	if r.worse() {
		r.ToldPct = r.ExcessPct
		return r.step(DidWorsen, state, in)
	}
	return r
}

// resume goes on with a finding that had ended. What was held for corrected is
// not.
func (r Record) resume(in Input) Record {
	r.Proof = nil
	if r.State == gtc.FindingCorrected || r.State == gtc.FindingVerified {
		r.Corrected, r.LevelPct = time.Time{}, 0
		return r.step(DidResume, gtc.FindingInProgress, in)
	}
	return r.step(DidResume, r.State, in)
}

// worse reports whether the excess has grown far beyond what people know of.
// It is told by the relative excess: kWh grow with the cold alone.
func (r Record) worse() bool {
	return r.Kind == gtc.FindingDrift && r.Course() == Lasting && !Closed(r.State) && r.State != gtc.FindingCorrected &&
		r.ToldPct > 0 && r.ExcessPct > worse*r.ToldPct && r.ExcessPct > r.ToldPct+r.BandPct
}

// lose marks a finding that the detector does not make any more.
func (r Record) lose(in Input) Record {
	if in.By == "" {
		in.By = ByDetector
	}
	if r.Course() == Withdrawn || r.ID == "" {
		return r
	}
	r.Gone, r.GoneWhy = in.At, in.Reason
	return r.step(DidWithdraw, r.State, in)
}

// prove takes over what consumption shows after the correction.
func (r Record) prove(in Input) Record {
	if in.By == "" {
		in.By = ByWatch
	}
	if r.Corrected.IsZero() || r.Course() == Withdrawn || r.State != gtc.FindingCorrected && r.State != gtc.FindingVerified {
		return r
	}
	proposed := r.MayVerify()
	p := in.Proof
	if p.Verdict == VerdictLasting {
		r.Proof, r.Corrected, r.LevelPct = &p, time.Time{}, 0
		return r.to(gtc.FindingInProgress, in)
	}
	if r.State == gtc.FindingVerified {
		return r // confirmed on what was known then
	}
	r.Proof = &p
	switch {
	case r.MayVerify() && !proposed:
		return r.step(DidPropose, r.State, in)
	case proposed && !r.MayVerify():
		return r.step(DidDoubt, r.State, in)
	}
	return r
}
