package profile

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
)

// What is wrong with a telegram of a meter's P1 port.
var (
	ErrNotTelegram = errors.New("not a P1 telegram")
	ErrCheckSum    = errors.New("wrong check sum")
)

// obisTime is the code of the telegram's own time.
const obisTime = "0-0:1.0.0"

// telegram is a P1 telegram whose check sum is right: the groups in brackets
// of each OBIS code.
type telegram struct {
	codes  []string
	groups map[string][]string
}

// ParseTelegram checks a P1 telegram (DSMR 4 and later, e-MUCS) and returns
// the groups in brackets by OBIS code, for example "12.3*kWh" of 1-0:1.8.1.
// The error wraps ErrNotTelegram or ErrCheckSum.
func ParseTelegram(data []byte) (map[string][]string, error) {
	t, err := parseTelegram(data)
	if err != nil {
		return nil, err
	}
	return t.groups, nil
}

func parseTelegram(data []byte) (telegram, error) {
	start := bytes.IndexByte(data, '/')
	end := bytes.LastIndexByte(data, '!')
	if start < 0 || end < start {
		return telegram{}, fmt.Errorf("read a telegram: %w", ErrNotTelegram)
	}
	sum := strings.TrimSpace(string(data[end+1:]))
	want, err := strconv.ParseUint(sum, 16, 16)
	if err != nil || len(sum) != 4 {
		return telegram{}, fmt.Errorf("read a telegram: %w: it ends in %.8q, not in four hexadecimal digits", ErrNotTelegram, sum)
	}
	if got := CRC16(data[start : end+1]); uint64(got) != want {
		return telegram{}, fmt.Errorf("read a telegram: %w: %04X, computed %04X", ErrCheckSum, want, got)
	}
	t := telegram{groups: map[string][]string{}}
	for line := range strings.SplitSeq(string(data[start+1:end]), "\n") {
		code, rest, ok := strings.Cut(strings.TrimSpace(line), "(")
		if !ok || code == "" {
			continue
		}
		if _, again := t.groups[code]; !again {
			t.codes = append(t.codes, code)
		}
		t.groups[code] = strings.Split(strings.TrimSuffix(rest, ")"), ")(")
	}
	return t, nil
}

// CRC16 returns the check sum of a P1 telegram, from its / to its !
// (CRC-16/ARC: polynomial 0x8005 reflected, start 0).
func CRC16(data []byte) uint16 {
	var crc uint16
	for _, b := range data {
		crc ^= uint16(b)
		for range 8 {
			odd := crc&1 != 0
			crc >>= 1
			if odd {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

func decodeP1(t *Topic, typeOf TypeOf, payload []byte, received time.Time) ([]FieldSample, error) {
	tg, err := parseTelegram(payload)
	if err != nil {
		return nil, err
	}
	at, quality := received, gtc.QualityBadClock
	if g := tg.groups[obisTime]; len(g) > 0 {
		at, quality = meterTime(g[0], received)
	}
	p := t.compiled()
	find := func(slot int) (reading, bool) { return tg.find(p.paths[slot], at, received) }
	out := make([]FieldSample, 0, len(t.Fields))
	for i := range t.Fields {
		r, ok := p.fields[i].find("", find)
		if !ok {
			continue
		}
		q := quality
		switch {
		case r.at.IsZero():
			r.at, q = at, gtc.QualityBadClock
		case !r.at.Equal(at):
			q = gtc.QualityGood // it has a time of its own
		}
		out = t.Fields[i].append(out, &p.fields[i], typeOf, r, q)
	}
	return out, nil
}

// find returns the reading of an OBIS code. A meter behind the meter (M-Bus,
// code 0-1: to 0-4: and 24.) is read more rarely and gives its own time; of
// any other code with a time, such as the peak of the month, the telegram's
// time is the time at which it was true.
func (t telegram) find(path string, at, received time.Time) (reading, bool) {
	path, deviceType, _ := strings.Cut(path, "#")
	code, ok := t.code(path, deviceType)
	if !ok {
		return reading{}, false
	}
	groups := t.groups[code]
	value, _, _ := strings.Cut(groups[len(groups)-1], "*")
	r := reading{text: strings.TrimSpace(value), at: at}
	if strings.HasPrefix(path, "0-n:24.") && len(groups) > 1 {
		own, quality := meterTime(groups[0], received)
		if quality == gtc.QualityGood {
			r.at = own
		} else {
			r.at = time.Time{}
		}
	}
	return r, true
}

// code returns the code in the telegram that a path stands for.
func (t telegram) code(path, deviceType string) (string, bool) {
	rest, anyChannel := strings.CutPrefix(path, "0-n:")
	if !anyChannel {
		_, ok := t.groups[path]
		return path, ok
	}
	for _, code := range t.codes {
		channel, what, _ := strings.Cut(code, ":")
		if what != rest || !strings.HasPrefix(channel, "0-") || channel == "0-0" {
			continue
		}
		if deviceType == "" || first(t.groups[channel+":24.1.0"]) == deviceType {
			return code, true
		}
	}
	return "", false
}

func first(groups []string) string {
	if len(groups) == 0 {
		return ""
	}
	return groups[0]
}

// meterTime reads YYMMDDhhmmss with S (summer, UTC+2) or W (winter, UTC+1).
// The letter decides, not the calendar: in the hour that comes twice it is
// all there is to tell which.
func meterTime(s string, received time.Time) (time.Time, gtc.Quality) {
	if len(s) != 13 {
		return received, gtc.QualityBadClock
	}
	hours := 0
	switch s[12] {
	case 'S':
		hours = 2
	case 'W':
		hours = 1
	default:
		return received, gtc.QualityBadClock
	}
	local, err := time.Parse("060102150405", s[:12])
	if err != nil {
		return received, gtc.QualityBadClock
	}
	return believable(local.Add(-time.Duration(hours)*time.Hour), received)
}
