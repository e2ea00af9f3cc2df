// Package why says what to look at first when a building uses more than it
// should: the night that is heated like the day, the curve that is not
// followed, the meter that cannot be believed.
//
// The rules are data ([Parse], rules/library/energy.yaml): parameters in three
// sensitivities, texts, and what each needs. For every rule there is a
// function that looks at one day of one equipment or meter, and one that says
// from the days looked at how bad it was. The life of a finding is the same
// for all of them:
//
//	hours and ten-minute means → [Book.Look] → days looked at → [Book.Judge] → findings
//	detector's and rules' findings → [Settle] → findings with causes, without what others explain
//
// A day is said with nothing but that day and the days before it. A finding
// opens when its measure reached the threshold on so many of the last days,
// closes when it stayed below the reset level for so many days, and nothing is
// concluded from a day without evidence, nor from one inside works
// ([Book.SetWorks]). A book that is sealed now and then
// ([Book.Seal]) has about two years of days however long it runs, and what lasts
// keeps its beginning. The package is pure: no clock, no I/O. The rules, how often
// each was wrong and how soon each was right are in docs/formats/energy-rules.md.
package why
