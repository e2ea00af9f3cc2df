package profile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// Match returns the first topic of the profile that a message's topic fits,
// prefix being the device's own. When the topic captures levels, the result
// is a copy in which they are filled in: a slot whose equipment was captured
// is named slot:level, as in the site file.
func (p *Profile) Match(prefix, topic string) (*Topic, bool) {
	for i := range p.Topics {
		t := &p.Topics[i]
		c, ok := t.match(prefix, topic)
		if !ok {
			continue
		}
		if c.none() {
			return t, true
		}
		if filled, ok := t.fill(c); ok {
			return filled, true
		}
	}
	return nil, false
}

// Kind returns the kind of a slot of the profile; of slot:level too, where the
// topic names the equipment.
func (p *Profile) Kind(slot string) (gtc.Kind, bool) {
	name, _, _ := strings.Cut(slot, ":")
	kind, ok := p.Slots[name]
	return kind, ok
}

// Filters returns the MQTT filters to subscribe to for a device with the
// prefix, each once. Of a Sparkplug node everything is heard: its sequence
// runs through the messages of all its devices.
func (p *Profile) Filters(prefix string) []string {
	var filters []string
	for i := range p.Topics {
		t := &p.Topics[i]
		f := t.filter(prefix)
		if !slices.Contains(filters, f) {
			filters = append(filters, f)
		}
	}
	return filters
}

// IsAvailability reports whether a filter of a device with the prefix brings
// nothing but what the device says about itself.
func (p *Profile) IsAvailability(prefix, filter string) bool {
	found := false
	for i := range p.Topics {
		if t := &p.Topics[i]; t.filter(prefix) == filter {
			if t.Availability == nil {
				return false
			}
			found = true
		}
	}
	return found
}

func (t *Topic) filter(prefix string) string {
	if t.Format == FormatSparkplug {
		group, node, _ := SparkplugNode(prefix)
		return "spBv1.0/" + group + "/+/" + node + "/#"
	}
	levels := strings.Split(t.expand(prefix), "/")
	for i, level := range levels {
		if isNamed(level) {
			levels[i] = "+"
		}
	}
	return strings.Join(levels, "/")
}

// SparkplugNode splits the prefix of a Sparkplug device: group/node, or
// group/node/device.
func SparkplugNode(prefix string) (group, node, device string) {
	group, rest, _ := strings.Cut(prefix, "/")
	node, device, _ = strings.Cut(rest, "/")
	return group, node, device
}

// Site returns what the topic says the site is, "" when it says nothing.
func (t *Topic) Site() gtc.SiteID { return t.site }

// Name returns a topic that Match maps to t: the one that a device with the
// prefix would publish to. Captured levels are named Area_<number>.
func (t *Topic) Name(prefix string) string {
	number := 1
	if t.Number != nil {
		number = *t.Number
	}
	levels := strings.Split(t.expand(prefix), "/")
	for i, level := range levels {
		if level == "+" || isNamed(level) {
			levels[i] = "Area_" + strconv.Itoa(number)
		}
	}
	return strings.Join(levels, "/")
}

// Prefix returns the prefix with which a device would publish a message's
// topic under t, if there is one.
func (t *Topic) Prefix(name string) (string, bool) {
	have, want := strings.Split(name, "/"), strings.Split(t.Topic, "/")
	if t.Format == FormatSparkplug {
		if len(have) < 4 || have[0] != "spBv1.0" {
			return "", false
		}
		return strings.Join(append([]string{have[1]}, have[3:]...), "/"), true
	}
	at := slices.Index(want, "{topic}")
	if at < 0 || len(have) < len(want) {
		return "", false
	}
	end := at + len(have) - len(want) + 1
	prefix := strings.Join(have[at:end], "/")
	_, ok := t.match(prefix, name)
	return prefix, ok && prefix != ""
}

