package works

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	// longestText bounds what a person writes, in characters.
	longestText = 1000
	// leastBaseline is the least length of a baseline, in days.
	leastBaseline = 329
)

// Check says why an entry cannot be recorded.
func (e Entry) Check() error {
	switch {
	case e.By == "":
		return ErrNobody
	case e.Site == "":
		return ErrUnknown
	case !slices.Contains(Kinds(), e.Kind):
		return ErrKind
	case strings.TrimSpace(e.Description) == "" || len([]rune(e.Description)) > longestText:
		return ErrNoReason
	case e.From == "" || e.To != "" && e.To < e.From:
		return ErrDays
	case !(e.CostEUR >= 0 && e.CostEUR < 1e9) || !(math.Abs(e.ExpectedPct) <= 100):
		return ErrNumber
	}
	if a := e.Adjust; a != nil {
		switch {
		case e.Kind == Works || (a.KWhPerDay != 0) == (a.Pct != 0) || math.IsNaN(a.KWhPerDay+a.Pct) || math.Abs(a.Pct) > 100 || math.Abs(a.KWhPerDay) > 1e6:
			return ErrAdjust
		case a.By == "":
			return ErrNobody
		case strings.TrimSpace(a.Reason) == "":
			return ErrNoReason
		}
	}
	return nil
}

// Check says why a baseline cannot be moved so: it must be nearly a year of
// days that are over.
func (m Move) Check() error {
	switch {
	case m.By == "":
		return ErrNobody
	case m.Site == "" || m.Meter == "":
		return ErrUnknown
	case strings.TrimSpace(m.Reason) == "" || len([]rune(m.Reason)) > longestText:
		return ErrNoReason
	case m.From == "" || m.To == "" || m.To.Time(time.UTC).Sub(m.From.Time(time.UTC)) < (leastBaseline-1)*24*time.Hour:
		return ErrDays
	case !m.At.IsZero() && m.To > DayOf(m.At):
		return ErrDays
	}
	return nil
}

// Add records an entry; its ID must be new. The register given is not changed.
func (r Register) Add(e Entry) (Register, error) {
	if _, known := r.Entry(e.ID); known || e.ID == "" {
		return r, fmt.Errorf("add %s to works of %s: %w", e.ID, e.Site, ErrUnknown)
	}
	if err := e.Check(); err != nil {
		return r, fmt.Errorf("add to works of %s: %w", e.Site, err)
	}
	r.Entries = append(slices.Clone(r.Entries), e)
	return r, nil
}

// Replace records an entry in the place of the one with its ID.
func (r Register) Replace(e Entry) (Register, error) {
	i, err := r.standing(e.ID)
	if err == nil {
		e.Site, e.Struck = r.Entries[i].Site, nil
		err = e.Check()
	}
	if err != nil {
		return r, fmt.Errorf("change works %s: %w", e.ID, err)
	}
	r.Entries = slices.Clone(r.Entries)
	r.Entries[i] = e
	return r, nil
}

// Close ends an open entry on its last day.
func (r Register) Close(id string, last Day, by string, at time.Time) (Register, error) {
	i, err := r.standing(id)
	if err != nil {
		return r, fmt.Errorf("end works %s: %w", id, err)
	}
	e := r.Entries[i]
	e.To, e.By, e.At = last, by, at
	if last == "" {
		return r, fmt.Errorf("end works %s: %w", id, ErrDays)
	}
	return r.Replace(e)
}

// Strike takes an entry's effect away.
func (r Register) Strike(id, by, reason string, at time.Time) (Register, error) {
	i, err := r.standing(id)
	switch {
	case err != nil:
	case by == "":
		err = ErrNobody
	case strings.TrimSpace(reason) == "":
		err = ErrNoReason
	}
	if err != nil {
		return r, fmt.Errorf("strike works %s: %w", id, err)
	}
	r.Entries = slices.Clone(r.Entries)
	r.Entries[i].Struck = &Stroke{By: by, At: at, Reason: strings.TrimSpace(reason)}
	return r, nil
}

// Move records that a baseline was moved.
func (r Register) Move(m Move) (Register, error) {
	if err := m.Check(); err != nil {
		return r, fmt.Errorf("move baseline of %s/%s: %w", m.Site, m.Meter, err)
	}
	r.Moves = append(slices.Clone(r.Moves), m)
	return r, nil
}

func (r Register) standing(id string) (int, error) {
	i := slices.IndexFunc(r.Entries, func(e Entry) bool { return e.ID == id && e.Struck == nil })
	if i < 0 {
		return i, ErrUnknown
	}
	return i, nil
}

// Merge puts the entries and moves of another register of the same site into
// this one: those that it knows are replaced, others added.
func (r Register) Merge(other Register) Register {
	out := Register{Entries: slices.Clone(r.Entries), Moves: slices.Clone(r.Moves)}
	for _, e := range other.Entries {
		if i := slices.IndexFunc(out.Entries, func(o Entry) bool { return o.ID == e.ID }); i >= 0 {
			out.Entries[i] = e
			continue
		}
		out.Entries = append(out.Entries, e)
	}
	for _, m := range other.Moves {
		known := func(o Move) bool {
			return o.Site == m.Site && o.Meter == m.Meter && o.At.Equal(m.At) && o.From == m.From && o.To == m.To
		}
		if !slices.ContainsFunc(out.Moves, known) {
			out.Moves = append(out.Moves, m)
		}
	}
	slices.SortStableFunc(out.Moves, func(a, b Move) int { return a.At.Compare(b.At) })
	return out
}
