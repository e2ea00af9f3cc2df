package mqtt

import (
	"errors"
	"slices"
	"strings"
)

// ErrControlTopic tells that a topic commands an alarm panel or steers a
// broker: nothing is ever published there.
var ErrControlTopic = errors.New("a control topic is never published to")

// Publishable reports whether gtc may publish to a topic at all. What commands
// alarm panels, under whatever prefix their bridges have, is not, at any
// broker; the edge's own refuses it to everyone besides.
func Publishable(topic string) bool {
	levels := strings.Split(topic, "/")
	if topic == "" || strings.HasPrefix(topic, "$") || strings.ContainsAny(topic, "+#\x00") {
		return false
	}
	for i, level := range levels {
		switch strings.ToLower(level) {
		case "control", "panic":
			return false
		case "alarm_control_panel":
			if slices.ContainsFunc(levels[i:], func(l string) bool { return l == "set" || l == "command" }) {
				return false
			}
		}
	}
	return true
}
