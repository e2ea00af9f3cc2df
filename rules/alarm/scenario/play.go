package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// start returns instant 0s of every scenario, a winter morning.
func start() time.Time { return time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC) }

// unit is the equipment of the class's kind.
const unit = "unit-1"

// player is an engine with one site whose unit-1 is of the class's kind.
type player struct {
	*Scenario
	cat    *catalogue.Catalogue
	engine *alarm.Engine
	kinds  map[gtc.EquipmentID]gtc.Kind
}

// player makes a fresh engine.
func (s *Scenario) player(cat *catalogue.Catalogue, classes []alarm.Class) (*player, strict.Mistakes) {
	p := &player{Scenario: s, cat: cat, kinds: map[gtc.EquipmentID]gtc.Kind{}}
	i := slices.IndexFunc(classes, func(c alarm.Class) bool { return c.ID == s.Class })
	if i < 0 {
		ids := make([]string, len(classes))
		for k := range classes {
			ids[k] = classes[k].ID
		}
		return nil, strict.Mistakes{{
			File: s.Name, Line: 1, Col: 1, Hint: strict.Near(s.Class, ids),
			What: fmt.Sprintf("there is no alarm class %q, after which the file is named", s.Class),
		}}
	}
	site := gtc.Site{ID: "site"}
	if k := classes[i].Kind; k != "" {
		site.Equipment = append(site.Equipment, gtc.Equipment{ID: unit, Kind: k})
	}
	var mistakes strict.Mistakes
	for k := range strings.FieldsSeq(s.part(partSite)) {
		if !cat.HasKind(gtc.Kind(k)) {
			mistakes = append(mistakes, strict.Mistake{
				File: s.Name, Line: s.first[partSite], Col: 1,
				What: fmt.Sprintf("there is no kind of equipment %q", k),
			})
		}
		site.Equipment = append(site.Equipment, gtc.Equipment{ID: gtc.EquipmentID(k + "-1"), Kind: gtc.Kind(k)})
	}
	for _, eq := range site.Equipment {
		p.kinds[eq.ID] = eq.Kind
	}
	p.engine = alarm.New(classes, []gtc.Site{site}, nil)
	for i, line := range lines(s.part(partPoints)) {
		for name := range strings.FieldsSeq(line) {
			series, err := p.series(name)
			if err != nil {
				mistakes = append(mistakes, strict.Mistake{File: s.Name, Line: s.first[partPoints] + i, Col: 1, What: err.Error()})
				continue
			}
			p.engine.Expect([]gtc.Series{series})
		}
	}
	return p, mistakes
}

// series reads a point of the class's equipment, or equipment/point.
func (p *player) series(name string) (gtc.Series, error) {
	eq, point, other := strings.Cut(name, "/")
	if !other {
		eq, point = unit, name
	}
	kind := p.kinds[gtc.EquipmentID(eq)]
	found, ok := p.cat.Point(kind, gtc.PointID(point))
	switch {
	case other && kind == "":
		return gtc.Series{}, fmt.Errorf("%q: the site has no %s", name, eq)
	case !ok:
		return gtc.Series{}, fmt.Errorf("a %s has no point %q", kind, point)
	}
	return gtc.Series{Site: "site", Kind: kind, Equipment: gtc.EquipmentID(eq), Point: found.ID}, nil
}

// play runs a part and prints the events of the scenario's class.
func (p *player) play(part string) (string, strict.Mistakes) {
	var (
		out      strings.Builder
		mistakes strict.Mistakes
		last     time.Duration
	)
	for i, line := range lines(p.part(part)) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		d, err := time.ParseDuration(words[0])
		switch {
		case err != nil:
			err = fmt.Errorf("%q is no instant such as 70s or 1h5m", words[0])
		case len(words) < 2:
			err = fmt.Errorf("nothing happens at %s: want a sample, beat, tick, ack, reset or shelve", words[0])
		case d < last:
			err = fmt.Errorf("%s comes before the line above", words[0])
		default:
			last = d
			err = p.line(&out, start().Add(d), words[1:])
		}
		if err != nil {
			mistakes = append(mistakes, strict.Mistake{File: p.Name, Line: p.first[part] + i, Col: 1, What: err.Error()})
		}
	}
	return out.String(), mistakes
}

// line plays one line.
func (p *player) line(out *strings.Builder, at time.Time, words []string) error {
	events := p.engine.Tick(at)
	more, err := p.step(at, words)
	if err != nil {
		return err
	}
	events = append(append(events, more...), p.engine.Tick(at)...)
	for _, ev := range events {
		if a, ok := p.engine.Alarm(ev.Subject); ok && a.Class == p.Class {
			p.print(out, ev, a)
		}
	}
	return nil
}

