package coldroom

import (
	"math"
	"time"

	"github.com/cpas-charleroi/gtc"
)

const (
	// Above is how many kelvin above the set point the limit lies: as the alarm
	// class cold_room_warm.
	Above = 4.0
	// Holds is how long a reading counts without another one.
	Holds = time.Hour
)

// The points of a cold room that the record is made of.
const (
	AirTemp  gtc.PointID = "air_temp"
	SetPoint gtc.PointID = "air_temp_sp"
	Door     gtc.PointID = "door_open"
	Defrost  gtc.PointID = "defrost"
)

// Points are those that a record is made of.
func Points() []gtc.PointID { return []gtc.PointID{AirTemp, SetPoint, Door, Defrost} }

// Span is the record of a day or a month.
type Span struct {
	// From and To bound it; To is when it ends, or now while it lasts.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Min, Max and Mean (by time) in °C are nil when nothing was recorded.
	Min  *float64 `json:"min_c"`
	Max  *float64 `json:"max_c"`
	Mean *float64 `json:"mean_c"`
	// Recorded is how many minutes a temperature was known, Missing how many it
	// was not.
	Recorded float64 `json:"recorded_min"`
	Missing  float64 `json:"missing_min"`
	// Warm is how many minutes it was above the limit while the room was not
	// defrosting, nil when no set point was read.
	Warm *float64 `json:"above_limit_min"`
	// Doors counts the openings, DoorOpen the minutes in which it was open; nil
	// where there is no contact.
	Doors    *int     `json:"door_openings"`
	DoorOpen *float64 `json:"door_open_min"`
	// Defrosts counts the defrosts that began; nil where the point is not read.
	Defrosts *int `json:"defrosts"`
}

// Gap is a time in which no temperature was recorded.
type Gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Record is the record of a room over a calendar month of its site.
type Record struct {
	Month Span   `json:"month"`
	Days  []Span `json:"days"`
	Gaps  []Gap  `json:"gaps"`
	// Lowest and Highest are the limits that held, in °C; nil when none did.
	Lowest  *float64 `json:"limit_lowest_c"`
	Highest *float64 `json:"limit_highest_c"`
	// Fixed tells that the limit is given for the room and follows no set point.
	Fixed bool `json:"limit_fixed"`
}

// Complete reports whether a temperature was known all the time.
func (r *Record) Complete() bool { return len(r.Gaps) == 0 }

// Month returns the bounds of the month that begins with a day of it.
func Month(year int, month time.Month, loc *time.Location) (from, to time.Time) {
	from = time.Date(year, month, 1, 0, 0, 0, 0, loc)
	return from, from.AddDate(0, 1, 0)
}

// held is a value that counts until the next one.
type held struct {
	value float64
	from  time.Time
	known bool
}

// maker builds a record from samples in order.
type maker struct {
	record                     Record
	limit                      *float64
	now                        time.Time // up to which all is counted
	temp, setPoint, door, cold held      // cold is the defrost
	sums                       []float64 // °C × min a day
	lastTemp                   time.Time // up to which a temperature was known
}

// Of makes the record from the samples of a room in order of time. Those from
// before the month say what held at its beginning. Limit in °C is that of the
// room, nil where it follows the set point. Now is the present: a month
// that is not over ends there.
func Of(samples []gtc.Sample, limit *float64, from, to, now time.Time) Record {
	end := to
	if now.Before(end) {
		end = now
	}
	if end.Before(from) {
		end = from
	}
	m := maker{now: from, lastTemp: from, limit: limit}
	m.record.Fixed = limit != nil
	m.record.Month = Span{From: from, To: end}
	m.record.Gaps = []Gap{}
	for day := from; day.Before(end); day = day.AddDate(0, 0, 1) {
		next := day.AddDate(0, 0, 1)
		if end.Before(next) {
			next = end
		}
		m.record.Days = append(m.record.Days, Span{From: day, To: next})
	}
	m.sums = make([]float64, len(m.record.Days))
	for i := range samples {
		s := &samples[i]
		if !s.At.Before(end) {
			break
		}
		m.reach(s.At)
		m.take(s)
	}
	m.reach(end)
	m.gap(end)
	m.finish()
	return m.record
}

// take notes a sample at its instant.
func (m *maker) take(s *gtc.Sample) {
	good := s.Value.Present() && (s.Quality == gtc.QualityGood || s.Quality == gtc.QualityManual || s.Quality == gtc.QualitySubstituted)
	lost := !s.Value.Present() && s.Quality != gtc.QualityGood
	was := map[gtc.PointID]*held{AirTemp: &m.temp, SetPoint: &m.setPoint, Door: &m.door, Defrost: &m.cold}[s.Point]
	switch {
	case was == nil || !good && !lost:
	case lost:
		was.known = false
	default:
		m.starts(s, *was)
		*was = held{s.Value.Num, s.At, true}
		if s.Point == AirTemp {
			m.reading(s.At, s.Value.Num)
		}
	}
}

