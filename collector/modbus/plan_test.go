package modbus_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

func register(table string, address uint16, kind string) modbus.Point {
	return modbus.Point{
		Series:   gtc.Series{Site: "s1", Kind: "boiler", Equipment: "b1", Point: gtc.PointID("x_" + table)},
		Type:     gtc.TypeFloat,
		Register: profile.Register{Table: table, Address: address, Type: kind, Poll: "normal"},
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		points []modbus.Point
		limits modbus.Limits
		want   []string
	}{
		"neighbours share a request": {
			points: []modbus.Point{register("holding", 10, "u16"), register("holding", 11, "f32"), register("holding", 13, "u64")},
			want:   []string{"holding 10+7"},
		},
		"a hole divides": {
			points: []modbus.Point{register("holding", 10, "u16"), register("holding", 12, "u16")},
			want:   []string{"holding 10+1", "holding 12+1"},
		},
		"a hole that is allowed is spanned": {
			points: []modbus.Point{register("holding", 10, "u16"), register("holding", 14, "u16")},
			limits: modbus.Limits{MaxHole: 3},
			want:   []string{"holding 10+5"},
		},
		"the order of the points does not matter": {
			points: []modbus.Point{register("input", 3, "f32"), register("input", 1, "f32")},
			want:   []string{"input 1+4"},
		},
		"tables are apart": {
			points: []modbus.Point{register("holding", 1, "u16"), register("input", 2, "u16"), register("coil", 3, "bit"), register("discrete", 4, "bit")},
			want:   []string{"coil 3+1", "discrete 4+1", "holding 1+1", "input 2+1"},
		},
		"bits of one register are one read": {
			points: []modbus.Point{register("holding", 5, "u16"), register("holding", 5, "u16")},
			want:   []string{"holding 5+1"},
		},
		"a device's limit is kept": {
			points: []modbus.Point{register("holding", 0, "f32"), register("holding", 2, "f32"), register("holding", 4, "f32")},
			limits: modbus.Limits{MaxRegisters: 5},
			want:   []string{"holding 0+4", "holding 4+2"},
		},
		"the last register": {
			points: []modbus.Point{register("holding", 65535, "u16")},
			want:   []string{"holding 65535+1"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests, err := modbus.Plan(tt.points, tt.limits, modbus.Line{})
			require.NoError(t, err)
			var got []string
			for _, r := range requests {
				got = append(got, r.String())
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		point  modbus.Point
		limits modbus.Limits
		want   string
	}{
		"a value wider than the limit": {register("holding", 0, "u64"), modbus.Limits{MaxRegisters: 2}, "4 registers in one value, the device allows 2"},
		"an unknown table":             {register("files", 0, "u16"), modbus.Limits{}, `unknown table "files"`},
		"the end of the table":         {register("input", 65535, "f32"), modbus.Limits{}, "past the end of the table"},
		"an unknown type":              {register("input", 1, "u24"), modbus.Limits{}, "0 registers in one value"},
	} {
		_, err := modbus.Plan([]modbus.Point{tt.point}, tt.limits, modbus.Line{})
		require.ErrorContains(t, err, tt.want, name)
	}
}

// drawPoints draws points that fit the limits drawn with them.
func drawPoints(t *rapid.T) ([]modbus.Point, modbus.Limits) {
	limits := modbus.Limits{
		MaxRegisters: rapid.IntRange(4, 130).Draw(t, "max registers"),
		MaxBits:      rapid.IntRange(1, 2100).Draw(t, "max bits"),
		MaxHole:      rapid.IntRange(0, 20).Draw(t, "max hole"),
	}
	point := rapid.Custom(func(t *rapid.T) modbus.Point {
		table := rapid.SampledFrom([]string{"holding", "input", "coil", "discrete"}).Draw(t, "table")
		kind := "bit"
		if table == "holding" || table == "input" {
			kind = rapid.SampledFrom([]string{"u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"}).Draw(t, "type")
		}
		span := rapid.SampledFrom([]uint16{50, 400, 65000}).Draw(t, "span")
		p := register(table, rapid.Uint16Range(0, span).Draw(t, "address"), kind)
		p.Register.Poll = rapid.SampledFrom([]string{"alarm", "fast", "normal", "slow"}).Draw(t, "poll")
		return p
	})
	return rapid.SliceOfN(point, 0, 120).Draw(t, "points"), limits
}

// checkRequests checks what must hold of any set of requests for the points.
func checkRequests(t *rapid.T, points []modbus.Point, limits modbus.Limits, requests []modbus.Request) map[int]int {
	seen := map[int]int{}
	for _, r := range requests {
		most := min(limits.MaxRegisters, 125)
		if r.Table.Bits() {
			most = min(limits.MaxBits, 2000)
		}
		require.Positive(t, r.Count)
		require.LessOrEqual(t, int(r.Count), most, "request %s", r)
		require.LessOrEqual(t, int(r.Address)+int(r.Count), 65536, "request %s", r)
		asked := make([]bool, r.Count)
		for _, i := range r.Points {
			p := points[i]
			seen[i]++
			require.Equal(t, string(r.Table), p.Register.Table)
			require.Equal(t, r.Class, p.Register.Poll)
			from := int(p.Register.Address) - int(r.Address)
			require.GreaterOrEqual(t, from, 0)
			require.LessOrEqual(t, from+p.Register.Words(), int(r.Count))
			for j := range p.Register.Words() {
				asked[from+j] = true
			}
		}
		hole := 0
		for _, a := range asked {
			if hole++; a {
				hole = 0
			}
			require.LessOrEqual(t, hole, limits.MaxHole, "request %s spans a hole", r)
		}
		require.True(t, asked[0] && asked[len(asked)-1], "request %s asks for more than its points", r)
	}
	return seen
}

// drawLine draws a network or a serial line.
func drawLine(t *rapid.T) modbus.Line {
	return modbus.Line{
		Baud:       rapid.SampledFrom([]int{0, 1200, 9600, 19200, 38400, 115200}).Draw(t, "baud"),
		CharBits:   rapid.IntRange(10, 11).Draw(t, "bits"),
		Turnaround: time.Duration(rapid.IntRange(1, 60).Draw(t, "turnaround")) * time.Millisecond,
		RTT:        time.Duration(rapid.IntRange(0, 60).Draw(t, "rtt")) * time.Millisecond,
	}
}

func TestPlanReadsEveryPointOnceWithinLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points, limits := drawPoints(t)
		line := drawLine(t)
		requests, err := modbus.Plan(points, limits, line)
		require.NoError(t, err)
		seen := checkRequests(t, points, limits, requests)
		require.Len(t, seen, len(points))
		for i, n := range seen {
			require.Equal(t, 1, n, "point %d", i)
		}
		again, err := modbus.Plan(points, limits, line)
		require.NoError(t, err)
		require.Equal(t, requests, again, "a plan is deterministic")
	})
}

