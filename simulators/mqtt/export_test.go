package mqtt

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

// Round returns what a device publishes in a round, without a broker. The
// births of Sparkplug are one message.
func Round(t *testing.T, p *profile.Profile, prefix string, at time.Time, values Values) []Message {
	t.Helper()
	d := &Device{Profile: p, Topic: prefix, Serial: "1", Values: values, Clock: clock.NewFast(at, 1)}
	if d.isSparkplug() {
		return []Message{{
			Topic:   p.Topics[0].Name(prefix),
			Payload: profile.AppendSparkplug(nil, profile.SparkplugPayload{At: at, Metrics: d.metrics(true)}),
		}}
	}
	messages, err := d.messages(at)
	require.NoError(t, err)
	return messages
}
