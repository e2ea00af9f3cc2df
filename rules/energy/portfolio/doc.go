// Package portfolio looks at all meters of a park together: what they share at
// once, what they use together against what was expected, and what only their
// sum can prove.
//
//	series of each meter ([drift.Detector.Series]) → [New] → [Portfolio.Beside], [Portfolio.Pools]
//
// A deviation that all meters show at once is weather that the model does not
// know, or something that everybody did: one thing to say, not fifty. The
// package is pure: no clock, no I/O.
package portfolio
