package drift

import (
	"fmt"
	"math"

	"github.com/cpas-charleroi/gtc"
)

// CauseMeter is that the meter, and not the building, uses less.
const CauseMeter = "meter"

// What tells lost pulses from a saving: the consumption falls from one day to
// the next, by a third or more, to one and the same share of what is expected,
// base load and heating alike, and its noise falls with it.
const (
	suspectShare  = 0.60 // at most this share is left
	suspectBefore = 0.85 // at least this share was there the week before
	suspectSudden = 0.12 // the first days lie this near to the share
	suspectNoise  = 1.25 // times the baseline's noise, relative to the level
	suspectDays   = 4
	suspectFirst  = 3
	suspectLevel  = 0.8 // of the mean consumption must be expected
)

// suspect returns the share of the expected consumption that a meter counts
// since the onset of a saving, when it looks as if the meter had lost the rest.
func (t *track) suspect(a alarm) (share float64, ok bool) {
	since := t.line[min(a.onset+1, a.detected) : a.detected+1] // the first day may be half and half
	share, n := ratio(since)
	if n < suspectDays || share <= 0 || share > suspectShare || expected(since) < suspectLevel*t.scale.mean*float64(n) {
		return 0, false
	}
	before, was := ratio(t.line[max(0, a.onset-blockDays):a.onset])
	if was >= suspectFirst && before < suspectBefore {
		return 0, false
	}
	if first, _ := ratio(since[:min(len(since), suspectFirst)]); math.Abs(first-share) > suspectSudden {
		return 0, false
	}
	return share, scatter(since, share) <= suspectNoise*t.scale.usual
}

// ratio returns what was consumed over what was expected of the days that
// count, and their number.
func ratio(line []judged) (share float64, n int) {
	var y, e float64
	for _, d := range line {
		if d.ok {
			y, e, n = y+d.y, e+d.e, n+1
		}
	}
	if e <= 0 {
		return 0, n
	}
	return y / e, n
}

// expected sums what is expected of the days that count.
func expected(line []judged) (kwh float64) {
	for _, d := range line {
		if d.ok {
			kwh += d.e
		}
	}
	return kwh
}

// scatter is the root mean square of the days about a share of what is
// expected, relative to that.
func scatter(line []judged, share float64) float64 {
	var squares, e, n float64
	for _, d := range line {
		if d.ok {
			r := d.y - share*d.e
			squares, e, n = squares+r*r, e+share*d.e, n+1
		}
	}
	if n == 0 || e <= 0 {
		return 0
	}
	return math.Sqrt(squares/n) / (e / n)
}

// blameMeter words a saving that looks like a fault of the meter.
func blameMeter(f *gtc.Finding, share float64) {
	f.Causes = []gtc.Cause{{ID: CauseMeter, KWh: math.Round(f.ExcessKWh), Label: causeLabel(CauseMeter)}}
	f.Inputs["meter_share"] = fmt.Sprintf("%.3f", share)
	left := decimal(100*share, 2)
	f.Text["fr"] += " Chute brusque à " + left + " % de l'attendu, chauffage et talon ensemble : vérifier d'abord le compteur, l'émetteur d'impulsions et le facteur (ou une fermeture du bâtiment)."
	f.Text["nl"] += " Plotse daling tot " + left + " % van het verwachte, verwarming en basisverbruik samen: controleer eerst de meter, de impulsgever en de factor (of een sluiting van het gebouw)."
	f.Text["en"] += " A sudden fall to " + left + " % of the expected, heating and base load alike: check the meter, its pulses and the factor first (or a closure of the building)."
}
