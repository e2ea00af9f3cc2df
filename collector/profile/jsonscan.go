package profile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNesting bounds the depth of a message.
const maxNesting = 100

var (
	errMoreValues = errors.New("more than one value")
	errTooDeep    = fmt.Errorf("nested deeper than %d", maxNesting)
	errCutShort   = errors.New("cut short")
)

// wanted is a tree of the paths that are looked for in a message.
type wanted struct {
	children []child
	// slots are where a value found here goes.
	slots []int
}

// child is one step: a key of an object, or with a number also an item of a
// list.
type child struct {
	key   string
	index int
	want  *wanted
}

// add puts a path into the tree; its value goes to slot.
func (w *wanted) add(path string, slot int) {
	for _, step := range splitPath(path) {
		w = w.step(step)
	}
	w.slots = append(w.slots, slot)
}

func (w *wanted) step(key string) *wanted {
	for _, c := range w.children {
		if c.key == key {
			return c.want
		}
	}
	index, err := strconv.Atoi(key)
	if err != nil {
		index = -1
	}
	next := &wanted{}
	w.children = append(w.children, child{key, index, next})
	return next
}

// splitPath splits a path at its dots; "\." is a dot in a key.
func splitPath(path string) []string {
	const dot = "\x00"
	steps := strings.Split(strings.ReplaceAll(path, `\.`, dot), ".")
	for i, s := range steps {
		steps[i] = strings.ReplaceAll(s, dot, ".")
	}
	return steps
}

// scanner reads a JSON text once, checks all of it and keeps what is wanted.
// It takes what encoding/json takes.
type scanner struct {
	text  string
	pos   int
	depth int
	found []reading
	ok    []bool
}

// scan returns the readings by slot and which of them are there.
func scan(text string, w *wanted, slots int) ([]reading, []bool, error) {
	s := scanner{text: text, found: make([]reading, slots), ok: make([]bool, slots)}
	if err := s.value(w); err != nil {
		return nil, nil, fmt.Errorf("at byte %d: %w", s.pos, err)
	}
	s.space()
	if s.pos < len(s.text) {
		return nil, nil, errMoreValues
	}
	return s.found, s.ok, nil
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value reads one value; w is nil when nothing in it is wanted.
func (s *scanner) value(w *wanted) error {
	s.space()
	if s.pos >= len(s.text) {
		return errCutShort
	}
	if w != nil {
		s.forget(w) // the last of two equal keys counts
	}
	switch s.text[s.pos] {
	case '{':
		s.keep(w, reading{none: true})
		return s.nested('}', func() error { return s.member(w) })
	case '[':
		s.keep(w, reading{none: true})
		i := 0
		return s.nested(']', func() error { i++; return s.value(w.item(i - 1)) })
	case '"':
		text, err := s.str()
		s.keep(w, reading{text: strings.TrimSpace(text)})
		return err
	case 't':
		s.keep(w, reading{text: "true"})
		return s.literal("true")
	case 'f':
		s.keep(w, reading{text: "false"})
		return s.literal("false")
	case 'n':
		s.keep(w, reading{none: true})
		return s.literal("null")
	default:
		start := s.pos
		if err := s.number(); err != nil {
			return err
		}
		s.keep(w, reading{text: s.text[start:s.pos]})
		return nil
	}
}

func (s *scanner) keep(w *wanted, r reading) {
	if w == nil {
		return
	}
	for _, slot := range w.slots {
		s.found[slot], s.ok[slot] = r, true
	}
}

func (s *scanner) forget(w *wanted) {
	for _, slot := range w.slots {
		s.ok[slot] = false
	}
	for _, c := range w.children {
		s.forget(c.want)
	}
}

func (w *wanted) item(i int) *wanted {
	if w == nil {
		return nil
	}
	for _, c := range w.children {
		if c.index == i {
			return c.want
		}
	}
	return nil
}

func (w *wanted) member(key string) *wanted {
	if w == nil {
		return nil
	}
	for i := range w.children {
		if w.children[i].key == key {
			return w.children[i].want
		}
	}
	return nil
}

// nested reads the items of an object or a list up to end.
func (s *scanner) nested(end byte, item func() error) error {
	s.pos++
	if s.depth++; s.depth > maxNesting {
		return errTooDeep
	}
	s.space()
	if s.pos < len(s.text) && s.text[s.pos] == end {
		s.pos++
		s.depth--
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		s.space()
		if s.pos >= len(s.text) {
			return errCutShort
		}
		c := s.text[s.pos]
		s.pos++
		switch c {
		case ',':
		case end:
			s.depth--
			return nil
		default:
			s.pos--
			return fmt.Errorf("unexpected %q", c)
		}
	}
}

func (s *scanner) member(w *wanted) error {
	s.space()
	if s.pos >= len(s.text) {
		return errCutShort
	}
	if s.text[s.pos] != '"' {
		return fmt.Errorf("unexpected %q where a key should be", s.text[s.pos])
	}
	key, err := s.str()
	if err != nil {
		return err
	}
	s.space()
	if s.pos >= len(s.text) {
		return errCutShort
	}
	if s.text[s.pos] != ':' {
		return fmt.Errorf("unexpected %q after a key", s.text[s.pos])
	}
	s.pos++
	return s.value(w.member(key))
}

func (s *scanner) literal(word string) error {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return fmt.Errorf("unexpected %q", s.text[s.pos])
	}
	s.pos += len(word)
	return nil
}

// str reads a string; one without escapes is a part of the text.
func (s *scanner) str() (string, error) {
	s.pos++
	start, plain := s.pos, true
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			raw := s.text[start:s.pos]
			s.pos++
			if plain {
				return raw, nil
			}
			return unescape(raw), nil
		case c == '\\':
			plain = false
			if err := s.escape(); err != nil {
				return "", err
			}
		case c < ' ':
			return "", fmt.Errorf("control character %q in a string", c)
		default:
			plain = plain && c < utf8.RuneSelf
			s.pos++
		}
	}
	return "", errCutShort
}

// escape checks the escape at pos and steps over it.
func (s *scanner) escape() error {
	rest := s.text[s.pos+1:]
	if rest == "" {
		return errCutShort
	}
	if strings.IndexByte(`"\/bfnrt`, rest[0]) >= 0 {
		s.pos += 2
		return nil
	}
	if rest[0] != 'u' || len(rest) < 5 {
		return fmt.Errorf("unknown escape %q", rest[0])
	}
	if _, err := strconv.ParseUint(rest[1:5], 16, 16); err != nil {
		return fmt.Errorf("unknown escape %q", rest[:5])
	}
	s.pos += 6
	return nil
}

// number checks a number by the grammar: 0123, +1, .5 and 1. are none.
func (s *scanner) number() error {
	start := s.pos
	s.take("-")
	switch {
	case s.take("0"):
	case s.digits():
	default:
		s.pos = min(s.pos, len(s.text)-1)
		return fmt.Errorf("unexpected %q", s.text[start])
	}
	if s.take(".") && !s.digits() {
		return fmt.Errorf("%q is not a number", s.text[start:s.pos])
	}
	if s.take("e") || s.take("E") {
		_ = s.take("+") || s.take("-")
		if !s.digits() {
			return fmt.Errorf("%q is not a number", s.text[start:s.pos])
		}
	}
	return nil
}

func (s *scanner) take(c string) bool {
	if s.pos < len(s.text) && s.text[s.pos] == c[0] {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}
