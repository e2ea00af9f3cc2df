package bus

import "time"

// pace spreads what is pulled over time, so that a backlog takes only its
// share of a line. Time is an argument.
type pace struct{ next time.Time }

// wait returns how long nothing more may be pulled.
func (p *pace) wait(now time.Time) time.Duration { return p.next.Sub(now) }

// spend books bytes at limit bytes a second; a limit of 0 is none.
func (p *pace) spend(now time.Time, bytes int, limit int64) {
	if limit <= 0 || bytes == 0 {
		return
	}
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(int64(bytes) * int64(time.Second) / limit))
}
