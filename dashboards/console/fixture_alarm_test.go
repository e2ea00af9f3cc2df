package console

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// board is the alarm side of a fixture: its alarms move as rules/alarm says.
type boardFixture struct {
	*fixture
	events map[string][]gtc.Event // by alarm, newest first
	acts   []Action
	works  []alarm.Work
	flood  []SiteAlarm
}

func newBoard() *boardFixture {
	b := &boardFixture{fixture: newFixture(), events: map[string][]gtc.Event{}}
	gilly := b.site("gilly")
	shelved := gtc.Alarm{
		ID: "gilly/gas/stuck", Class: "stuck", Site: "gilly", Equipment: "gas", Kind: gtc.KindGasMeter, Priority: 3, State: gtc.AlarmUnacknowledged,
		Since: b.ago(30 * time.Hour), Changed: b.ago(30 * time.Hour), Occurrence: 2, Label: text("Index figé", "Meterstand staat stil", "Index stuck"),
	}
	shelved = alarm.Inhibit(shelved, gtc.Inhibition{
		State: gtc.AlarmShelved, By: "monteur", Reason: "compteur en remplacement", Since: b.ago(2 * time.Hour), Until: b.now.Add(22 * time.Hour),
	})
	quiet := gtc.Alarm{
		ID: "montignies/regulator-1/device_lost", Class: "device_lost", Site: "montignies", Equipment: "regulator-1", Priority: 3,
		State: gtc.AlarmUnacknowledged, Since: b.ago(3 * time.Hour), Changed: b.ago(3 * time.Hour), Occurrence: 1,
		Label: text("Appareil muet", "Toestel zwijgt", "Device silent"),
	}
	quiet = alarm.Inhibit(quiet, gtc.Inhibition{State: gtc.AlarmSuppressed, By: "edge_lost", Since: b.ago(3 * time.Hour)})
	gilly.Inhibited = append(gilly.Inhibited, shelved)
	b.site("montignies").Inhibited = []gtc.Alarm{quiet}
	lockout := b.find("dampremy/boiler-2/lockout")
	lockout.Chattering = true
	b.event(*lockout, "normal", "unacknowledged", "rules/alarm", "", 7*time.Hour+51*time.Minute)
	b.event(*lockout, "unacknowledged", "acknowledged", lockout.By, "", 7*time.Hour+40*time.Minute)
	latched := gtc.Alarm{Equipment: "circuit-1", Class: "frost", Priority: 2, State: gtc.AlarmLatched, Label: text("Protection gel déclenchée", "Vorstbeveiliging aangesproken", "Frost protection tripped")}
	b.alarm(b.site("marcinelle"), latched, 5*time.Hour)
	tested := gtc.Alarm{
		Equipment: "fire-1", Class: "fire_test", Priority: 1, State: gtc.AlarmUnacknowledged, LifeSafety: true, InTest: true,
		Label: text("Alarme incendie", "Brandalarm", "Fire alarm"),
	}
	b.alarm(b.site("roux"), tested, 6*time.Minute)
	fire := b.find("dampremy/fire-1/fire")
	fire.LifeSafety = true
	b.event(*fire, "normal", "unacknowledged", "rules/alarm", "", 4*time.Minute)
	b.works = []alarm.Work{
		{ID: "roux/fire-1/test/1", Kind: alarm.WorkTest, Site: "roux", Equipment: "fire-1", By: "Firme agréée", Reason: "essai mensuel", From: b.ago(20 * time.Minute), Until: b.now.Add(70 * time.Minute), Begun: true},
		{ID: "central/circuit-1/maintenance/2", Kind: alarm.WorkMaintenance, Site: "central", Equipment: "circuit-1", By: "monteur", Reason: "remplacement du circulateur", From: b.now.Add(40 * time.Hour), Until: b.now.Add(64 * time.Hour)},
	}
	for i := range b.sites {
		for _, w := range b.works {
			if w.Site == b.sites[i].ID {
				b.sites[i].Works = append(b.sites[i].Works, w)
			}
		}
	}
	return b
}

func (b *boardFixture) site(id gtc.SiteID) *SiteDetail {
	i := slices.IndexFunc(b.sites, func(d SiteDetail) bool { return d.ID == id })
	return &b.sites[i]
}

