package alert

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// The file form of a book: docs/formats/notify.md.
type bookFile struct {
	People []personFile `yaml:"people"`
	Rotas  []rotaFile   `yaml:"rotas,omitempty"`
	Leave  []shiftFile  `yaml:"leave,omitempty"`
	Routes []routeFile  `yaml:"routes"`
}

type personFile struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name,omitempty"`
	Phone    string `yaml:"phone,omitempty"`
	Email    string `yaml:"email,omitempty"`
	Language string `yaml:"language,omitempty"`
	Push     bool   `yaml:"push,omitempty"`
	// Quiet is "21:00-07:00".
	Quiet string `yaml:"quiet,omitempty"`
}

type rotaFile struct {
	ID         string      `yaml:"id"`
	Name       string      `yaml:"name,omitempty"`
	Start      time.Time   `yaml:"start"`
	TurnDays   int         `yaml:"turn_days"`
	Members    []string    `yaml:"members"`
	Exceptions []shiftFile `yaml:"exceptions,omitempty"`
}

type shiftFile struct {
	Person string    `yaml:"person"`
	From   time.Time `yaml:"from"`
	Until  time.Time `yaml:"until"`
}

type routeFile struct {
	ID          string     `yaml:"id"`
	Sites       []string   `yaml:"sites,omitempty"`
	Disciplines []string   `yaml:"disciplines,omitempty"`
	Priorities  []int      `yaml:"priorities,omitempty"`
	Steps       []stepFile `yaml:"steps"`
}

type stepFile struct {
	After       time.Duration `yaml:"after,omitempty"`
	To          []string      `yaml:"to"`
	Channels    []string      `yaml:"channels"`
	OfficeHours bool          `yaml:"office_hours,omitempty"`
}

// ParseBook reads a book from a YAML file and returns every mistake in it, of
// type [strict.Mistakes].
func ParseBook(file string, data []byte) (*notify.Book, error) {
	var f bookFile
	doc, mistakes := strict.Decode(file, data, &f)
	b := &notify.Book{Leave: shifts(f.Leave)}
	for i, p := range f.People {
		quiet, err := parseHours(p.Quiet)
		if err != nil {
			mistakes = append(mistakes, doc.At("people["+strconv.Itoa(i)+"].quiet", "person %s: %v", p.ID, err))
		}
		b.People = append(b.People, notify.Person{
			ID: p.ID, Name: p.Name, Phone: p.Phone, Email: p.Email, Language: p.Language, Push: p.Push, Quiet: quiet,
		})
	}
	for _, r := range f.Rotas {
		b.Rotas = append(b.Rotas, notify.Rota{ID: r.ID, Name: r.Name, Start: r.Start, TurnDay: r.TurnDays, Members: r.Members, Exceptions: shifts(r.Exceptions)})
	}
	for _, r := range f.Routes {
		b.Routes = append(b.Routes, r.route())
	}
	for _, m := range b.Mistakes() {
		if !doc.Misspelt(m.Path) {
			mistakes = append(mistakes, doc.At(m.Path, "%s", m.What))
		}
	}
	if len(mistakes) > 0 {
		mistakes.Sort()
		return nil, mistakes
	}
	return b, nil
}

func shifts(in []shiftFile) []notify.Shift {
	var out []notify.Shift
	for _, s := range in {
		out = append(out, notify.Shift{Person: s.Person, From: s.From, Until: s.Until})
	}
	return out
}

func (r routeFile) route() notify.Route {
	out := notify.Route{ID: r.ID, Disciplines: r.Disciplines}
	for _, s := range r.Sites {
		out.Sites = append(out.Sites, gtc.SiteID(s))
	}
	for _, p := range r.Priorities {
		out.Priorities = append(out.Priorities, gtc.Priority(p))
	}
	for _, s := range r.Steps {
		step := notify.Step{After: s.After, To: s.To, OfficeHours: s.OfficeHours}
		for _, c := range s.Channels {
			step.Channels = append(step.Channels, notify.Channel(c))
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// parseHours reads "21:00-07:00".
func parseHours(text string) (*notify.Hours, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no quiet hours is a choice
	}
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return nil, fmt.Errorf("quiet: %q is not of the form 21:00-07:00", text)
	}
	h := &notify.Hours{}
	for _, part := range []struct {
		text string
		into *int
	}{{from, &h.From}, {to, &h.To}} {
		t, err := time.Parse("15:04", strings.TrimSpace(part.text))
		if err != nil {
			return nil, fmt.Errorf("quiet: %q is not of the form 21:00-07:00", text)
		}
		*part.into = t.Hour()*60 + t.Minute()
	}
	return h, nil
}

// FormatBook writes a book as the YAML that [ParseBook] reads.
func FormatBook(b *notify.Book) ([]byte, error) {
	f := bookFile{Leave: shiftFiles(b.Leave)}
	for _, p := range b.People {
		file := personFile{ID: p.ID, Name: p.Name, Phone: p.Phone, Email: p.Email, Language: p.Language, Push: p.Push}
		if q := p.Quiet; q != nil {
			file.Quiet = fmt.Sprintf("%02d:%02d-%02d:%02d", q.From/60%24, q.From%60, q.To/60%24, q.To%60)
		}
		f.People = append(f.People, file)
	}
	for _, r := range b.Rotas {
		f.Rotas = append(f.Rotas, rotaFile{ID: r.ID, Name: r.Name, Start: r.Start, TurnDays: r.TurnDay, Members: r.Members, Exceptions: shiftFiles(r.Exceptions)})
	}
	for _, r := range b.Routes {
		f.Routes = append(f.Routes, routeFileOf(r))
	}
	out, err := yaml.MarshalWithOptions(f, yaml.IndentSequence(true), yaml.UseSingleQuote(false))
	if err != nil {
		return nil, fmt.Errorf("write book: %w", err)
	}
	return out, nil
}

func shiftFiles(in []notify.Shift) []shiftFile {
	var out []shiftFile
	for _, s := range in {
		out = append(out, shiftFile{Person: s.Person, From: s.From, Until: s.Until})
	}
	return out
}

func routeFileOf(r notify.Route) routeFile {
	out := routeFile{ID: r.ID, Disciplines: r.Disciplines}
	for _, s := range r.Sites {
		out.Sites = append(out.Sites, string(s))
	}
	for _, p := range r.Priorities {
		out.Priorities = append(out.Priorities, int(p))
	}
	for _, s := range r.Steps {
		step := stepFile{After: s.After, To: s.To, OfficeHours: s.OfficeHours}
		for _, c := range s.Channels {
			step.Channels = append(step.Channels, string(c))
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}
