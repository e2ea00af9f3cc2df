package profile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// maxEvery bounds how far apart the stored values of a topic may be.
const maxEvery = time.Hour

func (c *checker) mqtt() {
	p := c.p
	if len(p.Registers) > 0 || p.Contacts != nil {
		c.add("registers", "", "registers, contacts: an mqtt profile has topics only")
	}
	if len(p.Topics) == 0 {
		c.add("topics", "", "topics is missing: an mqtt profile has topics")
	}
	points := map[string]string{}
	for i, t := range p.Topics {
		path := fmt.Sprintf("topics[%d]", i)
		c.topic(path, t)
		for j, f := range t.Fields {
			at := fmt.Sprintf("%s.fields[%d]", path, j)
			c.field(at, t, f)
			// The same value may come in two kinds of message, not twice in one.
			name := f.Slot + "." + string(f.Point)
			if points[name] == t.Topic || points[name] != "" && t.Format == FormatText {
				c.add(at, "", "%s: %s is given twice", at, name)
			}
			points[name] = t.Topic
		}
	}
}

func (c *checker) topic(path string, t Topic) {
	c.template(path+".topic", t)
	c.oneOf(path+".format", t.Format, FormatText, FormatJSON, FormatCSV, FormatP1, FormatSparkplug)
	if t.Time != "" {
		c.ownTime(path, t)
	}
	if t.Number != nil && !strings.Contains("/"+t.Topic+"/", "/+/") {
		c.add(path+".number", "", "%s.number: the topic has no + to take a number from", path)
	}
	if t.Every < 0 || t.Every > maxEvery {
		c.add(path+".every", "", "%s.every: %v is not between 0s and %v", path, t.Every, maxEvery)
	}
	if t.Format != FormatCSV && t.Separator != "" || len(t.Separator) > 1 {
		c.add(path+".separator", "", "%s.separator: one character, for csv only", path)
	}
	if t.Decimal != "" {
		c.oneOf(path+".decimal", t.Decimal, ".", ",")
	}
	if len(t.Points) > 0 && !strings.Contains(t.Topic, namePoint) {
		c.add(path+".points", "", "%s.points: the topic has no %s", path, namePoint)
	}
	switch a := t.Availability; {
	case a == nil && len(t.Fields) == 0:
		c.add(path+".fields", "", "%s.fields is missing", path)
	case a != nil && len(t.Fields) > 0:
		c.add(path+".fields", "", "%s.fields: an availability has no points", path)
	case a != nil:
		c.availability(path+".availability", t)
	}
}

func (c *checker) availability(path string, t Topic) {
	a := t.Availability
	if len(a.Online) == 0 || len(a.Offline) == 0 {
		c.add(path, "", "%s: online and offline list the texts that say so", path)
	}
	if t.Format == FormatJSON && a.Path == "" || t.Format != FormatJSON && t.Format != FormatText {
		c.add(path+".path", "", "%s.path: needed for json; of text, a path is for what may be an object", path)
	}
}

func (c *checker) template(path string, t Topic) {
	if t.Topic == "" || strings.Contains(t.Topic, "#") {
		c.add(path, "", "%s: a topic such as {topic}/status; + captures a level, # is not allowed", path)
		return
	}
	for level := range strings.SplitSeq(t.Topic, "/") {
		rest := strings.NewReplacer("{topic}", "", nameSite, "", nameEquipment, "", namePoint, "").Replace(level)
		for n := 1; n <= maxLevels; n++ {
			rest = strings.ReplaceAll(rest, "{topic."+strconv.Itoa(n)+"}", "")
		}
		if strings.ContainsAny(rest, "{}") {
			c.add(path, "", "%s: %q is none of {topic}, {topic.1} to {topic.%d}, %s, %s and %s", path, level, maxLevels, nameSite, nameEquipment, namePoint)
		}
	}
	if t.Format == FormatSparkplug && t.Topic != sparkplugTemplate {
		c.add(path, "", "%s: the topic of sparkplug is %s", path, sparkplugTemplate)
	}
}

// sparkplugTemplate is the only template of the format sparkplug: the prefix
// is group/node or group/node/device.
const sparkplugTemplate = "spBv1.0/{topic.1}/+/{topic.2}/{topic.3}"

func (c *checker) ownTime(path string, t Topic) {
	if t.Format != FormatJSON && t.Format != FormatCSV && t.Format != FormatText {
		c.add(path+".time", "", "%s.time: a %s message has a time of its own", path, t.Format)
	}
	if !strings.Contains(t.TimeFormat, "2006") {
		c.oneOf(path+".time_format", t.TimeFormat, timeUnix, timeUnixMS, timeRFC3339)
	}
	if _, err := time.LoadLocation(t.TimeZone); err != nil || t.TimeZone == "Local" {
		c.add(path+".time_zone", "", "%s.time_zone: %q is not a time zone such as Europe/Brussels", path, t.TimeZone)
	}
}

func (c *checker) field(path string, t Topic, f Field) {
	c.slot(path, f.Slot, f.Point)
	if (t.Format == FormatText) != (f.Path == "") {
		c.add(path+".path", "", "%s.path: needed for json, csv, p1 and sparkplug, not for text", path)
	}
	if n, err := strconv.Atoi(f.Path); t.Format == FormatCSV && (err != nil || n < 1) && f.Path != "" && !strings.Contains(f.Path, " ") {
		c.add(path+".path", "", "%s.path: %q is not a column, from 1", path, f.Path)
	}
	if _, ok := units()[f.Unit]; f.Unit != "" && !ok {
		known := slices.Sorted(maps.Keys(units()))
		c.add(path+".unit", strict.Near(f.Unit, known), "%s.unit: %q is not one of %s", path, f.Unit, strings.Join(known, ", "))
	}
	c.bounds(path, f.Min, f.Max)
}

// topicPoints compares the fields of a topic with the catalogue. What {point}
// captures is compared by the points it is translated to; without a
// translation an unknown point is simply not read.
func (c *checker) topicPoints(cat *catalogue.Catalogue, at string, t Topic) {
	for j, f := range t.Fields {
		path := fmt.Sprintf("%s.fields[%d]", at, j)
		ids := []gtc.PointID{f.Point}
		if f.Point == namePoint {
			ids = ids[:0]
			for _, captured := range slices.Sorted(maps.Keys(t.Points)) {
				ids = append(ids, t.Points[captured])
			}
		}
		for _, id := range ids {
			id = gtc.PointID(strings.NewReplacer("{1}", "01", "{2}", "02").Replace(string(id)))
			if point, ok := c.known(cat, path, f.Slot, id); ok {
				c.fieldType(path, f, point)
			}
		}
	}
}

// fieldType compares a field with the point of the catalogue.
func (c *checker) fieldType(path string, f Field, point catalogue.Point) {
	c.states(path, point, maps.Values(f.Enum), f.Enum != nil)
	if to := units()[f.Unit].to; f.Unit != "" && to != "" && to != point.Unit {
		c.add(path+".unit", "", "%s.unit: %s becomes %s, and %s is in %s", path, f.Unit, to, point.ID, point.Unit)
	}
}
