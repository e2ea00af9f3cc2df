package simulators_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/simulators"
)

// kept collects what a record writes.
type kept map[influx.Database]*bytes.Buffer

func (k kept) write(db influx.Database, lines []byte, _ int) error {
	if k[db] == nil {
		k[db] = &bytes.Buffer{}
	}
	k[db].Write(lines)
	return nil
}

func (k kept) lines(db influx.Database) []string {
	if k[db] == nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(k[db].String(), "\n"), "\n")
}

func TestARecordHoldsWhatTheCollectorsWouldHaveRead(t *testing.T) {
	t.Parallel()
	p := prepared(t, "antenne-gilly", "fault: comm_loss, from: -30h, to: -20h, device: compteur-chaleur")
	from := origin.AddDate(0, 0, -2)
	k := kept{}
	require.NoError(t, p.Record(t.Context(), "antenne-gilly", simulators.Record{From: from, To: origin, Write: k.write}))

	var want []byte
	require.NoError(t, p.History("antenne-gilly", from, origin, 15*time.Minute, func(samples []gtc.Sample) error {
		public := slices.DeleteFunc(slices.Clone(samples), func(s gtc.Sample) bool { return s.Kind == gtc.KindIntrusionPanel })
		want = influx.AppendSamples(want, public)
		return nil
	}))
	require.Equal(t, slices.Sorted(slices.Values(strings.Split(strings.TrimSuffix(string(want), "\n"), "\n"))), slices.Sorted(slices.Values(k.lines(influx.Raw))))
	require.NotContains(t, k[influx.Raw].String(), "intrusion", "what is private stays out")
}

func TestRollupsDoNotDependOnHowMuchIsKeptRaw(t *testing.T) {
	t.Parallel()
	p := prepared(t, "siege-charleroi", "fault: meter_gap, from: -12d, to: -11d, equipment: gaz", "fault: meter_reset, from: -5d, equipment: elec-divisionnaire")
	r := simulators.Record{From: origin.AddDate(0, 0, -25), To: origin}
	all, late := kept{}, kept{}
	r.Write = all.write
	require.NoError(t, p.Record(t.Context(), "siege-charleroi", r))
	r.Write, r.RawFrom = late.write, origin.AddDate(0, 0, -3)
	require.NoError(t, p.Record(t.Context(), "siege-charleroi", r))
	require.Equal(t, all.lines(influx.Rollup), late.lines(influx.Rollup))
	require.Greater(t, len(all.lines(influx.Raw)), 7*len(late.lines(influx.Raw)))

	count := func(parts ...string) (n int) {
		for _, l := range all.lines(influx.Rollup) {
			hit := true
			for _, p := range parts {
				hit = hit && strings.Contains(l, p)
			}
			if hit {
				n++
			}
		}
		return n
	}
	require.Equal(t, 26, count("energy,", "meter=elec,", "step=day"))
	require.Equal(t, 25*24, count("energy,", "meter=elec,", "step=hour"))
	require.InDelta(t, 24, count("energy,", "meter=gaz,", "step=hour", `source="estimated"`), 2, "a gap is spread and said to be")
	require.Equal(t, 26, count("weather_day,station=charleroi"))
	require.Zero(t, count("kwh=-"), "a reset is no negative consumption")
}

func TestARecordEndsWithItsReader(t *testing.T) {
	t.Parallel()
	p := prepared(t, "antenne-gilly")
	full := errors.New("disk full")
	n := 0
	err := p.Record(t.Context(), "antenne-gilly", simulators.Record{From: origin.AddDate(0, 0, -30), To: origin, Write: func(influx.Database, []byte, int) error {
		n++
		return full
	}})
	require.ErrorIs(t, err, full)
	require.Equal(t, 1, n)
	require.ErrorContains(t, p.Record(t.Context(), "nowhere", simulators.Record{}), "no such site")
	require.ErrorContains(t, p.Record(t.Context(), "antenne-gilly", simulators.Record{Step: -1}), "a step of")
}
