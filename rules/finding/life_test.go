package finding

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
)

func day(n int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

func seen() gtc.Finding {
	return gtc.Finding{
		ID: "s/gas/energy-drift/2026-01-11", Site: "s", Meter: "gas", Rule: "energy-drift", Kind: gtc.FindingDrift, State: gtc.FindingNew,
		Onset: day(10), Detected: day(20), Through: day(30), ExcessKWh: 900, ExcessPct: 20, BandPct: 4,
	}
}

// in puts a record into a state and a course, by nothing but inputs.
func in(t *testing.T, state gtc.FindingState, c Course) Record {
	t.Helper()
	r := do(t, Record{}, Input{Kind: See, Finding: seen(), At: day(31)})
	for _, k := range map[gtc.FindingState][]InputKind{
		gtc.FindingNew: nil, gtc.FindingAccepted: {Accept}, gtc.FindingInProgress: {Take}, gtc.FindingRejected: {Reject},
		gtc.FindingCorrected: {Correct}, gtc.FindingVerified: {Correct, Prove, Verify},
	}[state] {
		r = do(t, r, person(k))
	}
	switch c {
	case Ended:
		f := seen()
		f.End = day(35)
		r = do(t, r, Input{Kind: See, Finding: f, At: day(36)})
	case Withdrawn:
		r = do(t, r, Input{Kind: Lose, Reason: "late data", At: day(36)})
	case Lasting:
	}
	require.Equal(t, state, r.State)
	require.Equal(t, c, r.Course())
	return r
}

func do(t *testing.T, r Record, in Input) Record {
	t.Helper()
	next, err := r.Apply(in)
	require.NoError(t, err)
	return next
}

// person is a valid input of each kind.
func person(k InputKind) Input {
	in := Input{Kind: k, At: day(40), By: "un", Reason: "vanne remplacée"}
	switch k {
	case Reject:
		in.Class = ClassFalse
	case Plan:
		in.Owner = "deux"
	case Prove:
		in.Proof = Proof{Days: 28, Verdict: VerdictOver}
	case Accept, Take, Comment, Correct, Verify, Reopen, See, Lose:
	}
	return in
}

// inputs are all that can be done to a finding.
func inputs() map[string]Input {
	out := map[string]Input{"lose": {Kind: Lose, At: day(41), Reason: "late data"}}
	for _, k := range Acts() {
		out[string(k)] = person(k)
	}
	lasting, ended, worse := seen(), seen(), seen()
	ended.End, worse.ExcessPct = day(35), 35
	out["see"] = Input{Kind: See, At: day(41), Finding: lasting}
	out["end"] = Input{Kind: See, At: day(41), Finding: ended}
	out["worse"] = Input{Kind: See, At: day(41), Finding: worse}
	for _, v := range []Verdict{VerdictOver, VerdictLasting, VerdictUnsure} {
		out[string(v)] = Input{Kind: Prove, At: day(41), Proof: Proof{Days: 28, Verdict: v}}
	}
	return out
}

// What becomes of a finding: a state that is reached, "+word" for a step within
// the state, "=" for no step, or why a person is refused. First while it lasts,
// then after its end, then withdrawn.
const life = `
lasting      accept    take         plan     comment   correct    verify    reject    reopen       see  end     worse   lose        over       lasting      unsure
new          accepted  in_progress  +planned +comment  corrected  state     rejected  state        =    +ended  +worse  +withdrawn  =          =            =
accepted     state     in_progress  +planned +comment  corrected  state     rejected  state        =    +ended  +worse  +withdrawn  =          =            =
in_progress  state     in_progress  +planned +comment  corrected  state     rejected  state        =    +ended  +worse  +withdrawn  =          =            =
corrected    state     state        +planned +comment  state      no-proof  rejected  accepted     =    +ended  =       +withdrawn  +proposed  in_progress  =
verified     state     state        state    +comment  state      state     state     accepted     =    +ended  =       +withdrawn  =          in_progress  =
rejected     state     state        state    +comment  state      state     state     accepted     =    +ended  =       +withdrawn  =          =            =

ended        accept    take         plan     comment   correct    verify    reject    reopen       see           end  worse         lose        over       lasting      unsure
new          accepted  in_progress  +planned +comment  corrected  state     rejected  state        +resumed      =    +resumed      +withdrawn  =          =            =
accepted     state     in_progress  +planned +comment  corrected  state     rejected  state        +resumed      =    +resumed      +withdrawn  =          =            =
in_progress  state     in_progress  +planned +comment  corrected  state     rejected  state        +resumed      =    +resumed      +withdrawn  =          =            =
corrected    state     state        +planned +comment  state      no-proof  rejected  accepted     in_progress   =    in_progress   +withdrawn  +proposed  in_progress  =
verified     state     state        state    +comment  state      state     state     accepted     in_progress   =    in_progress   +withdrawn  =          in_progress  =
rejected     state     state        state    +comment  state      state     state     accepted     +resumed      =    +resumed      +withdrawn  =          =            =

withdrawn    accept    take         plan     comment   correct    verify    reject    reopen       see         end     worse     lose  over  lasting  unsure
new          gone      gone         gone     +comment  gone       gone      gone      gone         +returned   +ended  +worse    =     =     =        =
accepted     gone      gone         gone     +comment  gone       gone      gone      gone         +returned   +ended  +worse    =     =     =        =
in_progress  gone      gone         gone     +comment  gone       gone      gone      gone         +returned   +ended  +worse    =     =     =        =
corrected    gone      gone         gone     +comment  gone       gone      gone      gone         +returned   +ended  +returned =     =     =        =
verified     gone      gone         gone     +comment  gone       gone      gone      gone         +returned   +ended  +returned =     =     =        =
rejected     gone      gone         gone     +comment  gone       gone      gone      gone         +returned   +ended  +returned =     =     =        =
`

func TestEveryStateAndEveryInput(t *testing.T) {
	refusals := map[string]error{"state": ErrState, "no-proof": ErrNoProof, "gone": ErrGone}
	all := inputs()
	cells := 0
	for block := range strings.SplitSeq(strings.TrimSpace(life), "\n\n") {
		rows := strings.Split(block, "\n")
		head := strings.Fields(rows[0])
		course := Course(head[0])
		require.Len(t, head, 1+len(all))
		require.Len(t, rows, 1+len(States()))
		for _, row := range rows[1:] {
			cell := strings.Fields(row)
			state := gtc.FindingState(cell[0])
			for i, name := range head[1:] {
				cells++
				want := cell[i+1]
				before := in(t, state, course)
				kept := fmt.Sprint(before)
				after, err := before.Apply(all[name])
				at := fmt.Sprintf("%s %s: %s", course, state, name)
				require.Equal(t, kept, fmt.Sprint(before), "%s: what is given is not changed", at)
				if refusal, refused := refusals[want]; refused {
					require.ErrorIs(t, err, refusal, at)
					require.Equal(t, before, after, at)
					require.False(t, before.May(all[name].Kind), at)
					continue
				}
				require.NoError(t, err, at)
				check(t, at, want, before, after)
			}
		}
	}
	require.Equal(t, 3*6*15, cells)
}

func check(t *testing.T, at, want string, before, after Record) {
	t.Helper()
	if want == "=" {
		require.Equal(t, before.State, after.State, at)
		require.Len(t, after.Steps, len(before.Steps), at)
		return
	}
	last := after.Steps[len(after.Steps)-1]
	require.Greater(t, len(after.Steps), len(before.Steps), at)
	require.Equal(t, before.State, last.From, at)
	require.Equal(t, after.State, last.To, at)
	require.NotEmpty(t, last.By, at)
	require.False(t, last.At.IsZero(), at)
	if word, within := strings.CutPrefix(want, "+"); within {
		require.Equal(t, word, last.What, at)
		require.Equal(t, before.State, after.State, at)
		return
	}
	require.Equal(t, want, string(after.State), at)
}

// A finding is verified only after what the platform proposed, and a person
// confirms it; if the excess goes on, it is work again.
func TestCorrectionIsProvenAndConfirmed(t *testing.T) {
	r := in(t, gtc.FindingInProgress, Lasting)
	require.Equal(t, "un", r.Owner)
	r = do(t, r, Input{Kind: Correct, At: day(60), By: "un", Reason: "horaire remis", Day: day(55)})
	require.Equal(t, day(55), r.Corrected)
	require.InDelta(t, 20, r.LevelPct, 0)
	weigh := func(days int, observed float64) Proof {
		return r.Weigh(Proof{From: day(55), To: day(55 + days), Days: days, ObservedKWh: observed, ExpectedKWh: 1000, BandKWh: 50})
	}
	require.Equal(t, VerdictUnsure, weigh(27, 1000).Verdict, "too early")
	require.Equal(t, VerdictUnsure, weigh(28, 1060).Verdict, "less than before, but more than chance")
	require.Equal(t, VerdictOver, weigh(28, 1040).Verdict)
	require.Equal(t, VerdictOver, weigh(28, 800).Verdict)
	require.Equal(t, VerdictLasting, weigh(28, 1150).Verdict)

	r = do(t, r, Input{Kind: Prove, At: day(84), Proof: weigh(28, 1010)})
	require.True(t, r.MayVerify())
	require.InDelta(t, 1, r.Proof.ExcessPct(), 1e-9)
	doubted := do(t, r, Input{Kind: Prove, At: day(90), Proof: weigh(34, 1060)})
	require.Equal(t, DidDoubt, doubted.Steps[len(doubted.Steps)-1].What)
	require.False(t, doubted.MayVerify())
	failed := do(t, r, Input{Kind: Prove, At: day(90), Reason: "excess goes on", Proof: weigh(34, 1200)})
	require.Equal(t, gtc.FindingInProgress, failed.State)
	require.Equal(t, "excess goes on", failed.Steps[len(failed.Steps)-1].Reason)
	require.Zero(t, failed.Corrected)

	r = do(t, r, Input{Kind: Verify, At: day(85), By: "deux"})
	require.Equal(t, gtc.FindingVerified, r.State)
	last := r.Steps[len(r.Steps)-1]
	require.Equal(t, "deux", last.By)
	require.Equal(t, VerdictOver, last.Proof.Verdict, "the evidence stays with the step")
	require.False(t, r.Open())
}

// Where no meter tells the size, the detector's own end is the proof.
func TestCorrectionWithoutAMeter(t *testing.T) {
	r := in(t, gtc.FindingCorrected, Lasting)
	r.ExcessPct = 0
	require.False(t, r.Measured())
	require.Equal(t, VerdictUnsure, r.WeighCourse(day(50)).Verdict)
	require.Equal(t, VerdictLasting, r.WeighCourse(day(40+ProofDays)).Verdict)
	r = in(t, gtc.FindingCorrected, Ended)
	require.Equal(t, VerdictOver, r.WeighCourse(day(40+ProofDays)).Verdict)
	r.End = day(60)
	require.Equal(t, VerdictUnsure, r.WeighCourse(day(40+ProofDays)).Verdict)
}

func TestWhatAPersonMustSay(t *testing.T) {
	r := in(t, gtc.FindingAccepted, Lasting)
	for name, c := range map[string]struct {
		in   Input
		want error
	}{
		"nobody":               {Input{Kind: Take, At: day(40), By: " "}, ErrNobody},
		"no reason":            {Input{Kind: Reject, At: day(40), By: "un", Class: ClassFalse, Reason: " "}, ErrNoReason},
		"no class":             {Input{Kind: Reject, At: day(40), By: "un", Reason: "x"}, ErrClass},
		"strange class":        {Input{Kind: Reject, At: day(40), By: "un", Reason: "x", Class: "tired"}, ErrClass},
		"nothing done":         {Input{Kind: Correct, At: day(40), By: "un"}, ErrNoReason},
		"before the onset":     {Input{Kind: Correct, At: day(40), By: "un", Reason: "x", Day: day(9)}, ErrDay},
		"tomorrow":             {Input{Kind: Correct, At: day(40), By: "un", Reason: "x", Day: day(41)}, ErrDay},
		"due in the past":      {Input{Kind: Plan, At: day(40), By: "un", Due: day(20)}, ErrDay},
		"plan without content": {Input{Kind: Plan, At: day(40), By: "un"}, ErrNobody},
		"an unknown thing":     {Input{Kind: "dance", At: day(40), By: "un"}, ErrUnknown},
	} {
		_, err := r.Apply(c.in)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorContains(t, err, r.ID, name)
	}
}

// Whatever happens, the number of steps only grows, each begins in the state in
// which the one before left, and what is given is not changed.
func TestLifeIsOneChain(t *testing.T) {
	names := inputs()
	keys := make([]string, 0, len(names))
	for _, k := range []string{"accept", "take", "plan", "comment", "correct", "verify", "reject", "reopen", "see", "end", "worse", "lose", "over", "lasting", "unsure"} {
		require.Contains(t, names, k)
		keys = append(keys, k)
	}
	rapid.Check(t, func(rt *rapid.T) {
		r, err := Record{}.Apply(Input{Kind: See, At: day(31), Finding: seen()})
		require.NoError(rt, err)
		for range rapid.IntRange(1, 300).Draw(rt, "length") {
			next, err := r.Apply(names[rapid.SampledFrom(keys).Draw(rt, "input")])
			if err != nil {
				require.Equal(rt, r, next)
				require.True(rt, errors.Is(err, ErrState) || errors.Is(err, ErrGone) || errors.Is(err, ErrNoProof), err)
			}
			r = next
		}
		require.LessOrEqual(rt, len(r.Steps), StepsKept)
		require.Equal(rt, 1, r.Steps[0].N)
		for i := 2; i < len(r.Steps); i++ {
			require.Equal(rt, r.Steps[i-1].N+1, r.Steps[i].N)
			require.Equal(rt, r.Steps[i-1].To, r.Steps[i].From)
		}
		require.Equal(rt, r.State, r.Steps[len(r.Steps)-1].To)
		require.Equal(rt, "s/gas/energy-drift/2026-01-11", r.ID)
	})
}

func TestRejectedDoesNotComeAgain(t *testing.T) {
	rejected := in(t, gtc.FindingRejected, Withdrawn)
	again := seen()
	again.Onset, again.Rule = day(17), "energy-sudden"
	again.ID = "s/gas/energy-sudden/2026-01-18"
	got := Match([]Record{rejected}, []gtc.Finding{again})
	require.Equal(t, rejected.ID, got[0].ID)
	require.Equal(t, "s/gas/energy-sudden/2026-01-18", again.ID)
	r := do(t, rejected, Input{Kind: See, At: day(50), Finding: got[0]})
	require.Equal(t, gtc.FindingRejected, r.State)
	require.Equal(t, day(17), r.Onset)
	require.False(t, r.Open())

	for name, change := range map[string]func(*gtc.Finding){
		"another meter":     func(f *gtc.Finding) { f.Meter = "elec" },
		"another equipment": func(f *gtc.Finding) { f.Equipment = "boiler" },
		"another rule":      func(f *gtc.Finding) { f.Rule = "H4" },
		"a saving":          func(f *gtc.Finding) { f.Kind = gtc.FindingSaving },
		"a later onset":     func(f *gtc.Finding) { f.Onset = day(40) },
	} {
		f := again
		change(&f)
		require.Equal(t, f.ID, Match([]Record{rejected}, []gtc.Finding{f})[0].ID, name)
	}
	// One record is one finding: what is named exactly keeps its name.
	exact := seen()
	got = Match([]Record{rejected}, []gtc.Finding{again, exact})
	require.Equal(t, again.ID, got[0].ID)
	require.Equal(t, rejected.ID, got[1].ID)
}

func TestRates(t *testing.T) {
	no := in(t, gtc.FindingRejected, Lasting)
	wanted := no
	wanted.Class = ClassWanted
	other := in(t, gtc.FindingNew, Lasting)
	other.Rule = "H4"
	got := Rates([]Record{no, wanted, other, in(t, gtc.FindingVerified, Ended), in(t, gtc.FindingAccepted, Lasting), in(t, gtc.FindingNew, Withdrawn)})
	require.Len(t, got, 2)
	require.Equal(t, "H4", got[0].Rule)
	require.Nil(t, got[0].FalseRate)
	require.Equal(t, 4, got[1].Found)
	require.Equal(t, 4, got[1].Decided)
	require.Equal(t, map[Class]int{ClassFalse: 1, ClassWanted: 1}, got[1].Rejected)
	require.InDelta(t, 0.25, *got[1].FalseRate, 1e-9)
}
