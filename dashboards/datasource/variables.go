package datasource

import (
	"context"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/dashboards/api"
	"github.com/cpas-charleroi/gtc/dashboards/datasource/hubapi"
)

// option is one choice of a variable.
type option struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// options are the choices of a variable that the query narrows, in order of
// their texts.
func (d *Datasource) options(ctx context.Context, name string, q query) ([]option, error) {
	cat, err := d.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var out []option
	add := func(value, text string) {
		if !seen[value] {
			seen[value] = true
			out = append(out, option{text, value})
		}
	}
	switch name {
	case "priorities":
		return []option{{"P1", "1"}, {"P2", "2"}, {"P3", "3"}, {"P4", "4"}}, nil
	case "classes", "disciplines":
		d.classOptions(name, cat, add)
	case "rules":
		err = d.ruleOptions(ctx, add)
	default:
		err = d.placeOptions(name, cat, q, add)
	}
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b option) int { return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text)) })
	return out, nil
}

func (d *Datasource) classOptions(name string, cat api.Catalogue, add func(value, text string)) {
	for _, c := range cat.Classes {
		if name == "classes" {
			add(c.ID, d.say.label(c.Label, c.ID))
		} else if c.Discipline != "" {
			add(c.Discipline, c.Discipline)
		}
	}
}

func (d *Datasource) ruleOptions(ctx context.Context, add func(value, text string)) error {
	got, err := hubapi.Get[hubapi.Findings](ctx, d.hub, "/api/v1/findings", nil)
	for _, f := range got.Findings {
		add(f.Rule, f.Rule)
	}
	return err
}

func (d *Datasource) placeOptions(name string, cat api.Catalogue, q query, add func(value, text string)) error {
	if !slices.Contains([]string{"sites", "categories", "kinds", "equipment", "points", "meters", "carriers", "devices"}, name) {
		return badQuery{"variable", name}
	}
	kinds := map[gtc.Kind]gtc.Label{}
	for _, k := range cat.Kinds {
		kinds[k.ID] = k.Label
	}
	for _, s := range cat.Sites {
		if !q.Sites.wants(string(s.ID)) || !q.Categories.wants(string(s.Category)) || !q.pass(row{"site": string(s.ID), "category": string(s.Category)}) {
			continue
		}
		switch name {
		case "sites":
			add(string(s.ID), d.say.label(s.Label, string(s.ID)))
		case "categories":
			add(string(s.Category), d.category(s.Category))
		case "devices":
			for _, x := range s.Devices {
				add(string(x), string(x))
			}
		case "meters", "carriers":
			d.meterOptions(name, s, q, add)
		default:
			d.equipmentOptions(name, s, q, kinds, add)
		}
	}
	return nil
}

func (d *Datasource) meterOptions(name string, s api.Site, q query, add func(value, text string)) {
	for _, m := range s.Meters {
		if !q.Carriers.wants(string(m.Carrier)) {
			continue
		}
		if name == "carriers" {
			add(string(m.Carrier), d.carrier(m.Carrier))
		} else {
			add(string(m.ID), d.say.label(m.Label, string(m.ID)))
		}
	}
}

func (d *Datasource) equipmentOptions(name string, s api.Site, q query, kinds map[gtc.Kind]gtc.Label, add func(value, text string)) {
	for _, e := range s.Equipment {
		if !q.Kinds.wants(string(e.Kind)) || !q.Equipment.wants(string(e.ID)) {
			continue
		}
		switch name {
		case "kinds":
			add(string(e.Kind), d.say.label(kinds[e.Kind], string(e.Kind)))
		case "equipment":
			add(string(e.ID), d.say.label(e.Label, string(e.ID)))
		case "points":
			for _, p := range e.Points {
				add(string(p.ID), d.say.label(p.Label, string(p.ID)))
			}
		}
	}
}

func (d *Datasource) category(c gtc.Category) string {
	switch c {
	case gtc.CategoryRestHome:
		return in("Maison de repos", "Woonzorgcentrum", "Rest home").In(d.say.lang)
	case gtc.CategoryOffice:
		return in("Bureaux", "Kantoren", "Offices").In(d.say.lang)
	case gtc.CategorySocialOffice:
		return in("Antenne sociale", "Sociaal kantoor", "Social office").In(d.say.lang)
	case gtc.CategoryCommunityCentre:
		return in("Espace citoyen", "Buurthuis", "Community centre").In(d.say.lang)
	case gtc.CategoryKitchen:
		return in("Cuisine", "Keuken", "Kitchen").In(d.say.lang)
	case gtc.CategoryNightShelter:
		return in("Abri de nuit", "Nachtopvang", "Night shelter").In(d.say.lang)
	case gtc.CategoryHousing:
		return in("Logements", "Woningen", "Housing").In(d.say.lang)
	case gtc.CategoryOther:
		return in("Autre", "Andere", "Other").In(d.say.lang)
	}
	return string(c)
}

// variable answers with the choices of a variable of a dashboard.
func (d *Datasource) variable(ctx context.Context, q query) (data.Frames, error) {
	all, err := d.options(ctx, q.Variable, q)
	if err != nil {
		return nil, err
	}
	t := d.table("variable", column{name: "text", zero: ""}, column{name: "value", zero: ""})
	for _, f := range t.frame.Fields {
		f.Config = nil
	}
	for _, o := range all {
		t.add(o.Text, o.Value)
	}
	return data.Frames{t.frame}, nil
}
