// Package chaos breaks a whole installation at random and then proves that
// nothing was lost: a hub, twenty edges and an InfluxDB as real programs, with
// kills, cut lines, a database that answers nonsense, full disks and clocks
// that jump. What happens when is a pure function of a seed ([Plan]); what
// every simulated device said is in a [Journal]; what must be in the database
// in the end is decided by [Compare].
//
// The run itself is TestChaos, behind the build tag chaos; see docs/chaos.md.
package chaos
