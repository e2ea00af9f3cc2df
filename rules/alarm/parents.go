package alarm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// checked returns the classes of the set unless what they name in suppressed_by
// is not there, cannot explain them, or leads back to themselves.
func (s *set) checked() ([]Class, error) {
	byID := make(map[string]*Class, len(s.classes))
	ids := make([]string, len(s.classes))
	for i := range s.classes {
		byID[s.classes[i].ID], ids[i] = &s.classes[i], s.classes[i].ID
	}
	var mistakes strict.Mistakes
	for i := range s.classes {
		c := &s.classes[i]
		for k, id := range c.SuppressedBy {
			at, key := s.from[c.ID], fmt.Sprintf(".suppressed_by[%d]", k)
			parent := byID[id]
			switch {
			case parent == nil:
				m := at.mistake(key, "class %s: suppressed_by names %q, which is no class", c.ID, id)
				m.Hint = strict.Near(id, ids)
				mistakes = append(mistakes, m)
			case !at.shipped && !parent.mayExplain(c):
				mistakes = append(mistakes, at.mistake(key,
					"class %s: %s is about another kind of equipment and explains nothing here: only with scope: site in that class", c.ID, id))
			}
		}
	}
	mistakes = append(mistakes, s.circles(byID)...)
	if len(mistakes) > 0 {
		mistakes.Sort()
		return nil, mistakes
	}
	return s.classes, nil
}

// mayExplain reports whether an alarm of the class can be about the same
// equipment as one of the other class, or about more than its own.
func (c *Class) mayExplain(o *Class) bool {
	switch c.When.Watch {
	case WatchDevice, WatchRule, WatchUnread:
		return true
	case "":
		return c.Scope == ScopeSite || c.Kind == o.Kind || o.Kind == ""
	default:
		return c.Scope == ScopeSite || o.When.Watch != ""
	}
}

// circles tells where suppression leads back to where it began, a site's own
// classes first.
func (s *set) circles(byID map[string]*Class) strict.Mistakes {
	var out strict.Mistakes
	told := map[string]bool{}
	for _, shipped := range []bool{false, true} {
		for i := range s.classes {
			id := s.classes[i].ID
			if at := s.from[id]; at.shipped == shipped && !told[id] {
				if way := wayBack(byID, id, id, nil); way != nil {
					for _, on := range way {
						told[on] = true
					}
					out = append(out, at.mistake(".suppressed_by", "class %s: suppressed_by leads back to it: %s", id, strings.Join(append(way, id), ", ")))
				}
			}
		}
	}
	return out
}

// wayBack returns the classes from one to another by suppressed_by, nil if
// there is no way.
func wayBack(byID map[string]*Class, from, to string, passed []string) []string {
	c := byID[from]
	if c == nil || slices.Contains(passed, from) {
		return nil
	}
	passed = append(slices.Clone(passed), from)
	for _, parent := range c.SuppressedBy {
		if parent == to {
			return passed
		}
		if way := wayBack(byID, parent, to, passed); way != nil {
			return way
		}
	}
	return nil
}
