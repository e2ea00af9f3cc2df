package bus

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/cpas-charleroi/gtc"
)

// PublishEvent stores an event of the hub for a command that is connected to
// it; see [Hub.PublishEvent].
func PublishEvent(ctx context.Context, js jetstream.JetStream, ev gtc.Event) error {
	return publishEvent(ctx, js, ev)
}
