// Package kiosk holds a wall: one browser that shows pages of Grafana in turn
// and never lets a dead picture pass for a living one.
//
// Wallboards die of sessions, not of data: a login page, an error page or a
// picture that no longer moves is loaded again, and while it lasts a banner
// says since when nothing is true any more. An alarm of priority 1 or 2 that
// nobody has taken in charge brings the first page back and holds it there.
//
// What to do is decided by Wall, a machine without clock or browser; Run does it.
package kiosk
