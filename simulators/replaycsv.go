package simulators

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Day is one recorded day.
type Day struct {
	// Date is the calendar day, as UTC midnight.
	Date time.Time
	// KWh is the day's consumption.
	KWh float64
	// Temperature is the day's mean outdoor temperature, °C.
	Temperature float64
}

// ReadDays reads a CSV with the columns time (a day, or an RFC 3339 instant
// of which the day counts), energy_kwh and temperature_c, in any order and
// beside others. A line without energy or temperature is a missing day and
// left out. An error names the line.
func ReadDays(r io.Reader) ([]Day, error) {
	lines := csv.NewReader(r)
	head, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("read days: %w", err)
	}
	var columns [3]int
	for i, name := range []string{"time", "energy_kwh", "temperature_c"} {
		if columns[i] = slices.Index(head, name); columns[i] < 0 {
			return nil, fmt.Errorf("read days: no column %q", name)
		}
	}
	var days []Day
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return days, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read days: %w", err)
		}
		if fields[columns[1]] == "" || fields[columns[2]] == "" {
			continue
		}
		day, err := readDay(fields, columns)
		if err != nil {
			line, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("read days: line %d: %w", line, err)
		}
		days = append(days, day)
	}
}

func readDay(fields []string, columns [3]int) (Day, error) {
	stamp := fields[columns[0]]
	if len(stamp) > len(time.DateOnly) {
		stamp = stamp[:len(time.DateOnly)]
	}
	date, err := time.Parse(time.DateOnly, stamp)
	if err != nil {
		return Day{}, err
	}
	kwh, err := strconv.ParseFloat(fields[columns[1]], 64)
	if err != nil {
		return Day{}, fmt.Errorf("energy: %w", err)
	}
	temp, err := strconv.ParseFloat(fields[columns[2]], 64)
	if err != nil {
		return Day{}, fmt.Errorf("temperature: %w", err)
	}
	return Day{Date: date, KWh: kwh, Temperature: temp}, nil
}
