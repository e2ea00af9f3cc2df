package bus

import "strings"

// neverPublished are topics that no MQTT client may publish to, whatever its
// rights: commands of alarm panels (fire and intrusion equipment is read, never
// commanded) under any prefix their bridges are set up with, and the subjects
// that steer the server itself.
func neverPublished() []string {
	topics := []string{
		"paradox/control/#", "paradox/panic/#",
		"+/control/zones/#", "+/control/partitions/#", "+/control/outputs/#", "+/control/doors/#",
		"+/+/control/zones/#", "+/+/control/partitions/#", "+/+/control/outputs/#", "+/+/control/doors/#",
		"+/panic/#", "+/+/panic/#",
		"+/alarm_control_panel/+/set/#", "+/alarm_control_panel/+/command/#",
		"$JS/#", "$SYS/#", "$KV/#", "$OBJ/#", "$MQTT/#", "$SRV/#",
	}
	return subjects(topics)
}

// mqttUsers returns the users' configuration and their passwords.
func mqttUsers(users []MQTTUser) ([]object, map[string]string) {
	passwords := map[string]string{}
	list := make([]object, 0, len(users))
	for _, u := range users {
		passwords[u.User] = u.Password
		list = append(list, object{
			"user": u.User, "password": "-",
			"allowed_connection_types": []string{"MQTT"},
			"permissions": object{
				"publish":   rights(subjects(u.Publish), neverPublished()),
				"subscribe": rights(subjects(u.Subscribe), subjects([]string{"$JS/#", "$SYS/#", "$KV/#", "$OBJ/#"})),
			},
		})
	}
	return list, passwords
}

// rights allows what is listed. An empty list allows nothing, whereas the
// server takes it as everything.
func rights(allow, deny []string) object {
	if len(allow) == 0 {
		return object{"deny": []string{">"}}
	}
	return object{"allow": allow, "deny": deny}
}

// subjects turns MQTT topic filters into NATS subjects. A filter ending in "#"
// also means its parent.
func subjects(topics []string) []string {
	var out []string
	for _, topic := range topics {
		if parent, ok := strings.CutSuffix(topic, "/#"); ok {
			out = append(out, subject(parent))
		}
		out = append(out, subject(topic))
	}
	return out
}

// subject follows the server's own mapping: levels become tokens, an empty
// level becomes "/", a dot becomes "//".
func subject(topic string) string {
	levels := strings.Split(topic, "/")
	for i, l := range levels {
		switch l {
		case "":
			levels[i] = "/"
		case "+":
			levels[i] = "*"
		case "#":
			levels[i] = ">"
		default:
			levels[i] = strings.ReplaceAll(l, ".", "//")
		}
	}
	return strings.Join(levels, ".")
}
