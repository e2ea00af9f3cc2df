// Package finding is the life of a finding after a rule has made it: what a
// person decides about it, what the detector goes on saying of it, and what
// consumption shows once its cause is said to be gone.
//
//	new ─ accept ─▶ accepted ─ take ─▶ in_progress ─ correct ─▶ corrected ─ verify ─▶ verified
//	  └──────── reject, with a reason ────────▶ rejected
//
// [Record.Apply] is the whole of it, a pure function of a record and an input.
// Nothing is ever lost: a finding that disappears when its days are computed
// again stays, marked withdrawn with the reason. Nobody is paged for a finding.
// docs/formats/finding.md describes the stored form and the events.
package finding
