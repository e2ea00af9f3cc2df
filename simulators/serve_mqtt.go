package simulators

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/mqtt"
	"github.com/cpas-charleroi/gtc/simulators/noise"
)

const (
	// publishEvery is the interval of telegrams; meters send one a second or
	// one in ten.
	publishEvery = 10 * time.Second
	// publishLeast is the least time of the wall clock between two telegrams of
	// a device whose time runs faster: no meter sends a thousand a second.
	publishLeast = 100 * time.Millisecond
	// republish is after how many intervals states are said again.
	republish = 6
)

// openMQTT starts one publisher for each device of a connection. They go on
// trying until the broker is there.
func (p *Park) openMQTT(ctx context.Context, s *site, c *config.Connection, devices []*device, o Options) error {
	loc, err := time.LoadLocation(s.cfg.TimeZone)
	if err != nil {
		return fmt.Errorf("start publishers: %w", err)
	}
	every := max(publishEvery, time.Duration(o.Speed*float64(publishLeast)))
	for _, d := range devices {
		user := publisherOf(s.cfg, c, d.cfg.Topic)
		client := mqtt.Options{
			URL: c.URL, User: user, ClientID: string(s.cfg.ID) + "-" + string(d.cfg.ID), Log: o.Log,
		}
		client.Will, _ = mqtt.Will(d.profile, d.cfg.Topic)
		if o.PasswordFor != nil && user != "" {
			client.Password = o.PasswordFor(s.cfg.ID, user)
		}
		dev := mqtt.Device{
			Profile: d.profile, Topic: d.cfg.Topic, Serial: serial(s.cfg.ID, d.cfg.ID),
			Values: s.values(d, o.Clock), Every: every, Republish: republish,
			Location: loc, Clock: o.Clock, Log: o.Log, Away: d.silent, ClockOff: d.clockOff,
		}
		p.running.Go(func() { publish(ctx, client, dev, o.Log) })
	}
	return nil
}

// publish runs one device until ctx ends.
func publish(ctx context.Context, client mqtt.Options, dev mqtt.Device, log zerolog.Logger) {
	pub, err := mqtt.Dial(ctx, client)
	if err != nil {
		if ctx.Err() == nil {
			log.Error().Err(err).Str("client", client.ClientID).Msg("simulated device gave up")
		}
		return
	}
	defer pub.Close()
	dev.Publisher = pub
	_ = dev.Run(ctx) // returns nil when ctx ends
}

// publisherOf returns the broker's user that may publish under the topic; at
// a broker that is not the site's own, the connection's.
func publisherOf(s *config.Site, c *config.Connection, topic string) string {
	for _, u := range s.Broker.Users {
		for _, filter := range u.Publish {
			if covers(filter, topic) {
				return u.User
			}
		}
	}
	return c.User
}

// covers reports whether a filter of the form prefix/# or a plain topic lets
// a device publish under its topic.
func covers(filter, topic string) bool {
	prefix, all := strings.CutSuffix(filter, "/#")
	return filter == "#" || filter == topic || all && (topic == prefix || strings.HasPrefix(topic, prefix+"/"))
}

// serial is a made-up serial number that stays the same.
func serial(s gtc.SiteID, d gtc.DeviceID) string {
	return fmt.Sprintf("1SAG%010d", noise.Seed(0, string(s)+"/"+string(d))%1e10)
}
