package drift

import (
	"math"

	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
)

// tuning holds the parameters of the drift detector; docs/energy-method.md
// says where they come from.
type tuning struct {
	// slow and fast are the shares of years without drift in which the slow
	// and the fast windows may raise a finding.
	slow, fast float64
	// modelError is the standard deviation, relative to the expectation, by
	// which a baseline is off in another year although nothing happened;
	// wander that by which four weeks are, less in longer windows.
	modelError, wander float64
	// leastScore is the lowest limit of the slow windows in standard
	// deviations, leastFast that of the fast ones.
	leastScore, leastFast float64
	// least is the smallest relative excess that is worth a finding,
	// leastSudden that of the fast windows, leastWorse the rise beyond an open
	// finding that makes a new one.
	least, leastSudden, leastWorse float64
	// worth is the smallest excess of a finding in days of the baseline's mean
	// consumption, worthSudden that of the fast windows.
	worth, worthSudden float64
	// replicas is the number of years simulated to set the limits.
	replicas int
}

// standard returns the parameters in use.
func standard() tuning {
	return tuning{
		slow: 0.30, fast: 0.02,
		modelError: baseline.ModelError, wander: 0.02,
		leastScore: 2.5, leastFast: 4.5,
		least: 0.05, leastSudden: 0.30, leastWorse: 0.12,
		worth: 3, worthSudden: 1,
		replicas: 150,
	}
}

// error is the standard deviation of the relative excess of a window of so
// many days and so much information.
func (t tuning) error(info, days float64) float64 {
	return math.Sqrt(1/info + t.modelError*t.modelError + t.wander*t.wander*wanderDays/days)
}

const (
	// wanderDays is the time for which the wander is given.
	wanderDays = 28
	// tail widens the fast windows' limit: one year shows too few extreme
	// days to tell how far they can go.
	tail = 1.25
	// even is the share of simulated years at which windows of different
	// lengths are made alike.
	even = 0.9
	// outlier limits one day's weight in the slow windows, in sigma, but never
	// to less than outlierShare of what is expected: on a meter with hardly any
	// noise, sigma alone would hide every drift.
	outlier, outlierShare = 2.5, 0.10
	// leastWeight keeps days of which little is expected from having no weight
	// at all, relative to the baseline's own.
	leastWeight = 0.15
	// blockDays is the length of the blocks of residuals that simulated years
	// are made of, and that of a week.
	blockDays = 7
	// longest is the longest window and the farthest an onset lies back,
	// suddenBack that of a sudden rise.
	longest, suddenBack = 84, 10
	// maxSilent is the share of a window's days that may be absent.
	maxSilent = 0.5
)
