package bus

import "strings"

// mqttMaxAckPending is how many messages at QoS 1 may be on their way to a
// client: several of the collector's batches, so that one write to the disk
// serves many messages.
const mqttMaxAckPending = 1024

// maxPrefix is the number of levels that a bridge of an alarm panel may have
// before its own topics.
const maxPrefix = 4

// mqttListener is the configuration of the broker.
func mqttListener(o EdgeOptions, addr string) object {
	l := object{"listen": addr, "max_ack_pending": mqttMaxAckPending}
	if o.MQTTCertFile == "" {
		return l
	}
	secure := object{"cert_file": o.MQTTCertFile, "key_file": o.MQTTKeyFile, "timeout": 10}
	if o.MQTTCAFile != "" {
		secure["ca_file"], secure["verify"] = o.MQTTCAFile, true
	}
	l["tls"] = secure
	return l
}

// neverPublished are topics that no MQTT client may publish to, whatever its
// rights: commands of alarm panels (fire and intrusion equipment is read, never
// commanded) under any prefix their bridges are set up with, and the subjects
// that steer the server itself.
func neverPublished() []string {
	topics := []string{
		"paradox/control/#", "paradox/panic/#",
		"$JS/#", "$SYS/#", "$KV/#", "$OBJ/#", "$MQTT/#", "$SRV/#",
	}
	for n := 1; n <= maxPrefix; n++ {
		prefix := strings.Repeat("+/", n)
		for _, what := range []string{"zones", "partitions", "outputs", "doors"} {
			topics = append(topics, prefix+"control/"+what+"/#")
		}
		topics = append(topics, prefix+"panic/#", prefix+"alarm_control_panel/+/set/#", prefix+"alarm_control_panel/+/command/#")
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
