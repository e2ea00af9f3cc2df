package modbus

import "time"

const (
	// paceAnswers is after how many answers the measured turnaround counts.
	paceAnswers = 32
	// paceChange is the factor by which it must differ from the one that was
	// planned with before requests are planned anew.
	paceChange = 1.5
	paceWeight = 0.1
)

// pace measures how long a device takes before it answers, network included.
type pace struct {
	nominal Line
	mean    time.Duration
	answers int
	planned time.Duration
}

func newPace(line Line) pace { return pace{nominal: line, planned: max(line.Turnaround, 0)} }

// took records an answer.
func (p *pace) took(r Request, d time.Duration) {
	d = max(d-p.nominal.transfer(r), 0)
	if p.answers++; p.answers == 1 {
		p.mean = d
		return
	}
	p.mean += time.Duration(paceWeight * float64(d-p.mean))
}

// changed reports whether a serial line turned out faster or slower than
// planned, and tells the line.
func (p *pace) changed(line *Line) bool {
	if !line.Serial() || p.answers < paceAnswers {
		return false
	}
	planned := float64(p.planned)
	if p.planned == 0 {
		planned = float64(DefaultTurnaround)
	}
	mean := float64(max(p.mean, time.Millisecond))
	if mean < planned*paceChange && planned < mean*paceChange {
		return false
	}
	p.planned, p.answers = time.Duration(mean), 0
	line.Turnaround, line.RTT = p.planned, 0
	return true
}
