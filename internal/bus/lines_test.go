package bus

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestOwnLines(t *testing.T) {
	good := "boiler,equipment=b,site=site-a f=1 1\n"
	for _, foreign := range []string{
		"boiler,equipment=b,site=site-b f=1 1",
		"boiler,equipment=b f=1 1",
		"boiler,site=site-a,site=site-b f=1 1",
		"boiler,site=site-a,site=site-a f=1 1",
		"boiler,site=site-ab f=1 1",
		`boiler,equipment=b\ ,site=site-a f=1 1`,
		`boiler\,site=site-a,site=site-b f=1 1`,
		"boiler f=\"x,site=site-a\" 1",
		" boiler,site=site-a f=1 1",
		"boiler,site=site-a",
		"# comment",
	} {
		own, got := OwnLines("site-a", []byte(good+foreign+"\n\n"+good))
		require.Equal(t, good+"\n"+good, string(own), foreign)
		require.Len(t, got, 1, foreign)
		require.Equal(t, strings.TrimSpace(foreign), string(got[0]))
	}
	own, foreign := OwnLines("site-a", []byte(good+good))
	require.Equal(t, good+good, string(own))
	require.Nil(t, foreign)
	own, foreign = OwnLines("site-a", nil)
	require.Empty(t, own)
	require.Nil(t, foreign)
}

func TestOwnLinesLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mine := rapid.SliceOf(rapid.Bool()).Draw(t, "mine")
		var all, wantOwn []byte
		wantForeign := 0
		for i, m := range mine {
			site := "site-b"
			if m {
				site = "site-a"
			}
			l := []byte("m,site=" + site + " f=" + strings.Repeat("1", i+1) + " 1\n")
			all = append(all, l...)
			if m {
				wantOwn = append(wantOwn, l...)
			} else {
				wantForeign++
			}
		}
		own, foreign := OwnLines("site-a", all)
		if !bytes.Equal(own, wantOwn) || len(foreign) != wantForeign {
			t.Fatalf("own %q, foreign %q of %q", own, foreign, all)
		}
	})
}

// Whatever an edge sends, each line that is let through names the site.
func FuzzOwnLines(f *testing.F) {
	f.Add([]byte("a,site=site-a f=1 1\nb,site=site-b f=1 1"))
	f.Add([]byte("a,site=site-a f=\"\nb,site=site-b f=1 1\n\" 1"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		own, _ := OwnLines("site-a", lines)
		for l := range bytes.Lines(own) {
			if len(bytes.TrimSpace(l)) == 0 {
				continue
			}
			key, _, _ := bytes.Cut(l, []byte(" "))
			if !bytes.Contains(append(key, ','), []byte(",site=site-a,")) || bytes.Count(key, []byte(",site=")) != 1 {
				t.Fatalf("let through %q", l)
			}
		}
	})
}

func TestCutLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.StringMatching(`[a-z]{1,30}\n`)).Draw(t, "lines")
		limit := rapid.IntRange(1, 50).Draw(t, "limit")
		all := strings.Join(lines, "")
		rest, joined := []byte(all), ""
		for len(rest) > 0 {
			var head []byte
			head, rest = cutLines(rest, limit)
			if len(head) == 0 || head[len(head)-1] != '\n' || len(head) > limit && bytes.Count(head, []byte{'\n'}) > 1 {
				t.Fatalf("part %q of limit %d", head, limit)
			}
			joined += string(head)
		}
		if joined != all {
			t.Fatalf("%q became %q", all, joined)
		}
	})
}

func TestTopicsBecomeSubjects(t *testing.T) {
	for topic, want := range map[string][]string{
		"a/b":      {"a.b"},
		"a/+/c":    {"a.*.c"},
		"a/#":      {"a", "a.>"},
		"#":        {">"},
		"/a":       {"/.a"},
		"a//b":     {"a./.b"},
		"a/":       {"a./"},
		"v1.0/x":   {"v1//0.x"},
		"gtc/b/in": {"gtc.b.in"},
	} {
		require.Equal(t, want, subjects([]string{topic}), topic)
	}
}
