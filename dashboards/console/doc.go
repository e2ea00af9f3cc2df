// Package console is the web console and the HTTP API behind it: the park, one
// site, and the energy of one meter, live through server-sent events.
package console

import "errors"

// ErrUnknown tells that there is no such site, meter or series.
var ErrUnknown = errors.New("unknown")
