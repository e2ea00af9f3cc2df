package chaos

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// The two devices of a site and what they are called in the database.
const (
	// Publisher says what it measures over MQTT, with its own time.
	Publisher = "compteur-mqtt"
	// Polled is asked over Modbus; the edge stamps what it reads.
	Polled = "compteur-modbus"
	// Measurement of both.
	Measurement = "electricity_meter"
)

// Fields returns the points that each message and each read carries.
func Fields() []string {
	return []string{
		"energy_import_kwh", "energy_export_kwh", "energy_import_t1_kwh", "energy_import_t2_kwh",
		"power_kw", "power_l1_kw", "power_l2_kw", "power_l3_kw", "demand_kw", "demand_max_month_kw",
		"reactive_kvar", "apparent_kva", "voltage_l1_v", "voltage_l2_v", "voltage_l3_v",
		"current_l1_a", "current_l2_a", "current_l3_a", "current_n_a", "frequency_hz",
	}
}

// step is the distance of the values of two fields: a power of two, so that
// every value is exact.
const step = 1.0 / 32

// Value is what field number i says in message or read number n (from 1). Each
// value tells which one it is of.
func Value(n, i int) float64 { return float64(n) + float64(i)*step }

// numberOf undoes Value.
func numberOf(v float64, i int) (n int, ok bool) {
	f := v - float64(i)*step
	return int(f), f == math.Trunc(f) && f >= 1
}

// payload is message number n of a publisher.
func payload(n int, at time.Time) []byte {
	m := map[string]any{"at": at.UnixMilli()}
	for i, f := range Fields() {
		m[f] = Value(n, i)
	}
	b, _ := json.Marshal(m) // numbers always can
	return b
}

// profiles are the device profiles of the run.
func profiles() map[string]string {
	var published, polled strings.Builder
	published.WriteString(`profile: chaos-published
maker: none
model: journalled publisher
protocol: mqtt
source: internal/chaos
slots: {meter: electricity_meter}
topics:
  - topic: "{topic}/values"
    format: json
    time: at
    time_format: unix_ms
    fields:
`)
	polled.WriteString(`profile: chaos-polled
maker: none
model: journalled registers
protocol: modbus
source: internal/chaos
slots: {meter: electricity_meter}
registers:
`)
	for i, f := range Fields() {
		fmt.Fprintf(&published, "      - {slot: meter, point: %s, path: %s}\n", f, f)
		fmt.Fprintf(&polled, "  - {slot: meter, point: %s, table: holding, address: %d, type: u32, scale: %v, poll: alarm}\n", f, 2*i, step)
	}
	return map[string]string{"chaos-published": published.String(), "chaos-polled": polled.String()}
}

// registers is read number n of a polled device.
func registers(n, address, count int) []uint16 {
	out := make([]uint16, 0, count)
	for a := address; a < address+count; a++ {
		raw := uint32(n)<<5 + uint32(a/2) //nolint:gosec // far below
		if a%2 == 0 {
			raw >>= 16
		}
		out = append(out, uint16(raw)) //nolint:gosec // the low word
	}
	return out
}
