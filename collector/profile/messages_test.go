package profile

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

const messagesDir = "testdata/messages"

// messageFile holds messages as a device of the profile publishes them and
// the samples that they are.
type messageFile struct {
	Profile  string          `yaml:"profile"`
	Topic    string          `yaml:"topic"` // the device's prefix
	Received string          `yaml:"received"`
	Messages []messageSample `yaml:"messages"`
}

type messageSample struct {
	Topic   string `yaml:"topic"`
	Payload string `yaml:"payload"`
	// Base64 is for payloads that are no text.
	Base64 string `yaml:"base64"`
	// Samples are "slot.point value quality", and the time where it is not the
	// reception; for an availability "online", "offline" or nothing.
	Samples []string `yaml:"samples"`
	// Refused is a part of the error of a message that is refused.
	Refused string `yaml:"refused"`
}

func (m messageSample) bytes(t *testing.T) []byte {
	t.Helper()
	if m.Base64 == "" {
		return []byte(m.Payload)
	}
	data, err := base64.StdEncoding.DecodeString(m.Base64)
	require.NoError(t, err)
	return data
}

// Every shipped MQTT profile reads the messages of its devices.
func TestMessages(t *testing.T) {
	cat, err := catalogue.Load()
	require.NoError(t, err)
	lib, err := Library()
	require.NoError(t, err)
	files, err := filepath.Glob(messagesDir + "/*.yaml")
	require.NoError(t, err)
	tested := map[string]bool{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		var f messageFile
		_, mistakes := strict.Decode(name, data, &f)
		require.Empty(t, mistakes)
		p := lib[f.Profile]
		require.NotNil(t, p, name)
		tested[p.ID] = true
		t.Run(p.ID, func(t *testing.T) { f.check(t, p, cat) })
	}
	for id, p := range lib {
		require.True(t, p.Protocol != "mqtt" || tested[id], "no messages of %s in %s", id, messagesDir)
	}
}

func (f messageFile) check(t *testing.T, p *Profile, cat *catalogue.Catalogue) {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, f.Received)
	require.NoError(t, err)
	read := map[string]bool{}
	for _, m := range f.Messages {
		topic, ok := p.Match(f.Topic, m.Topic)
		require.True(t, ok, "%s is no topic of %s", m.Topic, p.ID)
		prefix, ok := topic.Prefix(m.Topic)
		require.True(t, ok && prefix == f.Topic || topic.Availability != nil, "%s has prefix %q", m.Topic, prefix)
		got, err := decodeMessage(p, topic, cat, m.bytes(t), at)
		if m.Refused != "" {
			require.ErrorContains(t, err, m.Refused, m.Topic)
			continue
		}
		require.NoError(t, err, m.Topic)
		require.Equal(t, m.Samples, got, "%s %s", m.Topic, m.Payload)
		for _, s := range got {
			read[strings.SplitN(s, " ", 2)[0]] = true
		}
	}
	for _, topic := range p.Topics {
		for _, field := range topic.Fields {
			name := field.Slot + "." + string(field.Point)
			require.True(t, read[name] || field.Optional || strings.Contains(name, "{"), "no message gives %s", name)
		}
	}
}

func decodeMessage(p *Profile, topic *Topic, cat *catalogue.Catalogue, payload []byte, received time.Time) ([]string, error) {
	if topic.Availability != nil {
		online, known, err := DecodeAvailability(topic, payload)
		switch {
		case err != nil || !known:
			return nil, err
		case online:
			return []string{"online"}, nil
		}
		return []string{"offline"}, nil
	}
	samples, err := DecodePayload(topic, func(slot string, id gtc.PointID) gtc.ValueType {
		kind, _ := p.Kind(slot)
		point, _ := cat.Point(kind, id)
		return point.Type
	}, payload, received)
	var out []string
	for _, s := range samples {
		text := fmt.Sprintf("%s.%s %s %s", s.Slot, s.Point, s.Value, s.Quality)
		if !s.At.Equal(received.Truncate(time.Millisecond)) {
			text += " " + s.At.Format(time.RFC3339Nano)
		}
		out = append(out, text)
	}
	return out, err
}
