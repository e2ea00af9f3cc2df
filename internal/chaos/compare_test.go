package chaos_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/chaos"
)

// row is message or read n, stored at an instant.
func row(n int, at int64) chaos.Row {
	r := chaos.Row{At: at, Fields: map[string]float64{}}
	for i, f := range chaos.Fields() {
		r.Fields[f] = chaos.Value(n, i)
	}
	return r
}

func less(r chaos.Row, field string) chaos.Row {
	delete(r.Fields, field)
	return r
}

// Each thing that can go wrong is seen, and only that.
func TestComparePublished(t *testing.T) {
	t.Parallel()
	said := []chaos.Message{{At: 1000, Acked: true}, {At: 1200, Acked: true}, {At: 1400}}
	width := len(chaos.Fields())
	for name, c := range map[string]struct {
		rows []chaos.Row
		want chaos.Tally
	}{
		"all":            {[]chaos.Row{row(1, 1000), row(2, 1200), row(3, 1400)}, chaos.Tally{Stored: 3 * width}},
		"not acked lost": {[]chaos.Row{row(1, 1000), row(2, 1200)}, chaos.Tally{Stored: 2 * width}},
		"lost":           {[]chaos.Row{row(1, 1000)}, chaos.Tally{Stored: width, Lost: width}},
		"field lost":     {[]chaos.Row{row(1, 1000), less(row(2, 1200), "power_kw")}, chaos.Tally{Stored: 2*width - 1, Lost: 1}},
		"moved":          {[]chaos.Row{row(1, 1000), row(2, 1201)}, chaos.Tally{Stored: 2 * width, Moved: width}},
		"not acked moved": {
			[]chaos.Row{row(1, 1000), row(2, 1200), row(3, 1500)}, chaos.Tally{Stored: 3 * width, Moved: width},
		},
		"doubled": {[]chaos.Row{row(1, 1000), row(2, 1200), row(2, 1201)}, chaos.Tally{Stored: 3 * width, Doubled: width}},
		"foreign": {[]chaos.Row{row(1, 1000), row(2, 1200), row(9, 1500)}, chaos.Tally{Stored: 3 * width, Foreign: width}},
		"merged": {
			[]chaos.Row{row(1, 1000), func() chaos.Row { r := row(2, 1200); r.Fields["power_kw"]++; return r }()},
			chaos.Tally{Stored: 2 * width, Wrong: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.want.Journalled = 2 * width
			got := chaos.ComparePublished("s", said, c.rows)
			require.Equal(t, got.Failed(), len(got.Examples) > 0)
			got.Examples = nil
			require.Equal(t, c.want, got)
		})
	}
}

