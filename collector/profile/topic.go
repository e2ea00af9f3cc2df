package profile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// Match returns the first topic of the profile that a message's topic fits,
// prefix being the device's own. When the topic captures numbers (+), the
// result is a copy in which they are filled in.
func (p *Profile) Match(prefix, topic string) (*Topic, bool) {
	for i := range p.Topics {
		t := &p.Topics[i]
		captures, ok := t.match(prefix, topic)
		if !ok {
			continue
		}
		if len(captures) == 0 {
			return t, true
		}
		if filled, ok := t.fill(captures); ok {
			return filled, true
		}
	}
	return nil, false
}

// Filters returns the MQTT filters to subscribe to for a device with the
// prefix, each once.
func (p *Profile) Filters(prefix string) []string {
	var filters []string
	for _, t := range p.Topics {
		if f := t.expand(prefix); !slices.Contains(filters, f) {
			filters = append(filters, f)
		}
	}
	return filters
}

// Name returns a topic that Match maps to t: the one that a device with the
// prefix would publish to. Captured levels are named Area_<number>.
func (t *Topic) Name(prefix string) string {
	number := 1
	if t.Number != nil {
		number = *t.Number
	}
	levels := strings.Split(t.expand(prefix), "/")
	for i, level := range levels {
		if level == "+" {
			levels[i] = "Area_" + strconv.Itoa(number)
		}
	}
	return strings.Join(levels, "/")
}

func (t *Topic) expand(prefix string) string {
	return strings.ReplaceAll(t.Topic, "{topic}", prefix)
}

// match compares level by level and returns what the + stand for.
func (t *Topic) match(prefix, topic string) (captures []string, ok bool) {
	rest := topic
	for pattern := range strings.SplitSeq(t.expand(prefix), "/") {
		if rest == "" {
			return nil, false
		}
		level, after, more := strings.Cut(rest, "/")
		switch {
		case pattern == "+":
			captures = append(captures, level)
		case pattern != level:
			return nil, false
		}
		rest = after
		if more && rest == "" {
			return nil, false // a level without a name at the end
		}
	}
	return captures, rest == ""
}

// fill returns a copy of t with the captured numbers in its points.
func (t *Topic) fill(captures []string) (*Topic, bool) {
	numbers := make([]string, len(captures))
	for i, c := range captures {
		numbers[i] = trailingNumber(c)
	}
	if t.Number != nil {
		n, err := strconv.Atoi(numbers[0])
		if err != nil || n != *t.Number {
			return nil, false
		}
	}
	filled := *t
	filled.Fields = slices.Clone(t.Fields)
	for i := range filled.Fields {
		f := &filled.Fields[i]
		for j, n := range numbers {
			placeholder := "{" + strconv.Itoa(j+1) + "}"
			if !strings.Contains(string(f.Point), placeholder) {
				continue
			}
			if n == "" {
				return nil, false
			}
			f.Point = gtc.PointID(strings.ReplaceAll(string(f.Point), placeholder, n))
		}
	}
	return &filled, true
}

// trailingNumber returns the number that ends a name, with at least two
// digits, or "" when there is none of at most four digits.
func trailingNumber(name string) string {
	digits := strings.TrimLeft(name[len(strings.TrimRight(name, "0123456789")):], "0")
	switch len(digits) {
	case 0, 5:
		return ""
	case 1:
		return "0" + digits
	}
	if len(digits) > 4 {
		return ""
	}
	return digits
}
