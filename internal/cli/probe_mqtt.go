package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/mqtt"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// mqttProbe is what gtc probe wants to know of a broker.
type mqttProbe struct {
	user, passwordFile, caFile, certFile, keyFile string
	filter                                        string
}

func (m *mqttProbe) flags(f *pflag.FlagSet) {
	f.StringVar(&m.user, "user", "", "MQTT: user; the password comes from GTC_MQTT_PASSWORD or --password-file")
	f.StringVar(&m.passwordFile, "password-file", "", "MQTT: file with the password")
	f.StringVar(&m.caFile, "ca-file", "", "mqtts: authority of the broker's certificate (default: the system's)")
	f.StringVar(&m.certFile, "cert-file", "", "mqtts: own certificate")
	f.StringVar(&m.keyFile, "key-file", "", "mqtts: key of --cert-file")
	f.StringVar(&m.filter, "topic", "#", "MQTT: topic filter to listen to")
}

// isMQTT reports whether a URL is a broker's.
func isMQTT(rawURL string) bool {
	return strings.HasPrefix(rawURL, "mqtt://") || strings.HasPrefix(rawURL, "mqtts://")
}

// topicLine is one topic of gtc probe mqtt://… --json.
type topicLine struct {
	Topic    string `json:"topic"`
	Messages int    `json:"messages"`
	Retained bool   `json:"retained,omitempty"`
	Bytes    int    `json:"bytes"`
	Example  string `json:"example"`
	// Profile and Prefix are the profile that fits and the device's topic in
	// a site file.
	Profile      string       `json:"profile,omitempty"`
	Prefix       string       `json:"device_topic,omitempty"`
	Availability string       `json:"availability,omitempty"`
	Samples      []sampleLine `json:"samples,omitempty"`
	Refused      string       `json:"refused,omitempty"`
}

type sampleLine struct {
	Slot    string `json:"slot"`
	Point   string `json:"point"`
	Value   any    `json:"value"`
	Unit    string `json:"unit,omitempty"`
	Quality string `json:"quality"`
	Time    string `json:"time"`

	shown string
}

// probeMQTT listens to a broker for some seconds and prints the topics, the
// profile that would read each and the samples that it would give. With
// profileID only that profile is tried.
func (p *probe) probeMQTT(ctx context.Context, rawURL string) error {
	cat, err := catalogue.Load()
	if err != nil {
		return err
	}
	if err := p.loadConfig(); err != nil {
		return err
	}
	profiles, err := profile.Library()
	if p.config != nil {
		profiles, err = p.config.Profiles, nil
	}
	if err != nil {
		return err
	}
	if p.profileID != "" {
		chosen, ok := profiles[p.profileID]
		if !ok {
			return inputError(unknownProfile(p.profileID, profiles))
		}
		if chosen.Protocol != "mqtt" {
			return inputError(fmt.Errorf("--profile %s speaks %s, the URL mqtt", chosen.ID, chosen.Protocol))
		}
		profiles = map[string]*profile.Profile{chosen.ID: chosen}
	}
	if rawURL, err = p.mqttUser(rawURL); err != nil {
		return inputError(err)
	}
	password, err := p.mqttPassword()
	if err != nil {
		return inputError(err)
	}
	m := p.mqtt
	seen, err := mqtt.Probe(ctx, mqtt.ProbeOptions{
		Broker: mqtt.Broker{URL: rawURL, User: m.user, Password: password, CAFile: m.caFile, CertFile: m.certFile, KeyFile: m.keyFile},
		Filter: m.filter, For: p.listen, Profiles: profiles,
		TypeOf: func(prof *profile.Profile) profile.TypeOf {
			return func(slot string, id gtc.PointID) gtc.ValueType {
				kind, _ := prof.Kind(slot)
				point, _ := cat.Point(kind, id)
				return point.Type
			}
		},
	})
	if err != nil {
		return err
	}
	lines := make([]topicLine, 0, len(seen))
	for _, s := range seen {
		lines = append(lines, lineOf(s, profiles[s.Profile], cat))
	}
	return p.printTopics(rawURL, lines)
}

// mqttUser takes the user from user@host where --user is not given, and
// returns the URL without it. A password there would stay in the shell's
// history: it is refused.
func (p *probe) mqttUser(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", err
	}
	if u.User == nil {
		return rawURL, nil
	}
	if _, has := u.User.Password(); has {
		return "", errors.New("a password does not belong in a URL: set GTC_MQTT_PASSWORD or --password-file")
	}
	if p.mqtt.user == "" {
		p.mqtt.user = u.User.Username()
	}
	u.User = nil
	return u.String(), nil
}

func (p *probe) mqttPassword() (string, error) {
	if p.mqtt.user == "" {
		return "", nil
	}
	if v := p.env.Getenv("GTC_MQTT_PASSWORD"); v != "" {
		return v, nil
	}
	if p.mqtt.passwordFile == "" {
		return "", errors.New("--user without a password: set GTC_MQTT_PASSWORD or --password-file")
	}
	data, err := os.ReadFile(p.mqtt.passwordFile)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

func lineOf(s mqtt.Seen, prof *profile.Profile, cat *catalogue.Catalogue) topicLine {
	line := topicLine{
		Topic: s.Topic, Messages: s.Messages, Retained: s.Retained, Bytes: s.Bytes, Example: s.Example,
		Profile: s.Profile, Prefix: s.Prefix, Availability: s.Availability, Refused: s.Refused,
	}
	for _, f := range s.Samples {
		kind, _ := prof.Kind(f.Slot)
		point, _ := cat.Point(kind, f.Point)
		sample := sampleLine{
			Slot: f.Slot, Point: string(f.Point), Unit: point.Unit, Quality: f.Quality.String(),
			Time: f.At.UTC().Format(time.RFC3339Nano), shown: f.Value.String(),
		}
		switch {
		case !f.Value.Present():
		case f.Value.Type == gtc.TypeBool:
			sample.Value = f.Value.True()
		default:
			sample.Value = f.Value.Num
		}
		line.Samples = append(line.Samples, sample)
	}
	return line
}

func (p *probe) printTopics(rawURL string, lines []topicLine) error {
	if p.asJSON {
		return writeJSON(p.env.Stdout, map[string]any{"url": rawURL, "topics": lines})
	}
	out := tabwriter.NewWriter(p.env.Stdout, 0, 4, 2, ' ', 0)
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) } // Flush tells
	for _, l := range lines {
		fits := "aucun profil"
		if l.Profile != "" {
			fits = fmt.Sprintf("%s, topic: %s", l.Profile, l.Prefix)
		}
		say("%s\t%d ×\t%d o\t%s\n", l.Topic, l.Messages, l.Bytes, fits)
		if l.Availability != "" {
			say("  %s\n", l.Availability)
		}
		for _, s := range l.Samples {
			say("  %s\t%s\t%s %s\t%s\n", s.Slot, s.Point, s.shown, s.Unit, showQuality(s.Quality))
		}
		if l.Profile == "" {
			say("  %s\n", l.Example)
		}
		if l.Refused != "" {
			say("  refusé : %s\n", l.Refused)
		}
	}
	if len(lines) == 0 {
		say("rien entendu\n")
	}
	return out.Flush()
}
