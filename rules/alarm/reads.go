package alarm

import (
	"slices"

	"github.com/cpas-charleroi/gtc"
)

// Reads reports whether the class looks at a point of its kind of equipment:
// in its condition, or to wait after a change.
func (c *Class) Reads(p gtc.PointID) bool {
	if slices.Contains(c.When.points, p) || slices.Contains(c.Settle.Points, p) {
		return true
	}
	if c.When.Each == "" {
		return false
	}
	_, is := c.When.eachPart(p)
	return is
}