func (t *Topic) expand(prefix string) string {
	out := strings.ReplaceAll(t.Topic, "{topic}", prefix)
	if strings.Contains(out, "{topic.") {
		levels := strings.Split(prefix, "/")
		for n := 1; n <= maxLevels; n++ {
			level := ""
			if n <= len(levels) {
				level = levels[n-1]
			}
			out = strings.ReplaceAll(out, "{topic."+strconv.Itoa(n)+"}", level)
		}
		out = strings.TrimRight(out, "/") // a device prefix with fewer levels
	}
	return out
}

// maxLevels is the highest n of {topic.n}.
const maxLevels = 5

// The levels of a template that capture what they say.
const (
	nameSite      = "{site}"
	nameEquipment = "{equipment}"
	namePoint     = "{point}"
)

func isNamed(level string) bool {
	return level == nameSite || level == nameEquipment || level == namePoint
}

// captures are the levels of a topic that a template left open.
type captures struct {
	numbered               []string
	site, equipment, point string
}

func (c captures) none() bool {
	return len(c.numbered) == 0 && c.site == "" && c.equipment == "" && c.point == ""
}

// match compares level by level and returns what was captured.
func (t *Topic) match(prefix, topic string) (c captures, ok bool) {
	rest := topic
	for pattern := range strings.SplitSeq(t.expand(prefix), "/") {
		if rest == "" {
			return c, false
		}
		level, after, more := strings.Cut(rest, "/")
		switch {
		case pattern == "+":
			c.numbered = append(c.numbered, level)
		case isNamed(pattern) && level == "":
			return c, false
		case pattern == nameSite:
			c.site = level
		case pattern == nameEquipment:
			c.equipment = level
		case pattern == namePoint:
			c.point = level
		case pattern != level:
			return c, false
		}
		rest = after
		if more && rest == "" {
			return c, false // a level without a name at the end
		}
	}
	return c, rest == ""
}

// fill returns a copy of t with the captured levels in its fields.
func (t *Topic) fill(c captures) (*Topic, bool) {
	if t.Format == FormatSparkplug {
		return t, true // the + is the type of the message
	}
	numbers := make([]string, len(c.numbered))
	for i, level := range c.numbered {
		numbers[i] = trailingNumber(level)
	}
	if t.Number != nil {
		n, err := strconv.Atoi(numbers[0])
		if err != nil || n != *t.Number {
			return nil, false
		}
	}
	filled := *t
	filled.site = gtc.SiteID(c.site)
	filled.plan = t.compiled()
	filled.Fields = slices.Clone(t.Fields)
	for i := range filled.Fields {
		f := &filled.Fields[i]
		if c.equipment != "" {
			f.Slot += ":" + c.equipment
		}
		point, ok := t.fillPoint(f.Point, numbers, c.point)
		if !ok {
			return nil, false
		}
		f.Point = point
	}
	return &filled, true
}

func (t *Topic) fillPoint(point gtc.PointID, numbers []string, captured string) (gtc.PointID, bool) {
	for j, n := range numbers {
		placeholder := "{" + strconv.Itoa(j+1) + "}"
		if !strings.Contains(string(point), placeholder) {
			continue
		}
		if n == "" {
			return "", false
		}
		point = gtc.PointID(strings.ReplaceAll(string(point), placeholder, n))
	}
	if point != namePoint {
		return point, true
	}
	if t.Points != nil {
		named, ok := t.Points[captured]
		return named, ok
	}
	return gtc.PointID(captured), true
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

// Matches reports whether the field gives a point, numbered ones by their
// pattern.
func (f Field) Matches(id gtc.PointID) bool {
	if f.Point == id {
		return true
	}
	head, tail, numbered := strings.Cut(string(f.Point), "{")
	_, tail, closed := strings.Cut(tail, "}")
	if !numbered || !closed {
		return false
	}
	number, ok := strings.CutPrefix(string(id), head)
	if ok {
		number, ok = strings.CutSuffix(number, tail)
	}
	return ok && len(number) >= 2 && strings.Trim(number, "0123456789") == ""
}
