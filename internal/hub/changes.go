package hub

import (
	"context"
	"sync"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/console"
)

// changeBuffer is how many changes a slow page may lag behind before it
// misses some.
const changeBuffer = 256

// changes hands what changes to the pages that look.
type changes struct {
	mu   sync.Mutex
	subs map[chan console.Change]struct{}
}

func newChanges() *changes { return &changes{subs: map[chan console.Change]struct{}{}} }

func (c *changes) tell(site gtc.SiteID, what string, at time.Time) {
	c.send(console.Change{Site: site, What: what, At: at})
}

func (c *changes) send(ch console.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for sub := range c.subs {
		select {
		case sub <- ch:
		default: // the page is slow; it asks again for the whole
		}
	}
}

// watched reports whether any page looks.
func (c *changes) watched() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.subs) > 0
}

func (c *changes) subscribe(ctx context.Context) <-chan console.Change {
	sub := make(chan console.Change, changeBuffer)
	c.mu.Lock()
	c.subs[sub] = struct{}{}
	c.mu.Unlock()
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.subs, sub)
		close(sub)
	})
	return sub
}