// find returns an alarm, nil if there is none.
func (b *boardFixture) find(id string) *gtc.Alarm {
	for i := range b.sites {
		for _, alarms := range [][]gtc.Alarm{b.sites[i].Standing, b.sites[i].Inhibited} {
			for j := range alarms {
				if alarms[j].ID == id {
					return &alarms[j]
				}
			}
		}
	}
	return nil
}

func (b *boardFixture) event(a gtc.Alarm, from, to, actor, reason string, ago time.Duration) *gtc.Event {
	ev := gtc.Event{
		ID: fmt.Sprintf("%s/%d", a.ID, len(b.events[a.ID])), Site: a.Site, At: b.ago(ago), Received: b.ago(ago), Kind: gtc.EventAlarm, Subject: a.ID,
		From: from, To: to, Actor: actor, Reason: reason, Priority: a.Priority, InTest: a.InTest,
	}
	b.events[a.ID] = append([]gtc.Event{ev}, b.events[a.ID]...)
	return &b.events[a.ID][0]
}

func trade(a gtc.Alarm) string {
	if a.Kind == gtc.KindFirePanel {
		return "fire"
	}
	return "heating"
}

func (b *boardFixture) Alarms(context.Context) (Board, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := Board{At: b.now, Works: slices.Clone(b.works), Standing: slices.Clone(b.flood)}
	for _, d := range b.sites {
		for _, a := range siteAlarms(d, slices.Concat(d.Standing, d.Inhibited)) {
			a.Discipline = trade(a.Alarm)
			switch {
			case a.State.Inhibits():
				out.Inhibited = append(out.Inhibited, a)
			case a.Standing():
				out.Standing = append(out.Standing, a)
			}
		}
	}
	return out, nil
}

func (b *boardFixture) Alarm(_ context.Context, id string) (AlarmDetail, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.find(id)
	if a == nil {
		return AlarmDetail{}, ErrUnknown
	}
	site := b.site(a.Site)
	d := AlarmDetail{
		SiteAlarm: siteAlarms(*site, []gtc.Alarm{*a})[0], At: b.now, TimeZone: zoneName, TimeToAct: 4 * time.Hour, Owner: "service bâtiments",
		Cause:       text("Manque d’eau, défaut de flamme ou pression de gaz.", "Watertekort, vlamstoring of gasdruk.", "Lack of water, flame failure or gas pressure."),
		Consequence: text("Plus de chauffage dans l’aile nord après deux heures.", "Geen verwarming meer in de noordvleugel na twee uur.", "No heating in the north wing after two hours."),
		Steps: map[string][]string{
			"fr": {"Vérifier la pression d’eau au manomètre : entre 1 et 2 bar.", "Vérifier l’arrivée de gaz et l’aération de la chaufferie.", "Réarmer une seule fois ; sinon appeler le chauffagiste."},
			"nl": {"Controleer de waterdruk op de manometer: tussen 1 en 2 bar.", "Controleer de gastoevoer en de verluchting.", "Eén keer resetten; anders de installateur bellen."},
			"en": {"Check the water pressure: between 1 and 2 bar.", "Check the gas supply and the ventilation.", "Reset once; else call the contractor."},
		},
		Panel: a.Kind == gtc.KindFirePanel, Latch: a.Process() == gtc.AlarmLatched, Events: slices.Clone(b.events[id]),
	}
	d.Discipline = trade(*a)
	if d.Fire() {
		d.TimeToAct, d.Owner = 0, "direction du site"
		d.Cause = text("La centrale de détection signale un feu.", "De detectiecentrale meldt brand.", "The detection panel reports fire.")
		d.Consequence = text("Danger pour les personnes.", "Gevaar voor personen.", "Danger to people.")
		d.Steps = map[string][]string{
			"fr": {"Appliquer la procédure incendie du site ; en cas de feu, appeler le 112.", "Vérifier que le site est prévenu.", "L’arrêt des sirènes et le réarmement se font à la centrale, sur place."},
			"nl": {"Volg de brandprocedure van de site; bel bij brand 112.", "Controleer of de site verwittigd is.", "Sirenes stoppen en herstellen gebeurt ter plaatse aan de centrale."},
			"en": {"Apply the site's fire procedure; in case of fire call 112.", "Make sure that the site knows.", "Silencing and resetting are done at the panel, on the premises."},
		}
	}
	for _, w := range b.works {
		if w.Site == a.Site && (w.Equipment == "" || w.Equipment == a.Equipment) {
			d.Works = append(d.Works, w)
		}
	}
	limit := 35.0
	d.Series = []AlarmSeries{
		{Series: gtc.Series{Site: a.Site, Kind: "intrusion_panel", Equipment: "intrusion-1", Point: "set_state"}, Type: "enum"},
		{Series: gtc.Series{Site: a.Site, Kind: "boiler", Equipment: a.Equipment, Point: "flow_temp"}, Type: "float", Unit: "°C", Limit: &limit},
	}
	return d, nil
}

