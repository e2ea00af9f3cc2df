// Package scenario plays alarm classes through what happens to one site, and
// compares the events with those that are expected. A scenario is a txtar
// file named after its class, boiler_lockout.txtar or, when there are
// several, boiler_lockout.short.txtar. What stands before the first part says
// in words what is shown. The parts:
//
//	-- site --    further kinds of equipment of the site, if any
//	-- points --  points that the configuration promises, such as unit-1/fault
//	-- quiet --   what happens and must give no event of the class
//	-- input --   what happens
//	-- want --    the events of the class that input gives
//
// A line of quiet and input is an instant and what happens then:
//
//	10s lockout=true flow_temp=61.5   samples of the class's equipment
//	20s lockout=comm_lost             a sample without value
//	30s lockout=true!stale            a doubtful value
//	30s fire_panel-1/fire_alarm=true  a sample of another equipment of the site
//	40s beat boiler-ctl=offline       a heartbeat with the health of devices
//	50s beat @fill=0.85               … and with what the edge says of itself: @lost=3, @refused, @clock
//	50s tick                          time goes by (as it does on every line)
//	60s ack someone                   a person takes the alarm in charge
//	65s reset someone                 a person lets a latched alarm go
//	70s shelve someone 4h             a person sets it aside; unshelve brings it back
//
// Lines that are empty or begin with # count for nothing.
package scenario

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// The parts of a scenario.
const (
	partSite   = "site"
	partPoints = "points"
	partQuiet  = "quiet"
	partInput  = "input"
	partWant   = "want"
)

// Scenario is one file, read.
type Scenario struct {
	// Name is the file's name as given to [Parse], Class the id of the class
	// it plays, Comment what it shows, in words.
	Name, Class, Comment string

	archive *txtar.Archive
	// first is the line of the file on which each part begins, from 1.
	first map[string]int
}

// Parse reads a scenario. The error is [strict.Mistakes]: a part that is not
// known or is given twice, or no input, each with its line.
func Parse(name string, data []byte) (*Scenario, error) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	s := &Scenario{Name: name, archive: txtar.Parse(data), first: map[string]int{}}
	s.Class, _, _ = strings.Cut(filepath.Base(name), ".")
	s.Comment = strings.TrimSpace(string(s.archive.Comment))
	var mistakes strict.Mistakes
	line := 1 + bytes.Count(s.archive.Comment, []byte("\n"))
	known := []string{partSite, partPoints, partQuiet, partInput, partWant}
	for _, f := range s.archive.Files {
		bad := strict.Mistake{File: name, Line: line, Col: 1}
		switch {
		case !slices.Contains(known, f.Name):
			bad.What = fmt.Sprintf("%q is no part of a scenario: want %s", f.Name, strings.Join(known, ", "))
			bad.Hint = strict.Near(f.Name, known)
			mistakes = append(mistakes, bad)
		case s.first[f.Name] > 0:
			bad.What = fmt.Sprintf("the part %q is given twice", f.Name)
			mistakes = append(mistakes, bad)
		}
		s.first[f.Name] = line + 1
		line += 1 + bytes.Count(f.Data, []byte("\n"))
	}
	if s.first[partInput] == 0 {
		mistakes = append(mistakes, strict.Mistake{File: name, Line: 1, Col: 1, What: "the part \"-- input --\" is missing"})
	}
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return s, nil
}

// part returns the text of a part, "" when it is not there.
func (s *Scenario) part(name string) string {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// Quiet returns what must give no event, "" when nothing is said of it.
func (s *Scenario) Quiet() string { return s.part(partQuiet) }

// Want returns the events that are expected, one a line.
func (s *Scenario) Want() string { return s.part(partWant) }

// Result is what a scenario came to.
type Result struct {
	// Quiet and Got are the events that quiet and input gave, one a line.
	Quiet, Got string
}

// Play runs the scenario against the classes. The error is [strict.Mistakes]
// with the lines that cannot be played; no such class is one.
func (s *Scenario) Play(cat *catalogue.Catalogue, classes []alarm.Class) (Result, error) {
	var r Result
	p, mistakes := s.player(cat, classes)
	if len(mistakes) == 0 {
		r.Quiet, mistakes = p.play(partQuiet)
	}
	if len(mistakes) == 0 {
		p, mistakes = s.player(cat, classes)
	}
	if len(mistakes) == 0 {
		r.Got, mistakes = p.play(partInput)
	}
	if len(mistakes) > 0 {
		return Result{}, mistakes
	}
	return r, nil
}

// Compare says where the result is not what the scenario expects, with the
// line of the file; nil when it is.
func (s *Scenario) Compare(r Result) strict.Mistakes {
	var out strict.Mistakes
	if r.Quiet != "" {
		event, _, _ := strings.Cut(r.Quiet, "\n")
		out = append(out, strict.Mistake{File: s.Name, Line: s.first[partQuiet], Col: 1, What: "quiet gives the event: " + event})
	}
	want, got := lines(s.Want()), lines(r.Got)
	start := s.first[partWant]
	if start == 0 {
		start = 1 + strings.Count(string(txtar.Format(s.archive)), "\n")
	}
	for i := range max(len(want), len(got)) {
		bad := strict.Mistake{File: s.Name, Line: start + i, Col: 1}
		switch {
		case i >= len(got):
			bad.What = "expected, and nothing came: " + want[i]
		case i >= len(want):
			bad.What = "came, and was not expected: " + got[i]
		case want[i] != got[i]:
			bad.What = fmt.Sprintf("expected %q, and %q came", want[i], got[i])
		default:
			continue
		}
		return append(out, bad) // what follows is a consequence
	}
	return out
}

// Update returns the file with the result's events as those expected.
func (s *Scenario) Update(r Result) []byte {
	files := slices.Clone(s.archive.Files)
	i := slices.IndexFunc(files, func(f txtar.File) bool { return f.Name == partWant })
	if i < 0 {
		i = len(files)
		files = append(files, txtar.File{Name: partWant})
	}
	files[i].Data = []byte(r.Got)
	return txtar.Format(&txtar.Archive{Comment: s.archive.Comment, Files: files})
}

// lines splits a text, an empty one into none.
func lines(text string) []string {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
