package alarm_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// TestLifeCycle proves every state against every input.
func TestLifeCycle(t *testing.T) {
	const (
		normal, unack = gtc.AlarmNormal, gtc.AlarmUnacknowledged
		acked, back   = gtc.AlarmAcknowledged, gtc.AlarmReturned
	)
	start := time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
	at := start.Add(time.Hour)
	cases := []struct {
		from  gtc.AlarmState
		input string
		to    gtc.AlarmState
		fresh bool // a new occurrence begins
		moved bool
	}{
		{"", "holds", unack, true, true},
		{"", "clear", normal, false, false},
		{"", "ack", normal, false, false},
		{normal, "holds", unack, true, true},
		{normal, "clear", normal, false, false},
		{normal, "ack", normal, false, false},
		{unack, "holds", unack, false, false},
		{unack, "clear", back, false, true},
		{unack, "ack", acked, false, true},
		{acked, "holds", acked, false, false},
		{acked, "clear", normal, false, true},
		{acked, "ack", acked, false, false},
		{back, "holds", unack, true, true},
		{back, "clear", back, false, false},
		{back, "ack", normal, false, true},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s-%s", c.from, c.input), func(t *testing.T) {
			before := gtc.Alarm{ID: "a/b/c", State: c.from, Since: start, Changed: start, Occurrence: 3, By: "before"}
			var after gtc.Alarm
			switch c.input {
			case "ack":
				after = alarm.Acknowledge(before, "someone", at)
			default:
				after = alarm.Next(before, c.input == "holds", at)
			}
			want := before
			want.State = c.to
			if c.moved {
				want.Changed = at
			}
			if c.fresh {
				want.Since, want.Occurrence, want.By = at, 4, ""
			}
			if c.moved && c.input == "ack" {
				want.By = "someone"
			}
			require.Equal(t, want, after)
		})
	}
}

func TestChangedNeverGoesBack(t *testing.T) {
	start := time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)
	a := gtc.Alarm{State: gtc.AlarmUnacknowledged, Since: start, Changed: start}
	require.Equal(t, start, alarm.Acknowledge(a, "someone", start.Add(-time.Minute)).Changed)
	require.Equal(t, start, alarm.Next(a, false, start.Add(-time.Minute)).Changed)
}
