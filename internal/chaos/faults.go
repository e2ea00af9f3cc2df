package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	wall "github.com/cpas-charleroi/gtc/internal/clock" // clock is a child's, here
)

// effectPatience bounds how long an answer of the store is kept up until it
// was given at least once: the hub may be waiting before its next attempt.
const effectPatience = 75 * time.Second

// Effect is what faults of one kind did.
type Effect struct {
	Injected int
	Total    time.Duration // how long they lasted
	// Count is what proves it: processes gone, bytes that passed a cut (0),
	// answers given, writes refused.
	Count int
	What  string
}

// Effects are the effects by kind; answers by mode.
type Effects map[string]*Effect

// Inflict carries out a plan: each fault at its time, undone at its end, with
// its effect proven. A fault without effect is an error, and so is a link that
// lets anything pass while it is cut.
func (w *World) Inflict(ctx context.Context, plan []Fault) (Effects, error) {
	begun := time.Now()
	effects := Effects{}
	var mu sync.Mutex
	var errs []error
	var wg sync.WaitGroup
	for _, f := range plan {
		wg.Go(func() {
			if wall.Sleep(ctx, time.Until(begun.Add(f.At))) != nil {
				return
			}
			at := time.Now()
			proof, count, err := w.inflict(ctx, f)
			lasted := time.Since(at)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, errImpossible) {
				w.o.Log("%v: left out: %v", f, err)
				return
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%v: %w", f, err))
				w.o.Log("%v: %v", f, err)
				return
			}
			w.o.Log("%v: lasted %.1fs: %s", f, lasted.Seconds(), proof)
			effects.add(f, lasted, count)
		})
	}
	wg.Wait()
	return effects, errors.Join(errs...)
}

func (e Effects) add(f Fault, lasted time.Duration, count int) {
	key, what := string(f.Kind), "processes gone"
	switch f.Kind {
	case Answers:
		key, what = key+" "+string(f.Mode), "answers given"
		if f.Mode == Hang || f.Mode == Unheard {
			what = "answers withheld"
		}
	case CutLink, StallLink:
		what = "bytes passed"
	case DiskFull:
		what = "writes refused"
	case ClockStep:
		what = "seconds stepped"
	case ClockLost:
		what = "starts in 1970"
	default:
	}
	if e[key] == nil {
		e[key] = &Effect{What: what}
	}
	e[key].Injected++
	e[key].Total += lasted
	e[key].Count += count
}

var errImpossible = errors.New("not possible on this machine")

func (w *World) inflict(ctx context.Context, f Fault) (proof string, count int, err error) {
	switch f.Kind {
	case KillEdge:
		return w.killProgram(ctx, f, w.edges[f.Site])
	case KillHub:
		return w.killProgram(ctx, f, w.hub)
	case KillStore:
		return w.killStore(ctx, f)
	case CutLink, StallLink:
		return w.breakLink(ctx, f)
	case Answers:
		return w.answerWith(ctx, f)
	case DiskFull:
		return w.fillDisk(ctx, f)
	case ClockStep:
		return w.stepClock(ctx, f)
	case ClockLost:
		return w.loseClock(ctx, f)
	}
	return "", 0, fmt.Errorf("unknown kind %q", f.Kind)
}

func (w *World) killProgram(ctx context.Context, f Fault, p *program) (string, int, error) {
	proof, err := p.kill()
	if err != nil {
		return "", 0, err
	}
	if f.Kind == KillEdge {
		w.journal.Kill(f.Site, time.Now())
	}
	_ = wall.Sleep(ctx, f.For)
	return proof, 1, p.start(ctx)
}

func (w *World) killStore(ctx context.Context, f Fault) (string, int, error) {
	w.mu.Lock()
	s := w.influx
	w.influx = nil
	w.mu.Unlock()
	w.store.to("")
	state := s.Kill()
	if state == nil || state.Success() {
		return "", 0, fmt.Errorf("influxd ended with %v", state)
	}
	_ = wall.Sleep(ctx, f.For)
	return fmt.Sprintf("pid %d gone (%v)", state.Pid(), state), 1, w.startInflux(ctx)
}

// breakLink fails when a single byte passes while the link is broken.
func (w *World) breakLink(ctx context.Context, f Fault) (string, int, error) {
	links := w.links
	if f.Site != AllSites {
		links = links[f.Site : f.Site+1]
	}
	before := make([]uint64, len(links))
	for i, l := range links {
		if f.Kind == CutLink {
			l.Cut()
		} else {
			l.Stall()
		}
		before[i] = l.Passed()
	}
	_ = wall.Sleep(ctx, f.For)
	var passed, earlier uint64
	for i, l := range links {
		passed += l.Passed() - before[i]
		earlier += before[i]
		l.Heal()
	}
	if passed > 0 || earlier == 0 {
		return "", 0, fmt.Errorf("%d bytes passed, %d before", passed, earlier)
	}
	return fmt.Sprintf("0 bytes passed (%d before)", earlier), 0, nil
}

