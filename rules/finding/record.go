package finding

import (
	"errors"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Course is what the detector says of a finding, whatever people have done.
type Course string

// The courses.
const (
	// Lasting is that the excess goes on.
	Lasting Course = "lasting"
	// Ended is that it closed by itself.
	Ended Course = "ended"
	// Withdrawn is that it disappeared when its days were judged again.
	Withdrawn Course = "withdrawn"
)

// Class is why a finding was rejected, in kind.
type Class string

// The classes of rejection.
const (
	// ClassFalse is that consumption was as it should be.
	ClassFalse Class = "false"
	// ClassData is that the meter or its data were at fault.
	ClassData Class = "data"
	// ClassWanted is that the excess is real, known and wanted.
	ClassWanted Class = "wanted"
	// ClassDuplicate is that another finding says it.
	ClassDuplicate Class = "duplicate"
	// ClassOther is anything else; the reason says what.
	ClassOther Class = "other"
)

// Classes lists the classes of rejection.
func Classes() []Class {
	return []Class{ClassFalse, ClassData, ClassWanted, ClassDuplicate, ClassOther}
}

// States lists the states in the order of a finding's life.
func States() []gtc.FindingState {
	return []gtc.FindingState{
		gtc.FindingNew, gtc.FindingAccepted, gtc.FindingInProgress, gtc.FindingCorrected, gtc.FindingVerified, gtc.FindingRejected,
	}
}

// Closed reports whether nobody has anything left to do in a state.
func Closed(s gtc.FindingState) bool { return s == gtc.FindingVerified || s == gtc.FindingRejected }

// Record is a finding with what became of it.
type Record struct {
	gtc.Finding
	// Owner is the user who answers for it, "" for nobody yet.
	Owner string `json:"owner,omitempty"`
	// Due is the day until which the owner means to have it corrected.
	Due time.Time `json:"due,omitzero"`
	// Class is why it was rejected, "" unless it is.
	Class Class `json:"class,omitempty"`
	// Corrected is the first day after its cause was taken away, zero unless
	// somebody said so.
	Corrected time.Time `json:"corrected,omitzero"`
	// LevelPct is ExcessPct when it was said to be corrected.
	LevelPct float64 `json:"level_pct,omitempty"`
	// Proof is what consumption has shown since Corrected.
	Proof *Proof `json:"proof,omitempty"`
	// Gone is when it was withdrawn, GoneWhy the reason.
	Gone    time.Time `json:"gone,omitzero"`
	GoneWhy string    `json:"gone_why,omitempty"`
	// ToldPct is the ExcessPct of which people know; a rise far beyond it is
	// told.
	ToldPct float64 `json:"told_pct,omitempty"`
	// Steps is what became of it, oldest first, at most [StepsKept]; all of
	// them are events.
	Steps []Step `json:"steps,omitempty"`
	// Said is the number of the last step that was published.
	Said int `json:"said,omitempty"`
}

// StepsKept is how many steps a record keeps.
const StepsKept = 200

// Course returns what the detector says of it.
func (r Record) Course() Course {
	switch {
	case !r.Gone.IsZero():
		return Withdrawn
	case !r.End.IsZero():
		return Ended
	}
	return Lasting
}

// Open reports whether the finding still costs something that somebody should
// look at: it lasts and is neither verified nor rejected.
func (r Record) Open() bool { return r.Course() == Lasting && !Closed(r.State) }

// Waiting reports whether somebody has something to do: it is open, or was
// taken up and not yet closed.
func (r Record) Waiting() bool {
	if Closed(r.State) || r.Course() == Withdrawn {
		return false
	}
	return r.Course() == Lasting || r.State != gtc.FindingNew
}

// MayVerify reports whether consumption shows that the correction holds.
func (r Record) MayVerify() bool {
	return r.State == gtc.FindingCorrected && r.Proof != nil && r.Proof.Verdict == VerdictOver
}

// Step is one thing that became of a finding.
type Step struct {
	// N counts the steps from 1.
	N int `json:"n"`
	// At is the instant of the step; By is a user, or a part of the program.
	At time.Time `json:"at"`
	By string    `json:"by"`
	// What is the state that was reached, or one of the words below.
	What string `json:"what"`
	// From and To are the states before and after.
	From   gtc.FindingState `json:"from,omitempty"`
	To     gtc.FindingState `json:"to"`
	Reason string           `json:"reason,omitempty"`
	Class  Class            `json:"class,omitempty"`
	// Owner and Due are those of a plan.
	Owner string    `json:"owner,omitempty"`
	Due   time.Time `json:"due,omitzero"`
	// ExcessKWh is the excess as it was then.
	ExcessKWh float64 `json:"excess_kwh"`
	Proof     *Proof  `json:"proof,omitempty"`
}

// What a step did besides reaching a state.
const (
	DidEnd      = "ended"
	DidResume   = "resumed"
	DidWithdraw = "withdrawn"
	DidReturn   = "returned"
	DidWorsen   = "worse"
	DidPlan     = "planned"
	DidComment  = "comment"
	// DidPropose is that consumption shows the correction: a person may confirm.
	DidPropose = "proposed"
	// DidDoubt takes such a proposal back.
	DidDoubt = "doubted"
)

// The errors of what a person asks.
var (
	// ErrState says that the state does not allow it.
	ErrState = errors.New("the finding's state does not allow this")
	// ErrNobody says that nobody signed.
	ErrNobody = errors.New("nobody named")
	// ErrNoReason says that a reason is missing.
	ErrNoReason = errors.New("reason missing")
	// ErrClass says that the kind of a rejection is missing or unknown.
	ErrClass = errors.New("kind of rejection unknown")
	// ErrDay says that a day is out of place: a correction before the onset or
	// in the future, a due date in the past.
	ErrDay = errors.New("day not possible")
	// ErrNoProof says that consumption does not show the correction yet.
	ErrNoProof = errors.New("consumption does not show the correction yet")
	// ErrGone says that the finding was withdrawn.
	ErrGone = errors.New("finding withdrawn")
	// ErrUnknown says that there is no such finding or input.
	ErrUnknown = errors.New("unknown")
)
