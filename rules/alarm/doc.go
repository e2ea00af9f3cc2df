// Package alarm decides when a person has to act: alarm classes as data, the
// life cycle of an alarm as one pure function, and an engine that turns samples
// and heartbeats into events.
//
//	samples, heartbeats → Engine → events → stream → screens
//
// What holds everywhere in the package:
//
//   - Time is an argument. The same inputs in the same order give the same
//     events, so history can be replayed.
//   - A sample is judged at its own instant. An older sample never overrides a
//     newer one; a fire alarm that arrives late is raised and returned, with
//     its own instants, so that nobody misses it.
//   - Silence is neither good nor bad. An absent or doubtful value raises
//     nothing and clears nothing, and a delay does not run out in silence. One
//     exception: a doubtful value raises a life-safety alarm.
//   - One edge lost is one alarm: nothing else of the site changes meanwhile.
//   - An event's id is its content, so the same event twice is harmless.
//
// The package does not notify, store or acknowledge by itself, and nobody's
// safety may rest on it: a fire panel alerts on its own.
package alarm