func (b *boardFixture) Measures(ctx context.Context) (Measures, error) {
	board, err := b.Alarms(ctx)
	m := Measures{From: b.ago(7 * 24 * time.Hour), To: b.now, Mix: [5]int{0, 4, 31, 58, 12}, Counts: make([]int, 7*144)}
	for i := range m.Counts {
		if i%17 == 3 {
			m.Counts[i] = 1 + i%2
		}
	}
	m.Counts[500], m.Counts[501] = 14, 6
	m.Floods = []Flood{{From: m.From.Add(5000 * time.Minute), To: m.From.Add(5020 * time.Minute), Count: 20}}
	for i, a := range board.Standing[:4] {
		m.Top = append(m.Top, AlarmCount{a, 21 - 4*i})
	}
	m.LongStanding, m.Chattering = board.Standing[3:4], board.Standing[1:2]
	m.Taken = [5]TakenIn{{}, {4, 1, 90 * time.Second, 4 * time.Minute}, {29, 2, 11 * time.Minute, 47 * time.Minute}, {51, 7, 2 * time.Hour, 26 * time.Hour}, {}}
	return m, err
}

func (b *boardFixture) Act(_ context.Context, a Action) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acts = append(b.acts, a)
	al := b.find(a.Alarm)
	if al == nil {
		return alarm.ErrUnknown
	}
	from := al.State
	switch a.Kind {
	case ActAcknowledge:
		*al = alarm.Next(*al, alarm.Acknowledge, false, a.By, b.now)
	case ActReset:
		*al = alarm.Next(*al, alarm.Reset, true, a.By, b.now)
	case ActShelve:
		if al.LifeSafety {
			return alarm.ErrLifeSafety
		}
		*al = alarm.Inhibit(*al, gtc.Inhibition{State: gtc.AlarmShelved, By: a.By, Reason: a.Reason, Since: b.now, Until: a.Until})
	case ActUnshelve:
		*al = alarm.Release(*al, gtc.AlarmShelved, b.now)
	case ActComment, ActTick, ActUntick:
		ev := b.event(*al, "", string(a.Kind), a.By, a.Reason, 0)
		ev.Kind = gtc.EventComment
		if a.Step > 0 {
			ev.Value = new(float64(a.Step))
		}
		return nil
	}
	if from != al.State {
		ev := b.event(*al, string(from), string(al.State), a.By, a.Reason, 0)
		ev.Until = a.Until
	}
	return nil
}

func (b *boardFixture) Plan(_ context.Context, w alarm.Work) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	w.ID = fmt.Sprintf("%s/%s/%s/%d", w.Site, w.Equipment, w.Kind, len(b.works))
	b.works = append(b.works, w)
	return nil
}

func (b *boardFixture) Finish(_ context.Context, id, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.works)
	b.works = slices.DeleteFunc(b.works, func(w alarm.Work) bool { return w.ID == id })
	if len(b.works) == n {
		return alarm.ErrUnknown
	}
	return nil
}

// pour adds alarms as in a flood, the worst last.
func (b *boardFixture) pour(n int) {
	for i := range n {
		p := gtc.Priority(4 - i*4/n)
		b.flood = append(b.flood, SiteAlarm{
			Alarm: gtc.Alarm{
				ID: fmt.Sprintf("central/circuit-1/flood_%03d", i), Class: "flood", Site: "central", Equipment: "circuit-1", Kind: "heating_circuit",
				Priority: p, State: gtc.AlarmUnacknowledged, Since: b.ago(time.Duration(i) * time.Second), Occurrence: 1,
				Label: text(fmt.Sprintf("Départ trop froid %d", i), "Vertrek te koud", "Flow too cold"), Advice: text("Vérifier la vanne.", "Controleer de kraan.", "Check the valve."),
			},
			SiteLabel: text("Siège central", "Hoofdzetel", "Head office"), EquipmentLabel: text("Circuit radiateurs nord", "Radiatorkring noord", "North radiators"), Discipline: "heating",
		})
	}
}