// answerWith misbehaves for the time of the fault, and until it was noticed.
func (w *World) answerWith(ctx context.Context, f Fault) (string, int, error) {
	w.answering.Lock() // one before may have had to wait
	defer w.answering.Unlock()
	before := w.store.count(f.Mode)
	w.store.behave(f.Mode)
	_ = wall.Sleep(ctx, f.For)
	err := await(ctx, effectPatience, func() bool { return w.store.count(f.Mode) > before })
	w.store.behave("")
	n := w.store.count(f.Mode) - before
	if err != nil {
		return "", 0, fmt.Errorf("nobody asked: %w", err)
	}
	return fmt.Sprintf("%d requests", n), n, nil
}

// fillDisk takes the room that is left, and what becomes free meanwhile.
func (w *World) fillDisk(ctx context.Context, f Fault) (string, int, error) {
	if w.disk == nil {
		return "", 0, errImpossible
	}
	proof, err := w.disk.fill()
	if err != nil {
		return "", 0, err
	}
	refused := 0
	for end := time.Now().Add(f.For); time.Now().Before(end) && ctx.Err() == nil; {
		_ = wall.Sleep(ctx, 200*time.Millisecond)
		if _, err = w.disk.fill(); err != nil {
			break
		}
		if w.disk.full() {
			refused++
		}
	}
	if err := errors.Join(err, w.disk.free()); err != nil {
		return "", 0, err
	}
	if refused == 0 {
		return "", 0, errors.New("there was always room")
	}
	return fmt.Sprintf("%s; %d writes of our own refused", proof, refused), refused, nil
}

// stepClock proves itself by the number that the edge's clock works with, read
// back from its memory.
func (w *World) stepClock(ctx context.Context, f Fault) (string, int, error) {
	c := w.clocks[f.Site]
	if c == nil {
		return "", 0, errImpossible
	}
	if err := w.setClock(c, f.Site, f.Step); err != nil {
		return "", 0, err
	}
	_ = wall.Sleep(ctx, f.For)
	if err := w.setClock(c, f.Site, 0); err != nil {
		return "", 0, err
	}
	return fmt.Sprintf("clock of pid %d was %v ahead", w.edges[f.Site].pid(), f.Step), int(f.Step.Abs().Seconds()), nil
}

func (w *World) setClock(c *clock, site int, ahead time.Duration) error {
	w.journal.Step(site, time.Now(), ahead)
	got, err := c.set(ahead)
	if err == nil && got != ahead {
		err = fmt.Errorf("the clock is %v ahead, not %v", got, ahead)
	}
	return err
}

// loseClock is a box without a battery for its clock that loses power: until a
// time server answers it does not know the year.
func (w *World) loseClock(ctx context.Context, f Fault) (string, int, error) {
	c, p := w.clocks[f.Site], w.edges[f.Site]
	if c == nil {
		return "", 0, errImpossible
	}
	gone, err := p.kill()
	if err != nil {
		return "", 0, err
	}
	w.journal.Kill(f.Site, time.Now())
	ahead := -time.Duration(time.Now().Add(-time.Hour).Unix()) * time.Second
	if err := w.setClock(c, f.Site, ahead); err != nil {
		return "", 0, err
	}
	before := len(w.journal.Site(f.Site).Served)
	if err := p.start(ctx); err != nil {
		return "", 0, err
	}
	_ = wall.Sleep(ctx, f.For)
	read := len(w.journal.Site(f.Site).Served) - before
	if err := w.setClock(c, f.Site, 0); err != nil {
		return "", 0, err
	}
	return fmt.Sprintf("%s; pid %d began on %s and read %d times before its clock was set",
		gone, p.pid(), time.Now().Add(ahead).UTC().Format("2 January 2006"), read), 1, nil
}

// Use returns CPU seconds and resident memory of the programs under test, as a
// note for the report.
func (w *World) Use() string {
	var rss int64
	n := 0
	for _, p := range append(append([]*program{}, w.edges...), w.hub) {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.pid())); err == nil {
			var size, resident int64
			if _, err := fmt.Sscan(string(b), &size, &resident); err == nil {
				rss += resident * int64(os.Getpagesize())
				n++
			}
		}
	}
	return fmt.Sprintf("%d programs, %d MiB resident", n, rss>>20)
}
