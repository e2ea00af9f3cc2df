package modbus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// ErrContradiction says that a device is not the one that its profile
// describes: nothing it shows is taken for a value.
var ErrContradiction = errors.New("device contradicts its profile")

// identityRequest is the read of an identification register.
func identityRequest(d profile.Identity) Request {
	return Request{Table: Table(d.Table), Address: d.Address, Count: uint16(d.Words())} //nolint:gosec // at most 125, checked with the profile
}

// Identify reads an identification register and returns what it says.
func (b *Bus) Identify(ctx context.Context, unit uint8, d profile.Identity, order string) (string, error) {
	got, err := b.Read(ctx, unit, identityRequest(d))
	if err != nil {
		return "", err
	}
	return d.Text(order, got.Words), nil
}

// identified makes sure, before the first values are taken from a unit and
// after each time it was lost, that it is what its profile says. A unit that
// refuses to tell is taken for what it should be; one that tells otherwise is
// left alone like a dead one and tried again.
func (s *Source) identified(ctx context.Context, u *unit, p pending, emit Emit) (bool, error) {
	if u.known {
		return true, nil
	}
	for _, d := range u.Identify {
		if len(d.Expect) == 0 {
			continue
		}
		text, err := s.bus.Identify(ctx, u.Unit, d, u.WordOrder)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			why := judge(err)
			if why == refusedRange || why == refusedAll {
				s.log.Warn().Str("device", string(u.ID)).Str("what", d.What).Err(err).Msg("device does not tell what it is")
				continue
			}
			return false, s.refused(ctx, u, p, err, emit)
		}
		if !d.Accepts(text) {
			return false, s.contradicts(ctx, u, d, text, emit)
		}
	}
	u.known = true
	return true, nil
}

// contradicts deals with a device that is another one.
func (s *Source) contradicts(ctx context.Context, u *unit, d profile.Identity, text string, emit Emit) error {
	err := fmt.Errorf("%s: %w: %s is %q, want %q", u.ID, ErrContradiction, d.What, text, d.Expect)
	now := s.clock.Now()
	s.log.Error().Str("device", string(u.ID)).Err(err).Msg("device is not the one its profile describes: nothing is taken from it")
	u.Health.Lost(err)
	u.failed(now, rand.Float64()) //nolint:gosec // spreads attempts, guards nothing
	all := make([]int, len(u.Points))
	for i := range all {
		all[i] = i
	}
	return s.say(ctx, u, all, gtc.QualityRefused, now, emit)
}
