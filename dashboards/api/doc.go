// Package api holds the questions and answers of the HTTP API that programs
// use, the Grafana data source first: what the hub's console answers under
// /api/v1 and what a client reads. It is vocabulary: it does no I/O and knows
// neither the hub nor Grafana. docs/api describes it, openapi.yaml in the
// console's folder is the exact description.
//
// A value that is not known is null or left out, never zero. Instants are UTC,
// those of long series in Unix milliseconds. Values of privacy class 2 and 3
// are part of no answer.
package api

import "time"

// Version is the version of the HTTP API. It rises when something is added
// that a client may need; nothing is taken away within /api/v1.
const Version = 2

// Info says what answers.
type Info struct {
	// API is the version of the HTTP API, [Version] of the hub.
	API int `json:"api"`
	// Version is that of the program.
	Version string `json:"version"`
	// At is the hub's clock.
	At time.Time `json:"at"`
}