// starts counts an opening of the door or a defrost that begins.
func (m *maker) starts(s *gtc.Sample, was held) {
	if s.At.Before(m.record.Month.From) || s.Point != Door && s.Point != Defrost {
		return
	}
	begins := s.Value.True() && (!was.known || was.value == 0)
	day := m.day(s.At)
	for _, span := range []*Span{&m.record.Month, day} {
		if span == nil {
			continue
		}
		count := &span.Doors
		if s.Point == Defrost {
			count = &span.Defrosts
		}
		if *count == nil {
			*count = new(int)
		}
		if begins {
			**count++
		}
	}
}

// reading ends a gap and notes extremes.
func (m *maker) reading(at time.Time, v float64) {
	if at.Before(m.record.Month.From) {
		return
	}
	m.gap(at)
	for _, span := range []*Span{&m.record.Month, m.day(at)} {
		if span != nil {
			extreme(&span.Min, v, math.Min)
			extreme(&span.Max, v, math.Max)
		}
	}
}

func extreme(to **float64, v float64, which func(a, b float64) float64) {
	if *to == nil {
		*to = &v
		return
	}
	v = which(**to, v)
	*to = &v
}

// gap notes that no temperature was known since the last one, if so.
func (m *maker) gap(at time.Time) {
	if at.After(m.lastTemp) {
		m.record.Gaps = append(m.record.Gaps, Gap{m.lastTemp, at})
	}
	m.lastTemp = at
}

// reach counts what held up to an instant, day by day.
func (m *maker) reach(at time.Time) {
	for m.now.Before(at) {
		day := m.day(m.now)
		if day == nil {
			return
		}
		until := at
		if day.To.Before(until) {
			until = day.To
		}
		m.count(day, m.now, until)
		m.now = until
	}
}

// count adds a part of a day in which nothing changed.
func (m *maker) count(day *Span, from, to time.Time) {
	month := &m.record.Month
	i := m.index(from)
	t := m.temp.minutes(from, to)
	if t > 0 {
		m.sums[i] += t * m.temp.value
		day.Recorded += t
		known := from.Add(time.Duration(t * float64(time.Minute)))
		// A day's extremes are also what holds on from the day before.
		extreme(&day.Min, m.temp.value, math.Min)
		extreme(&day.Max, m.temp.value, math.Max)
		extreme(&month.Min, m.temp.value, math.Min)
		extreme(&month.Max, m.temp.value, math.Max)
		if known.After(m.lastTemp) {
			m.gapBefore(from)
			m.lastTemp = known
		}
		if m.limit != nil || m.setPoint.known {
			limit := m.setPoint.value + Above
			if m.limit != nil {
				limit = *m.limit
			}
			extreme(&m.record.Lowest, limit, math.Min)
			extreme(&m.record.Highest, limit, math.Max)
			warm := 0.0
			if m.temp.value > limit && m.cold.minutes(from, to)*m.cold.value == 0 {
				warm = t
			}
			add(&day.Warm, warm)
			add(&month.Warm, warm)
		}
	}
	if m.door.known { // of a room of which nothing is heard nothing is known
		open := t * m.door.value
		add(&day.DoorOpen, open)
		add(&month.DoorOpen, open)
	}
}

// gapBefore ends a gap where a reading counts again.
func (m *maker) gapBefore(from time.Time) {
	if from.After(m.lastTemp) {
		m.gap(from)
	}
}

func add(to **float64, v float64) {
	if *to == nil {
		*to = new(float64)
	}
	**to += v
}

// minutes is for how long of a span the value counts.
func (h held) minutes(from, to time.Time) float64 {
	if !h.known {
		return 0
	}
	if until := h.from.Add(Holds); until.Before(to) {
		to = until
	}
	return max(to.Sub(from).Minutes(), 0)
}

func (m *maker) index(at time.Time) int {
	for i := range m.record.Days {
		if at.Before(m.record.Days[i].To) {
			return i
		}
	}
	return -1
}

func (m *maker) day(at time.Time) *Span {
	if i := m.index(at); i >= 0 && !at.Before(m.record.Days[i].From) {
		return &m.record.Days[i]
	}
	return nil
}

// finish fills in means and what is missing.
func (m *maker) finish() {
	month := &m.record.Month
	sum := 0.0
	for i := range m.record.Days {
		d := &m.record.Days[i]
		d.Missing = max(d.To.Sub(d.From).Minutes()-d.Recorded, 0)
		month.Recorded += d.Recorded
		sum += m.sums[i]
		if d.Recorded > 0 {
			mean := m.sums[i] / d.Recorded
			d.Mean = &mean
		}
	}
	month.Missing = max(month.To.Sub(month.From).Minutes()-month.Recorded, 0)
	if month.Recorded > 0 {
		mean := sum / month.Recorded
		month.Mean = &mean
	}
	m.utc()
}

// utc gives every instant of the record in UTC.
func (m *maker) utc() {
	r := &m.record
	r.Month.From, r.Month.To = r.Month.From.UTC(), r.Month.To.UTC()
	for i := range r.Days {
		r.Days[i].From, r.Days[i].To = r.Days[i].From.UTC(), r.Days[i].To.UTC()
	}
	for i := range r.Gaps {
		r.Gaps[i] = Gap{r.Gaps[i].From.UTC(), r.Gaps[i].To.UTC()}
	}
}
