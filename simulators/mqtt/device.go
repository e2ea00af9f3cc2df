package mqtt

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/clock"
)

// Values gives the present value of a point of a slot, absent where there is
// none.
type Values = func(slot string, p gtc.PointID) gtc.Value

// Device publishes one device's messages at an interval.
type Device struct {
	Publisher *Publisher
	Profile   *profile.Profile
	// Topic is the prefix that stands for {topic} in the profile.
	Topic string
	// Serial identifies a P1 meter; any text of digits.
	Serial string
	Values Values
	// Every is the interval between two rounds, 1 s when 0.
	Every time.Duration
	// Republish is the number of rounds after which states that did not
	// change are published again; 0 publishes them once.
	Republish int
	// Location is the zone a meter shows its time in, winter time of central
	// Europe all year when nil.
	Location *time.Location
	Clock    clock.Clock
	Log      zerolog.Logger
	// Away, when set, tells that the device says nothing at an instant.
	Away func(at time.Time) bool
	// ClockOff, when set, is how far ahead the device's own clock is.
	ClockOff func(at time.Time) time.Duration
	// Faults strike in every nth round.
	Faults map[Fault]int

	gas   gasReading
	held  []Message
	spark *sparkplug
}

// gasReading is what the meter read last from the gas meter behind it.
type gasReading struct {
	at    time.Time
	value gtc.Value
}

// Run publishes until ctx ends and then returns nil: telegrams and objects
// every round, states when they change, retained, as bridges do. What the
// broker did not take is published again in the next round.
func (d *Device) Run(ctx context.Context) error {
	every := d.Every
	if every <= 0 {
		every = time.Second
	}
	last := map[string]string{}
	for round := 0; ctx.Err() == nil; round++ {
		if d.Republish > 0 && round%d.Republish == 0 {
			clear(last)
		}
		began := d.Clock.Now()
		if d.Away != nil && d.Away(began) {
			clear(last) // all is said again when it is back
		} else if err := d.round(ctx, round, last); err != nil && ctx.Err() == nil {
			d.Log.Debug().Err(err).Msg("message not taken")
		}
		// An error of the sleep is the end of ctx, which ends the loop.
		_ = d.Clock.Sleep(ctx, every-d.Clock.Now().Sub(began))
	}
	return nil
}

func (d *Device) round(ctx context.Context, round int, last map[string]string) error {
	at := d.now(round)
	if d.has(Flapping, round) {
		if err := d.flap(ctx, last); err != nil {
			return err
		}
	}
	if d.isSparkplug() {
		err := d.publishSparkplug(ctx, at, round)
		if err != nil {
			d.spark = nil // born again at the next connection
		}
		return err
	}
	messages, err := d.messages(at)
	if err != nil {
		return err
	}
	for _, m := range d.spoil(round, messages) {
		if m.State && last[m.Topic] == string(m.Payload) {
			continue
		}
		if err := d.Publisher.Publish(ctx, m.Topic, m.Retained, m.Payload); err != nil {
			return err
		}
		if m.State {
			last[m.Topic] = string(m.Payload)
		}
	}
	return nil
}

func (d *Device) location() *time.Location {
	if d.Location == nil {
		return time.FixedZone("CET", int(time.Hour/time.Second))
	}
	return d.Location
}

// readGas returns the values with the gas meter's as read at the last full
// five minutes, which is when an electricity meter reads it.
func (d *Device) readGas(at time.Time) Values {
	if due := at.Truncate(gasPeriod); !due.Equal(d.gas.at) {
		d.gas = gasReading{due, d.Values(gasSlot, gasPoint)}
	}
	return func(slot string, p gtc.PointID) gtc.Value {
		if slot == gasSlot && p == gasPoint {
			return d.gas.value
		}
		return d.Values(slot, p)
	}
}

// Text returns the payload of a text topic that its field reads as v, and
// false when there is none.
func Text(f *profile.Field, v gtc.Value) (string, bool) {
	if !v.Present() {
		return "", false
	}
	for _, text := range slices.Sorted(maps.Keys(f.Enum)) {
		if v.Type != gtc.TypeFloat && f.Enum[text] == int(v.Num) {
			return text, true
		}
	}
	switch v.Type {
	case gtc.TypeBool:
		if f.Enum != nil {
			return "", false
		}
		if v.True() {
			return "True", true
		}
		return "False", true
	case gtc.TypeEnum:
		return strconv.Itoa(int(v.Num)), f.Enum == nil
	case gtc.TypeFloat:
		scale := f.Scale
		if scale == 0 {
			scale = 1
		}
		return strconv.FormatFloat((v.Num-f.Offset)/scale, 'f', -1, 64), true
	case gtc.TypeNone:
	}
	return "", false
}
