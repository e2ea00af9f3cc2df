package datasource

import (
	"cmp"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc/dashboards/api"
)

// onCall says who is on call, by rota where there are several, and until when
// all of it holds. The text is nil when the hub does not tell: that is not
// known, and not nobody.
func (d *Datasource) onCall(rotas []api.OnCall) (*string, *time.Time) {
	if rotas == nil {
		return nil, nil
	}
	if len(rotas) == 0 {
		return new(in("garde non configurée", "geen wachtdienst ingesteld", "no rota set up").In(d.say.lang)), nil
	}
	var until *time.Time
	texts := make([]string, len(rotas))
	for i, r := range rotas {
		texts[i] = cmp.Or(r.Person, "▲ "+in("personne", "niemand", "nobody").In(d.say.lang))
		if len(rotas) > 1 {
			texts[i] = cmp.Or(r.Name, r.Rota) + " : " + texts[i]
		}
		if !r.Until.IsZero() && (until == nil || r.Until.Before(*until)) {
			until = new(r.Until)
		}
	}
	return new(strings.Join(texts, " · ")), until
}