func (p *player) step(at time.Time, words []string) ([]gtc.Event, error) {
	switch words[0] {
	case "tick":
		return p.engine.Tick(at), nil
	case "ack", "reset", "unshelve", "shelve":
		return p.act(words, at)
	case "beat":
		h, err := beat(at, words[1:])
		if err != nil {
			return nil, err
		}
		return p.engine.Health(h), nil
	}
	samples := make([]gtc.Sample, 0, len(words))
	for _, w := range words {
		s, err := p.sample(at, w)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return p.engine.Observe(samples), nil
}

// act is what a person does to the class's alarms.
func (p *player) act(words []string, at time.Time) ([]gtc.Event, error) {
	what := words[0]
	if want := map[bool]int{true: 3, false: 2}[what == "shelve"]; len(words) != want {
		return nil, fmt.Errorf("%s names one person, and shelve how long: ack NAME, shelve NAME 4h", what)
	}
	by := words[1]
	var until time.Duration
	if what == "shelve" {
		var err error
		if until, err = time.ParseDuration(words[2]); err != nil {
			return nil, fmt.Errorf("%q is no time such as 4h", words[2])
		}
	}
	var events []gtc.Event
	for _, a := range p.engine.Alarms() {
		if a.Class != p.Class || a.State == gtc.AlarmNormal {
			continue
		}
		var more []gtc.Event
		var err error
		switch what {
		case "ack":
			more, err = p.engine.Acknowledge(a.ID, by, at)
		case "reset":
			more, err = p.engine.Reset(a.ID, by, at)
		case "shelve":
			more, err = p.engine.Shelve(a.ID, by, "scenario", at.Add(until), at)
		case "unshelve":
			more, err = p.engine.Unshelve(a.ID, by, at)
		}
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	return events, nil
}

// beat reads words such as boiler-ctl=offline or panel-io/fire_panel-1=online.
func beat(at time.Time, words []string) (alarm.Health, error) {
	h := alarm.Health{Site: "site", At: at}
	for _, w := range words {
		if own, ok := strings.CutPrefix(w, "@"); ok {
			if err := queue(&h.Queue, own); err != nil {
				return h, err
			}
			continue
		}
		name, state, _ := strings.Cut(w, "=")
		if state != "online" && state != "offline" && state != "unknown" {
			return h, fmt.Errorf("%q: a device is =online, =offline or =unknown", w)
		}
		device, serves, _ := strings.Cut(name, "/")
		d := alarm.Device{ID: gtc.DeviceID(device), Known: state != "unknown", Online: state == "online"}
		if serves != "" {
			d.Equipment = []gtc.EquipmentID{gtc.EquipmentID(serves)}
		}
		if d.Online {
			d.LastSuccess = at
		}
		h.Devices = append(h.Devices, d)
	}
	return h, nil
}

// queue reads what the edge says of itself: fill=0.85, lost=3, refused, clock.
func queue(q *alarm.Queue, word string) error {
	name, text, _ := strings.Cut(word, "=")
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case name == "refused" && text == "":
		q.Refused = true
	case name == "clock" && text == "":
		q.ClockWrong = true
	case name == "fill" && err == nil:
		q.Fill = n
	case name == "lost" && err == nil && n >= 0:
		q.Lost = uint64(n)
	default:
		return fmt.Errorf("@%s: the edge says @fill=0.85, @lost=3, @refused or @clock of itself", word)
	}
	return nil
}

// sample reads point=value, point=quality or point=value!quality.
func (p *player) sample(at time.Time, word string) (gtc.Sample, error) {
	out := gtc.Sample{At: at, Quality: gtc.QualityGood}
	name, text, ok := strings.Cut(word, "=")
	if !ok {
		return out, fmt.Errorf("%q is neither point=value nor beat, tick, ack, reset or shelve", word)
	}
	var err error
	if out.Series, err = p.series(name); err != nil {
		return out, err
	}
	point, _ := p.cat.Point(out.Kind, out.Point)
	text, quality, doubtful := strings.Cut(text, "!")
	if doubtful {
		if out.Quality = gtc.ParseQuality(quality); out.Quality == gtc.QualityUnknown {
			return out, fmt.Errorf("%q: %q is no quality", word, quality)
		}
	}
	if q := gtc.ParseQuality(text); q != gtc.QualityUnknown {
		out.Quality = q
		return out, nil
	}
	if point.Type == gtc.TypeBool {
		if text != "true" && text != "false" {
			return out, fmt.Errorf("%q: %s is true or false", word, name)
		}
		out.Value = gtc.Bool(text == "true")
		return out, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return out, fmt.Errorf("%q: %q is neither a number nor a quality", word, text)
	}
	out.Value.Type, out.Value.Num = point.Type, n
	return out, nil
}

// print writes an event as a line of want.
func (p *player) print(out *strings.Builder, ev gtc.Event, a gtc.Alarm) {
	// Of several alarms of the class the number tells which.
	name := a.ID[strings.LastIndexByte(a.ID, '/')+1:]
	fmt.Fprintf(out, "%s p%d %s %s > %s since=%s n=%d", ev.At.Sub(start()), ev.Priority, name, ev.From, ev.To,
		a.Since.Sub(start()), a.Occurrence)
	if ev.Inhibited != "" {
		fmt.Fprintf(out, " inhibited=%s", ev.Inhibited)
	}
	if !ev.Until.IsZero() {
		fmt.Fprintf(out, " until=%s", ev.Until.Sub(start()))
	}
	if ev.Value != nil {
		fmt.Fprintf(out, " value=%g", *ev.Value)
	}
	if ev.Actor != "rules/alarm" {
		fmt.Fprintf(out, " by=%s", ev.Actor)
	}
	if ev.Reason != "" {
		fmt.Fprintf(out, " (%s)", ev.Reason)
	}
	out.WriteString("\n")
}
