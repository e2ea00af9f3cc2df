// Package works is the register of what happens to a building besides the
// weather (IPMVP option C): works, changes of use, equipment, calendar and
// static factors, and the baselines that a person has moved.
//
// What an entry does:
//
//   - days inside works are part of no baseline and of no judgement of drift;
//   - a non-routine adjustment changes what is expected of its days;
//   - what works saved is the consumption after their end against a baseline of
//     the year before them, with its uncertainty.
//
// Nothing is deleted: an entry that was wrong is struck, with who and why. A
// register is plain data; the days it is asked about are civil dates of the
// site. docs/formats/finding.md describes the stored form.
package works
