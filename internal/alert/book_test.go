package alert

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/rules/notify"
)

const bookText = `people:
  - {id: un, name: Première personne, phone: "+32475000001", quiet: "21:00-07:00"}
  - {id: deux, email: deux@exemple.be, language: nl, push: true}
rotas:
  - {id: garde, name: Garde technique, start: 2026-11-02T08:00:00+01:00, turn_days: 7, members: [un, deux]}
leave:
  - {person: un, from: 2026-12-24T00:00:00+01:00, until: 2027-01-02T00:00:00+01:00}
routes:
  - id: vie
    priorities: [1]
    steps:
      - {to: ["rota:garde"], channels: [sms, email]}
      - {after: 5m, to: ["person:deux"], channels: [email]}
  - id: reste
    sites: [home]
    steps:
      - {to: ["webhook:tickets"], channels: [webhook], office_hours: true}
`

func TestBookFile(t *testing.T) {
	b, err := ParseBook("book.yaml", []byte(bookText))
	require.NoError(t, err)
	require.Equal(t, &notify.Hours{From: 21 * 60, To: 7 * 60}, b.People[0].Quiet)
	require.Equal(t, "Garde technique", b.Rotas[0].Name)
	require.Equal(t, 5*time.Minute, b.Routes[0].Steps[1].After)
	text, err := FormatBook(b)
	require.NoError(t, err)
	again, err := ParseBook("again.yaml", text)
	require.NoError(t, err, string(text))
	require.True(t, b.Rotas[0].Start.Equal(again.Rotas[0].Start))
	again.Rotas[0].Start, again.Leave[0] = b.Rotas[0].Start, b.Leave[0]
	require.Equal(t, b, again)
}

func TestEveryMistakeOfABookIsListed(t *testing.T) {
	_, err := ParseBook("book.yaml", []byte(`people:
  - {id: un, phone: "0475000001", quiet: nuit}
  - {id: Un Deux, email: x}
  - {id: un, push: true}
rota: []
routes:
  - id: vie
    priorities: [1, 7]
    steps:
      - {to: ["rota:garde", un], channels: [fax], office_hours: true}
      - {to: [], channels: [sms]}
`))
	require.EqualError(t, err, `book.yaml:2:21: person un: phone "0475000001" is not of the form +32475000000
book.yaml:2:42: person un: quiet: "nuit" is not of the form 21:00-07:00
book.yaml:3:10: person: "Un Deux" is not an id: 1 to 40 of a-z, 0-9, . and -
book.yaml:3:26: person Un Deux: "x" is not an address
book.yaml:4:10: person un is given twice
book.yaml:5:1: unknown key "rota" (did you mean "rotas"?)
book.yaml:8:21: route vie: priority 7 is not 1 to 4
book.yaml:10:15: route vie: step 1: there is no "rota:garde": rota:ID, person:ID or webhook:NAME
book.yaml:10:29: route vie: step 1: there is no "un": rota:ID, person:ID or webhook:NAME
book.yaml:10:45: route vie: step 1: channel "fax" is unknown: sms, email, push or webhook
book.yaml:10:65: route vie: step 1: life safety does not wait for office hours
book.yaml:11:9: route vie: step 2 does not come after the one before
book.yaml:11:9: route vie: step 2 reaches nobody`)
}

// The example of the documentation is a book.
func TestDocumentedBook(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/notify.md")
	require.NoError(t, err)
	var text strings.Builder
	for line := range strings.Lines(string(page)) {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			text.WriteString(code)
		}
	}
	b, err := ParseBook("notify.md", []byte(text.String()))
	require.NoError(t, err)
	require.Len(t, b.Routes, 3)
}

func FuzzParseBook(f *testing.F) {
	f.Add([]byte(bookText))
	f.Add([]byte("people: [{quiet: -}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := ParseBook("book.yaml", data)
		if err != nil {
			return
		}
		if err := b.Check(); err != nil {
			t.Fatal("accepted with a mistake:", err)
		}
	})
}

func TestSeed(t *testing.T) {
	dir := t.TempDir()
	b, err := LoadSeed(dir)
	require.NoError(t, err)
	require.Nil(t, b)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "rules"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rules", "notify.yaml"), []byte(bookText), 0o600))
	b, err = LoadSeed(dir)
	require.NoError(t, err)
	require.Len(t, b.People, 2)
}

// A book is changed by one at a time, and the running service takes it over.
func TestBookIsKeptWithItsRevision(t *testing.T) {
	d := newDesk(t, bookOf(notify.SMS))
	js, err := jetstream.New(d.bus.Conn())
	require.NoError(t, err)
	kv, err := OpenPeople(t.Context(), js)
	require.NoError(t, err)
	b, revision, err := ReadBook(t.Context(), kv)
	require.NoError(t, err)
	require.Len(t, b.People, 1, "the seed")
	b.People = append(b.People, notify.Person{ID: "deux", Phone: "+32475000002"})
	_, err = WriteBook(t.Context(), kv, b, revision)
	require.NoError(t, err)
	_, err = WriteBook(t.Context(), kv, b, revision)
	require.ErrorIs(t, err, ErrChanged)
	_, err = WriteBook(t.Context(), kv, b, 0)
	require.ErrorIs(t, err, ErrChanged)
	b.People[1].Phone = "2"
	_, err = WriteBook(t.Context(), kv, b, revision)
	require.ErrorContains(t, err, "not of the form")
	require.Eventually(t, func() bool { return len(d.service.Book().People) == 2 }, patience, time.Millisecond)
	d.stop()
	d.start()
	require.Len(t, d.service.Book().People, 2, "the seed does not come back")
}
