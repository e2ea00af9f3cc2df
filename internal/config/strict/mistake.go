package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing that is wrong in a file, with the place to look at.
type Mistake struct {
	File string
	// Line and Col count from 1; both are 0 when the whole file is meant.
	Line, Col int
	// What says what is wrong.
	What string
	// Hint is the word that was probably meant, "" when there is none.
	Hint string
}

// String returns file:line:col: what (did you mean "hint"?).
func (m Mistake) String() string {
	var b strings.Builder
	b.WriteString(m.File)
	if m.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", m.Line, m.Col)
	}
	b.WriteString(": ")
	b.WriteString(m.What)
	if m.Hint != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", m.Hint)
	}
	return b.String()
}

// Mistakes are all the mistakes of one or more files.
type Mistakes []Mistake

// Error returns one mistake a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders the mistakes by file, line and column.
func (m Mistakes) Sort() {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}

// Near returns the candidate that word was probably meant to be, "" when none
// is close enough to be worth a guess.
func Near(word string, candidates []string) string {
	best, bestDistance := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" && len(word) > 2 { // half a word is a word half written
		i := slices.IndexFunc(candidates, func(c string) bool { return strings.HasPrefix(c, strings.ToLower(word)) })
		if i >= 0 {
			return candidates[i]
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