func TestCompareServed(t *testing.T) {
	t.Parallel()
	base := time.UnixMilli(1_700_000_000_000)
	at := func(s float64) time.Time { return base.Add(time.Duration(s * float64(time.Second))) }
	ms := func(s float64) int64 { return at(s).UnixMilli() }
	j := chaos.SiteJournal{
		Served: []time.Time{at(10), at(20), at(60), at(100)},
		Kills:  []time.Time{at(20.5)},
		Steps:  []chaos.Offset{{at(40), time.Minute}, {at(80), 0}},
	}
	width := len(chaos.Fields())
	for name, c := range map[string]struct {
		rows []chaos.Row
		want chaos.Tally
	}{
		"all":              {[]chaos.Row{row(1, ms(9.9)), row(2, ms(19.9)), row(3, ms(119.9)), row(4, ms(99.9))}, chaos.Tally{}},
		"killed":           {[]chaos.Row{row(1, ms(9.9)), row(3, ms(119.9)), row(4, ms(99.9))}, chaos.Tally{Untaken: width}},
		"lost":             {[]chaos.Row{row(2, ms(19.9)), row(3, ms(119.9)), row(4, ms(99.9))}, chaos.Tally{Lost: width}},
		"stamped by hub":   {[]chaos.Row{row(1, ms(10.3)), row(2, ms(19.9)), row(3, ms(119.9)), row(4, ms(99.9))}, chaos.Tally{Moved: width}},
		"true time":        {[]chaos.Row{row(1, ms(9.9)), row(2, ms(19.9)), row(3, ms(59.9)), row(4, ms(99.9))}, chaos.Tally{Moved: width}},
		"twice":            {[]chaos.Row{row(1, ms(9.9)), row(1, ms(9.95)), row(2, ms(19.9)), row(3, ms(119.9)), row(4, ms(99.9))}, chaos.Tally{Doubled: width}},
		"of another time":  {[]chaos.Row{row(1, 0), row(2, ms(19.9)), row(3, ms(119.9)), row(4, ms(99.9))}, chaos.Tally{Moved: width}},
		"never answered":   {[]chaos.Row{row(1, ms(9.9)), row(2, ms(19.9)), row(3, ms(119.9)), row(4, ms(99.9)), row(5, ms(101))}, chaos.Tally{Foreign: width}},
		"a request merged": {[]chaos.Row{less(row(1, ms(9.9)), "power_kw"), row(2, ms(19.9)), row(3, ms(119.9)), row(4, ms(99.9))}, chaos.Tally{Lost: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := chaos.CompareServed("s", j, c.rows)
			require.Equal(t, got.Failed(), len(got.Examples) > 0, got.Examples)
			got.Examples, got.Stored = nil, 0
			c.want.Journalled = 4 * width
			require.Equal(t, c.want, got)
		})
	}
}

func TestCompareQueue(t *testing.T) {
	t.Parallel()
	taken := chaos.Points{"m,site=s 1": {"a": "1", "b": "2"}, "m,site=s 2": {"a": "3"}}
	full := chaos.CompareQueue("s", taken, taken, true)
	require.False(t, full.Failed())
	require.Equal(t, 3, full.Journalled)
	got := chaos.CompareQueue("s", taken, chaos.Points{"m,site=s 1": {"a": "1", "b": "7"}, "m,site=s 3": {"a": "3"}}, true)
	require.Len(t, got.Examples, 3)
	got.Examples = nil
	require.Equal(t, chaos.Tally{Journalled: 3, Stored: 3, Lost: 1, Wrong: 1, Foreign: 1}, got)
	part := chaos.CompareQueue("s", chaos.Points{"m,site=s 2": {"a": "3"}}, taken, false)
	require.False(t, part.Failed(), "what the edge gave up once the hub had it is not foreign")
}

func TestCompareEvents(t *testing.T) {
	t.Parallel()
	require.Empty(t, chaos.CompareEvents("s", []string{"a", "b"}, []string{"hub-1", "b", "a"}).Examples)
	got := chaos.CompareEvents("s", []string{"a", "b", "c"}, []string{"a", "b", "b"})
	require.Len(t, got.Examples, 2)
	require.Equal(t, 1, got.Lost)
	require.Equal(t, 1, got.Doubled)
}

func TestJournal(t *testing.T) {
	t.Parallel()
	j := chaos.NewJournal(2)
	at := time.UnixMilli(5000)
	n, stamp := j.Publish(1, at)
	require.Equal(t, 1, n)
	require.Equal(t, at, stamp)
	n, stamp = j.Publish(1, at)
	require.Equal(t, 2, n)
	require.Equal(t, at.Add(time.Millisecond), stamp, "stamps increase")
	require.Equal(t, 2, j.Unacked())
	j.Ack(1, 2)
	require.Equal(t, 1, j.Unacked())
	require.Equal(t, 1, j.Serve(0, at))
	require.Equal(t, 2, j.Serve(0, at))
	require.Equal(t, []chaos.Message{{At: 5000}, {At: 5001, Acked: true}}, j.Site(1).Published)
	require.Len(t, j.Site(0).Served, 2)
}
