// Package drift finds the day on which the consumption of a meter left its
// baseline, says by how much, and closes the finding when it is over. A
// [Detector] is made once from a [baseline.Baseline] and judges days one by
// one without looking ahead. The method, its formulas and their sources are
// in docs/energy-method.md.
package drift
