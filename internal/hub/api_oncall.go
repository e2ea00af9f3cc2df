package hub

import (
	"cmp"
	"time"

	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// onCall tells who each rota calls at an instant, by name. Turns change on the
// clock of the first site: a rota is of no site.
func (h *Hub) onCall(at time.Time) []api.OnCall {
	book, loc := h.alert.Book(), h.locate("")
	out := make([]api.OnCall, 0, len(book.Rotas))
	for _, r := range book.Rotas {
		one := api.OnCall{Rota: r.ID, Name: r.Name}
		if p, ok := book.OnCall(r.ID, at, loc); ok {
			one.Person = cmp.Or(p.Name, p.ID)
		}
		if until := book.OnCallUntil(r.ID, at, loc); !until.IsZero() {
			one.Until = until.UTC()
		}
		out = append(out, one)
	}
	return out
}
