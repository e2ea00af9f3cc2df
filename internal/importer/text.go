package importer

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The encodings of a text file.
const (
	encodingUTF8    = "utf-8"
	encodingUTF16   = "utf-16"
	encodingWindows = "windows-1252"
)

// decode returns a text file as UTF-8 and the encoding that it had. Without a
// name the mark at its beginning tells, or else whether it is UTF-8; what is
// not is taken for Windows-1252, of which ISO 8859-1 is a part.
func decode(data []byte, name string) (text, used string, err error) {
	if name == "" {
		name = guessEncoding(data)
	}
	switch strings.ToLower(name) {
	case encodingUTF8, "utf8":
		data = bytes.TrimPrefix(data, []byte("\ufeff"))
		if !utf8.Valid(data) {
			return "", "", fmt.Errorf("le fichier n'est pas en UTF-8")
		}
		return string(data), encodingUTF8, nil
	case encodingUTF16:
		return transcode(data, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), encodingUTF16)
	case encodingWindows, "latin-1", "latin1", "iso-8859-1", "cp1252":
		return transcode(data, charmap.Windows1252, encodingWindows)
	}
	return "", "", fmt.Errorf("encodage %q inconnu : utf-8, utf-16 ou windows-1252", name)
}

func transcode(data []byte, from encoding.Encoding, name string) (text, used string, err error) {
	out, err := from.NewDecoder().Bytes(data)
	if err != nil {
		return "", "", fmt.Errorf("lecture en %s : %w", name, err)
	}
	return string(out), name, nil
}

func guessEncoding(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return encodingUTF16
	case utf8.Valid(data):
		return encodingUTF8
	}
	return encodingWindows
}

// delimiters are tried in this order where several would do.
const delimiters = ";\t|,"

// guessDelimiter returns the character that splits the first lines into the
// same number of fields, more than one; the most fields win. Lines of a
// preamble are let be: what counts is the number of fields most lines have.
func guessDelimiter(text string) rune {
	lines := firstLines(text, 50)
	best, bestScore := ';', 0
	for _, d := range delimiters {
		counts := map[int]int{}
		for _, l := range lines {
			if n := countOutsideQuotes(l, d); n > 0 {
				counts[n]++
			}
		}
		for n, lines := range counts {
			// A decimal comma makes about as many commas as there are values;
			// a real delimiter is on every line as often.
			if score := lines*lines*100 + n; score > bestScore {
				best, bestScore = d, score
			}
		}
	}
	return best
}

func firstLines(text string, most int) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			out = append(out, line)
		}
		if len(out) == most {
			break
		}
	}
	return out
}

func countOutsideQuotes(line string, d rune) int {
	n, quoted := 0, false
	for _, r := range line {
		switch r {
		case '"':
			quoted = !quoted
		case d:
			if !quoted {
				n++
			}
		}
	}
	return n
}
