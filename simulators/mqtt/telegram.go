package mqtt

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// The slots of the profile belgian-p1.
const (
	meterSlot = "meter"
	gasSlot   = "gas"
	gasPoint  = "volume_m3"

	gasPeriod = 5 * time.Minute
)

// line is one object of a telegram and the point it shows.
type line struct {
	code, format string
	point        gtc.PointID
	// part takes what the object shows of the value; nil shows it as it is.
	part func(float64) float64
}

func imported(kw float64) float64 { return math.Max(kw, 0) }
func exported(kw float64) float64 { return math.Max(-kw, 0) }

// lines are the objects of an e-MUCS telegram in their usual order.
func lines() []line {
	const energy, power = "%010.3f*kWh", "%06.3f*kW"
	return []line{
		{"1-0:1.8.1", energy, "energy_import_t1_kwh", nil},
		{"1-0:1.8.2", energy, "energy_import_t2_kwh", nil},
		{"1-0:2.8.1", energy, "energy_export_t1_kwh", nil},
		{"1-0:2.8.2", energy, "energy_export_t2_kwh", nil},
		{"0-0:96.14.0", "%04.0f", "tariff", nil},
		{"1-0:1.4.0", power, "demand_kw", nil},
		{"1-0:1.7.0", power, "power_kw", imported},
		{"1-0:2.7.0", power, "power_kw", exported},
		{"1-0:21.7.0", power, "power_l1_kw", imported},
		{"1-0:41.7.0", power, "power_l2_kw", imported},
		{"1-0:61.7.0", power, "power_l3_kw", imported},
		{"1-0:22.7.0", power, "power_l1_kw", exported},
		{"1-0:42.7.0", power, "power_l2_kw", exported},
		{"1-0:62.7.0", power, "power_l3_kw", exported},
		{"1-0:32.7.0", "%05.1f*V", "voltage_l1_v", nil},
		{"1-0:52.7.0", "%05.1f*V", "voltage_l2_v", nil},
		{"1-0:72.7.0", "%05.1f*V", "voltage_l3_v", nil},
		{"1-0:31.7.0", "%06.2f*A", "current_l1_a", nil},
		{"1-0:51.7.0", "%06.2f*A", "current_l2_a", nil},
		{"1-0:71.7.0", "%06.2f*A", "current_l3_a", nil},
		{"0-0:96.3.10", "%.0f", "breaker_closed", nil},
	}
}

// byTariff serves the day and night indexes from the total, all by day, where
// only the total is known.
func byTariff(values Values) Values {
	return func(slot string, p gtc.PointID) gtc.Value {
		v := values(slot, p)
		if v.Present() || slot != meterSlot {
			return v
		}
		switch p {
		case "energy_import_t1_kwh":
			return values(slot, "energy_import_kwh")
		case "energy_export_t1_kwh":
			return values(slot, "energy_export_kwh")
		case "energy_import_t2_kwh", "energy_export_t2_kwh":
			return gtc.Float(0)
		}
		return v
	}
}

// Telegram returns an e-MUCS P1 telegram with its check sum: the values of the
// slot meter and, when the slot gas has a volume, a gas meter on channel 1
// read every five minutes. A value that is absent has no line; where only the
// totals of energy are known they are shown as day energy. The instant is
// shown in its own zone, as summer or winter time by its offset.
func Telegram(serial string, at time.Time, values Values) []byte {
	var b strings.Builder
	values = byTariff(values)
	write := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	write("/FLU5\\253769484_A\r\n")
	write("0-0:96.1.4(50217)")
	write("0-0:96.1.1(%X)", serial)
	write("0-0:1.0.0(%s)", stamp(at))
	for _, l := range lines() {
		v := values(meterSlot, l.point)
		if !v.Present() {
			continue
		}
		n := v.Num
		if l.part != nil {
			n = l.part(n)
		}
		write("%s("+l.format+")", l.code, n)
	}
	if v := values(meterSlot, "demand_max_month_kw"); v.Present() {
		write("1-0:1.6.0(%s)(%06.3f*kW)", stamp(at.Truncate(15*time.Minute)), v.Num)
	}
	if v := values(gasSlot, gasPoint); v.Present() {
		write("0-1:24.1.0(003)")
		write("0-1:96.1.1(%X)", serial+"1")
		write("0-1:24.2.3(%s)(%09.3f*m3)", stamp(at.Truncate(gasPeriod)), v.Num)
	}
	b.WriteString("!")
	return fmt.Appendf(nil, "%s%04X\r\n", b.String(), profile.CRC16([]byte(b.String())))
}

// stamp is YYMMDDhhmmss and S in summer time, W in winter time.
func stamp(at time.Time) string {
	season := "W"
	if _, offset := at.Zone(); offset >= int(2*time.Hour/time.Second) {
		season = "S"
	}
	return at.Format("060102150405") + season
}
