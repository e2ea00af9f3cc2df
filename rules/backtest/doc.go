// Package backtest replays the energy rules on a history and scores what they
// found against what is known to have been wrong.
//
//	days of each meter → [Replay] → runs ┐
//	              truth → [ReadTruth] ───┴→ [Score] → [Report]
//
// A finding already says on which day it could first have been made, with
// nothing but the days before it ([drift.Detector.Detect]); one run over the whole
// history is therefore what a hub would have said day by day.
//
// How a finding and a fault are matched:
//
//   - A fault touches a meter of its site that it names, or whose carrier it
//     changes. A fault that changes no consumption is one of an instrument; it
//     touches only the meters it names.
//   - A drift is true when, on the day it was detected, a fault that adds
//     consumption had begun and had not ended more than four weeks ago
//     ([Grace]), and since the finding's onset the fault added at least 1 %
//     ([Material]) of what was expected and a quarter ([LeastPart]) of what
//     was used beyond it. Of several, one that has no finding on the meter yet
//     comes first, then the one that added most.
//   - A saving is true when such a fault takes consumption away, or when a
//     fault that was there in the baseline has ended: the repair.
//   - A finding on the data is true during a fault of an instrument (and four
//     weeks after it), or of one that takes consumption away.
//   - Everything else is false; so is a drift while only an instrument is at
//     fault.
//   - A fault is found when one finding is its own, on any meter; the delay
//     runs from the fault's first day, its ramp included. Further findings of
//     the same fault are repeats, neither found nor false.
//   - A fault that is not found is unprovable when on no meter that it touches
//     its consumption exceeds the 90 % band of the days it lasted
//     ([baseline.Baseline.Compare]); otherwise it is missed. It is masked when
//     another finding was open on the meter on the day it began.
//   - A fault is not judged when no meter that it touches is judged after it
//     began: no meter, no baseline, or the fault is part of the baseline.
//   - A fault of an instrument is handled when it brought neither a finding on
//     the data nor a false one: a meter swap or a rollover that the rollup
//     resolved needs no finding.
//
// The package is pure: no clock, no I/O but on the reader it is given.
package backtest