// greedy is the plan with a fixed hole budget that other collectors make: by
// address, each read is extended while the hole is within the budget and the
// length within the limit.
func greedy(points []modbus.Point, limits modbus.Limits, budget int) []modbus.Request {
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	start := func(i int) int { return int(points[i].Register.Start()) }
	slices.SortFunc(order, func(a, b int) int {
		x, y := points[a].Register, points[b].Register
		return cmp.Or(cmp.Compare(x.Table, y.Table), cmp.Compare(x.Poll, y.Poll), cmp.Compare(start(a), start(b)))
	})
	var out []modbus.Request
	alone := false
	for _, i := range order {
		r := points[i].Register
		end := start(i) + r.Words()
		if n := len(out); n > 0 {
			last := &out[n-1]
			from, to := int(last.Address), int(last.Address)+int(last.Count)
			if string(last.Table) == r.Table && last.Class == r.Poll && start(i) <= to+budget && limits.Spans(last.Table, to, start(i)) &&
				max(to, end)-from <= limits.Cells(last.Table) && !alone && !r.Alone {
				last.Count = uint16(max(to, end) - from)
				continue
			}
		}
		alone = r.Alone
		out = append(out, modbus.Request{Table: modbus.Table(r.Table), Class: r.Poll, Address: r.Start(), Count: uint16(r.Words())})
	}
	return out
}

// busTime is how long a line is taken by requests.
func busTime(line modbus.Line, requests []modbus.Request) time.Duration {
	var sum time.Duration
	for _, r := range requests {
		sum += line.Time(r)
	}
	return sum
}

// No fixed hole budget takes a serial line less time, and none has fewer
// requests without taking more. On a network none has fewer requests.
func TestPlanBeatsEveryHoleBudget(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points, limits := drawPoints(t)
		line := drawLine(t)
		limits.MaxHole = rapid.SampledFrom([]int{0, 5, 20, 125, 2000}).Draw(t, "holes allowed")
		if rapid.Bool().Draw(t, "refused") {
			from := rapid.IntRange(0, 60).Draw(t, "from")
			limits.Avoid = []modbus.Hole{{Table: modbus.Holding, From: from, To: from + 2}}
		}
		mine, err := modbus.Plan(points, limits, line)
		require.NoError(t, err)
		for budget := range 130 {
			theirs := greedy(points, limits, budget)
			if !line.Serial() || budget == 0 {
				require.LessOrEqual(t, len(mine), len(theirs), "budget %d", budget)
			}
			if line.Serial() {
				require.LessOrEqual(t, busTime(line, mine), busTime(line, theirs), "budget %d", budget)
				require.True(t, len(mine) <= len(theirs) || busTime(line, mine) < busTime(line, theirs), "budget %d", budget)
			}
		}
	})
}

// Splitting again and again ends at single points, whatever the device
// refuses, and loses none on the way.
func TestSplitIsolatesWhatIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points, limits := drawPoints(t)
		requests, err := modbus.Plan(points, limits, drawLine(t))
		require.NoError(t, err)
		refused := rapid.SliceOfN(rapid.Uint16Range(0, 400), 0, 5).Draw(t, "illegal addresses")
		illegal := func(address, count uint16) bool {
			for _, a := range refused {
				if a >= address && int(a) < int(address)+int(count) {
					return true
				}
			}
			return false
		}
		read, dropped := map[int]bool{}, map[int]bool{}
		for work := requests; len(work) > 0; {
			r := work[0]
			work = work[1:]
			into := read
			parts, between := modbus.Split(points, r)
			if illegal(r.Address, r.Count) {
				into = dropped
				if parts != nil {
					checkRequests(t, points, limits, parts)
					require.LessOrEqual(t, between.To-between.From, limits.MaxHole)
					work = append(work, parts...)
					continue
				}
			}
			for _, i := range r.Points {
				into[i] = true
			}
		}
		require.Len(t, points, len(read)+len(dropped))
		for i, p := range points {
			words := uint16(p.Register.Words())
			require.Equal(t, illegal(p.Register.Address, words), dropped[i], "point %d", i)
		}
	})
}
