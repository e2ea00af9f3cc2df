// Package replay plays a history through the alarm engine: what would these
// classes have called, had they been in use then?
//
//	samples of a site → Player → Run ─┐
//	samples of a site → Player → Run ─┴→ Of → Report, Report → Compare
//
// It is the engine that the hub runs, with the history's instants as its time:
// dead-bands, delays, settling, suppression, chattering and doubtful values are
// as in life, a late sample is judged at its own instant, and a gap makes no
// delay run. Nobody acknowledges, shelves or resets anything. Classes that watch
// no point (edge, link, devices, the hub itself) are left out: a history of
// samples does not show them. Time is an argument; the same samples in the same
// order give the same report.
package replay
