package alarm_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect and the runbooks")

// start is instant 0s of every scenario.
var start = time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)

func load(tb testing.TB) (*catalogue.Catalogue, []alarm.Class) {
	tb.Helper()
	cat, err := catalogue.Load()
	require.NoError(tb, err)
	classes, err := alarm.Library(cat)
	require.NoError(tb, err)
	return cat, classes
}

// TestScenarios plays testdata/*.txtar. The part before the first file says in
// words what is shown. A line of input is an instant and what happens then:
//
//	10s lockout=true flow_temp=61.5   samples of the class's equipment
//	20s lockout=comm_lost             a sample without value
//	30s lockout=true!stale            a doubtful value
//	40s beat boiler-ctl=offline       a heartbeat with the health of devices
//	50s tick                          time goes by (as it does on every line)
//	60s ack someone                   a person takes the alarm in charge
//
// "quiet" must give no event; "input" gives what "want" says. A "site" file
// names further kinds of equipment of the site.
func TestScenarios(t *testing.T) {
	cat, classes := load(t)
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			require.NoError(t, err)
			class, _, _ := strings.Cut(filepath.Base(path), ".")
			s := newScenario(t, cat, classes, class, section(ar, "site"))
			require.Empty(t, s.play(t, section(ar, "quiet")), "quiet raises nothing")
			s = newScenario(t, cat, classes, class, section(ar, "site"))
			got := s.play(t, section(ar, "input"))
			if *update {
				setSection(ar, "want", got)
				require.NoError(t, os.WriteFile(path, txtar.Format(ar), 0o644))
			}
			require.Equal(t, section(ar, "want"), got)
		})
	}
}

// TestEveryClassHasAScenario asks of every class a scenario in which it is not
// raised, is raised and returns.
func TestEveryClassHasAScenario(t *testing.T) {
	_, classes := load(t)
	for _, c := range classes {
		ar, err := txtar.ParseFile("testdata/" + c.ID + ".txtar")
		require.NoError(t, err)
		require.NotEmpty(t, strings.TrimSpace(string(ar.Comment)), c.ID)
		require.NotEmpty(t, section(ar, "quiet"), c.ID)
		want := section(ar, "want")
		require.Contains(t, want, c.ID+" normal > unacknowledged", c.ID)
		require.Regexp(t, "> (returned_unacknowledged|normal)", want, c.ID)
	}
}

func section(ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setSection(ar *txtar.Archive, name, text string) {
	for i := range ar.Files {
		if ar.Files[i].Name == name {
			ar.Files[i].Data = []byte(text)
			return
		}
	}
	ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(text)})
}

// scenario is an engine with one site whose unit-1 is of the class's kind.
type scenario struct {
	cat    *catalogue.Catalogue
	engine *alarm.Engine
	class  string
	kind   gtc.Kind
}

func newScenario(t *testing.T, cat *catalogue.Catalogue, classes []alarm.Class, class, more string) *scenario {
	t.Helper()
	s := &scenario{cat: cat, class: class}
	for _, c := range classes {
		if c.ID == class {
			s.kind = c.Kind
		}
	}
	site := gtc.Site{ID: "site"}
	if s.kind != "" {
		site.Equipment = append(site.Equipment, gtc.Equipment{ID: "unit-1", Kind: s.kind})
	}
	for k := range strings.FieldsSeq(more) {
		site.Equipment = append(site.Equipment, gtc.Equipment{ID: gtc.EquipmentID(k + "-1"), Kind: gtc.Kind(k)})
	}
	s.engine = alarm.New(classes, []gtc.Site{site}, nil)
	return s
}

// play runs the lines and prints the events of the scenario's class.
func (s *scenario) play(t *testing.T, input string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(input) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		d, err := time.ParseDuration(words[0])
		require.NoError(t, err, line)
		at := start.Add(d)
		events := s.engine.Tick(at)
		events = append(events, s.step(t, at, words[1:])...)
		for _, ev := range append(events, s.engine.Tick(at)...) {
			if strings.HasSuffix(ev.Subject, "/"+s.class) {
				s.print(&out, ev)
			}
		}
	}
	return out.String()
}

func (s *scenario) step(t *testing.T, at time.Time, words []string) []gtc.Event {
	t.Helper()
	switch words[0] {
	case "tick":
		return s.engine.Tick(at)
	case "ack":
		for _, a := range s.engine.Alarms() {
			if a.Class == s.class && a.Standing() {
				events, err := s.engine.Acknowledge(a.ID, words[1], at)
				require.NoError(t, err)
				return events
			}
		}
		return nil
	case "beat":
		return s.engine.Health(beat(at, words[1:]))
	}
	samples := make([]gtc.Sample, 0, len(words))
	for _, w := range words {
		samples = append(samples, s.sample(t, at, w))
	}
	return s.engine.Observe(samples)
}

// beat reads words such as boiler-ctl=offline or panel-io/fire_panel-1=online.
func beat(at time.Time, words []string) alarm.Health {
	h := alarm.Health{Site: "site", At: at}
	for _, w := range words {
		name, state, _ := strings.Cut(w, "=")
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
	return h
}

func (s *scenario) sample(t *testing.T, at time.Time, word string) gtc.Sample {
	t.Helper()
	name, text, ok := strings.Cut(word, "=")
	require.True(t, ok, word)
	text, quality, doubtful := strings.Cut(text, "!")
	point, ok := s.cat.Point(s.kind, gtc.PointID(name))
	require.True(t, ok, "unknown point %s", name)
	out := gtc.Sample{At: at, Quality: gtc.QualityGood}
	out.Series = gtc.Series{Site: "site", Kind: s.kind, Equipment: "unit-1", Point: point.ID}
	if doubtful {
		out.Quality = gtc.ParseQuality(quality)
	}
	if q := gtc.ParseQuality(text); q != gtc.QualityUnknown {
		out.Quality = q
		return out
	}
	out.Value.Type = point.Type
	if point.Type == gtc.TypeBool {
		out.Value = gtc.Bool(text == "true")
		return out
	}
	n, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err, word)
	out.Value.Num = n
	return out
}

func (s *scenario) print(out *strings.Builder, ev gtc.Event) {
	a, _ := s.engine.Alarm(ev.Subject)
	fmt.Fprintf(out, "%s p%d %s %s > %s since=%s n=%d", ev.At.Sub(start), ev.Priority, a.Class, ev.From, ev.To,
		a.Since.Sub(start), a.Occurrence)
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
