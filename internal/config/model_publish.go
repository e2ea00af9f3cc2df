package config

// Publish says what a site publishes over MQTT for other programs, retained,
// on <prefix>/<site>/<equipment>/<point>.
type Publish struct {
	// Connection is the MQTT connection to publish on; nothing is published
	// without one.
	Connection string `yaml:"connection"`
	// Prefix is the first level of the topics, pub by default.
	Prefix string `yaml:"prefix"`
	// Points chooses what is published: equipment/point, with * for any.
	Points []string `yaml:"points"`
	// HomeAssistant is the discovery prefix of Home Assistant (its default is
	// homeassistant); nothing is announced when empty.
	HomeAssistant string `yaml:"home_assistant"`
}

// DefaultPublishPrefix is the first level of the topics that gtc publishes.
const DefaultPublishPrefix = "pub"
