// Package coldroom makes the monthly temperature record of a cold room: day by
// day the lowest, highest and mean temperature, how long it was above its limit,
// how often the door was opened and the room defrosted, and what nobody
// recorded.
//
//	samples of a month in order → Record → Days, Month, Gaps
//
// A reading counts until the next one, for an hour at most; what lies behind
// that is a gap, and so is the time in which the point was said not to be known.
// A gap is never filled. The limit is the room's own, or the set point that was
// read plus [Above]: without either there is none, and the record says so. The package is
// pure: time is an argument.
package coldroom
