// Package hubapi asks the hub's HTTP API as a program with a service token:
// answers are kept for a few seconds and asked for once however many wait, and
// every error says what is wrong and how to mend it.
package hubapi
