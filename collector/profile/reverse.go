package profile

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Raw returns the number that a device writes for a value of field i of the
// topic: the value before its scale, offset and unit.
func (t *Topic) Raw(i int, v float64) float64 {
	fp := t.compiled().fields[i]
	return (v - fp.offset) / fp.scale
}

// Written returns what a device writes for a value of field i: a number, a
// truth value or a text; ok is false when it has no form for it.
func (t *Topic) Written(i int, v gtc.Value) (written any, ok bool) {
	f := &t.Fields[i]
	if !v.Present() {
		return nil, false
	}
	if v.Type == gtc.TypeFloat {
		return t.Raw(i, v.Num), true
	}
	if f.Enum == nil {
		if v.Type == gtc.TypeBool {
			return v.True(), true
		}
		return int(v.Num), true
	}
	for _, text := range slices.Sorted(maps.Keys(f.Enum)) {
		if f.Enum[text] == int(v.Num) {
			if b, err := strconv.ParseBool(text); err == nil && (text == "true" || text == "false") {
				return b, true
			}
			return text, true
		}
	}
	return nil, false
}

// Stamp returns an instant as the topic's messages write it.
func (t *Topic) Stamp(at time.Time) any {
	switch t.TimeFormat {
	case timeUnix:
		return float64(at.UnixMilli()) / 1000
	case timeUnixMS:
		return at.UnixMilli()
	case timeRFC3339:
		return at.UTC().Format(time.RFC3339Nano)
	}
	return at.In(t.compiled().loc).Format(t.TimeFormat)
}

// Joined reports whether field i is computed of two others and so is not
// written.
func (t *Topic) Joined(i int) bool { return t.compiled().fields[i].sign != 0 }

// Put sets the value at a path of a JSON document of objects and lists and
// returns the document.
func Put(doc any, path string, v any) any { return put(doc, splitPath(path), v) }

func put(doc any, steps []string, v any) any {
	if len(steps) == 0 {
		return v
	}
	step := steps[0]
	if key, want, named := strings.Cut(step, "="); named {
		list, _ := doc.([]any)
		for i, entry := range list {
			if o, ok := entry.(map[string]any); ok && o[key] == want {
				list[i] = put(o, steps[1:], v)
				return list
			}
		}
		return append(list, put(map[string]any{key: want}, steps[1:], v))
	}
	if n, err := strconv.Atoi(step); err == nil && n >= 0 && n < 1000 {
		list, _ := doc.([]any)
		for len(list) <= n {
			list = append(list, nil)
		}
		list[n] = put(list[n], steps[1:], v)
		return list
	}
	object, ok := doc.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	object[step] = put(object[step], steps[1:], v)
	return object
}
