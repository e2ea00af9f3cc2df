package bus

import (
	"bytes"
	"strconv"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// OwnLines separates the lines that a site may send, those whose tag site is
// its own id, from all others. Whatever an edge writes into its messages, it
// speaks for its own site only. When all lines are the site's own, own is
// lines itself.
func OwnLines(site gtc.SiteID, lines []byte) (own []byte, foreign [][]byte) {
	tag := append([]byte("site="), site...)
	for rest := lines; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line = rest[:i+1]
		}
		start := len(lines) - len(rest)
		rest = rest[len(line):]
		if len(bytes.TrimSpace(line)) == 0 || ownLine(tag, line) {
			if foreign != nil {
				own = append(own, line...)
			}
			continue
		}
		if foreign == nil { // from here on the own lines are copied
			own = append([]byte(nil), lines[:start]...)
		}
		foreign = append(foreign, bytes.TrimSpace(line))
	}
	if foreign == nil {
		return lines, nil
	}
	return own, foreign
}

// ownLine reports whether the line's tags hold tag ("site=<id>") exactly once
// and no other site. A line without tags, or with anything that must be
// escaped in its measurement or tags, is nobody's: ids need no escaping.
func ownLine(tag, line []byte) bool {
	key, _, ok := bytes.Cut(line, []byte{' '})
	if !ok {
		return false
	}
	if bytes.IndexByte(key, '\\') >= 0 || bytes.IndexByte(key, '"') >= 0 {
		return false
	}
	_, tags, _ := bytes.Cut(key, []byte{','})
	found := 0
	for len(tags) > 0 {
		var t []byte
		t, tags, _ = bytes.Cut(tags, []byte{','})
		if bytes.HasPrefix(t, []byte("site=")) {
			if !bytes.Equal(t, tag) {
				return false
			}
			found++
		}
	}
	return found == 1
}

// newestLine returns the newest instant of lines, zero when there is none.
func newestLine(lines []byte) time.Time {
	newest := int64(0)
	for line := range bytes.Lines(lines) {
		line = bytes.TrimSpace(line)
		if i := bytes.LastIndexByte(line, ' '); i >= 0 {
			if ms, err := strconv.ParseInt(string(line[i+1:]), 10, 64); err == nil {
				newest = max(newest, ms)
			}
		}
	}
	if newest == 0 {
		return time.Time{}
	}
	return time.UnixMilli(newest).UTC()
}
