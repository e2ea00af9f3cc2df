package profile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// seal adds the check sum to the lines of a telegram.
func seal(lines ...string) []byte {
	body := strings.Join(lines, "\r\n") + "\r\n!"
	return fmt.Appendf(nil, "%s%04X\r\n", body, CRC16([]byte(body)))
}

// winter is a telegram as a Belgian meter with gas and water sends it.
func winter() []string {
	return []string{
		`/FLU5\000000001_A`, "",
		"0-0:96.1.4(50217)",
		"0-0:1.0.0(260131125958W)",
		"1-0:1.8.1(001234.500*kWh)", "1-0:1.8.2(002000.250*kWh)",
		"1-0:2.8.1(000010.000*kWh)", "1-0:2.8.2(000000.125*kWh)",
		"0-0:96.14.0(0002)",
		"1-0:1.4.0(00.378*kW)",
		"1-0:1.6.0(260112181500W)(04.470*kW)",
		"0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(260101000000W)(251214124500W)(03.332*kW)",
		"1-0:1.7.0(00.000*kW)", "1-0:2.7.0(01.739*kW)",
		"1-0:21.7.0(00.188*kW)", "1-0:22.7.0(00.000*kW)",
		"1-0:32.7.0(245.3*V)", "1-0:31.7.0(001.60*A)",
		"0-0:96.3.10(1)", "0-0:96.13.0()",
		"0-1:24.1.0(007)", "0-1:96.1.1(0000)", "0-1:24.2.1(260131125002W)(00003.830*m3)",
		"0-2:24.1.0(003)", "0-2:96.1.1(0000)", "0-2:24.4.0(1)", "0-2:24.2.3(260131125459W)(00107.812*m3)",
	}
}

func decodeBelgian(t *testing.T, payload []byte, received time.Time) (map[string]FieldSample, error) {
	t.Helper()
	lib, err := Library()
	require.NoError(t, err)
	cat, err := catalogue.Load()
	require.NoError(t, err)
	p := lib["belgian-p1"]
	topic, ok := p.Match("meter/p1", "meter/p1")
	require.True(t, ok)
	samples, err := DecodePayload(topic, func(slot string, id gtc.PointID) gtc.ValueType {
		point, _ := cat.Point(p.Slots[slot], id)
		return point.Type
	}, payload, received)
	got := map[string]FieldSample{}
	for _, s := range samples {
		got[s.Slot+"."+string(s.Point)] = s
	}
	return got, err
}

func TestCRC16(t *testing.T) {
	require.Equal(t, uint16(0xBB3D), CRC16([]byte("123456789")), "the published check value of CRC-16/ARC")
}

func TestBelgianTelegram(t *testing.T) {
	got, err := decodeBelgian(t, seal(winter()...), received)
	require.NoError(t, err)
	at := time.Date(2026, 1, 31, 11, 59, 58, 0, time.UTC)
	for name, want := range map[string]FieldSample{
		"meter.energy_import_kwh":    {At: at, Value: gtc.Float(3234.75)},
		"meter.energy_import_t1_kwh": {At: at, Value: gtc.Float(1234.5)},
		"meter.energy_import_t2_kwh": {At: at, Value: gtc.Float(2000.25)},
		"meter.energy_export_kwh":    {At: at, Value: gtc.Float(10.125)},
		"meter.power_kw":             {At: at, Value: gtc.Float(-1.739)},
		"meter.power_l1_kw":          {At: at, Value: gtc.Float(0.188)},
		"meter.demand_kw":            {At: at, Value: gtc.Float(0.378)},
		"meter.demand_max_month_kw":  {At: at, Value: gtc.Float(4.47)},
		"meter.voltage_l1_v":         {At: at, Value: gtc.Float(245.3)},
		"meter.tariff":               {At: at, Value: gtc.Enum(2)},
		"meter.breaker_closed":       {At: at, Value: gtc.Bool(true)},
		"gas.volume_m3":              {At: time.Date(2026, 1, 31, 11, 54, 59, 0, time.UTC), Value: gtc.Float(107.812)},
		"water.volume_m3":            {At: time.Date(2026, 1, 31, 11, 50, 2, 0, time.UTC), Value: gtc.Float(3.83)},
	} {
		require.Contains(t, got, name)
		require.Equal(t, want.At, got[name].At, name)
		require.Equal(t, want.Value, got[name].Value, name)
		require.Equal(t, gtc.QualityGood, got[name].Quality, name)
	}
	require.NotContains(t, got, "meter.voltage_l2_v", "a phase that the meter does not have")
}

func TestTelegramRefused(t *testing.T) {
	good := string(seal(winter()...))
	for name, c := range map[string]struct {
		payload string
		want    error
	}{
		"one digit changed":   {strings.Replace(good, "001234.500", "001234.501", 1), ErrCheckSum},
		"line ends changed":   {strings.ReplaceAll(good, "\r\n", "\n"), ErrCheckSum},
		"cut":                 {good[:len(good)/2], ErrNotTelegram},
		"without a check sum": {good[:strings.LastIndex(good, "!")+1], ErrNotTelegram},
		"empty":               {"", ErrNotTelegram},
		"only the end":        {"!0000", ErrNotTelegram},
		"wrong order":         {"!/0000", ErrNotTelegram},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeBelgian(t, []byte(c.payload), received)
			require.ErrorIs(t, err, c.want)
			require.Empty(t, got)
		})
	}
	_, err := decodeBelgian(t, []byte("noise before "+good+" and after"), received)
	require.ErrorIs(t, err, ErrNotTelegram)
	_, err = ParseTelegram([]byte("noise before " + good))
	require.NoError(t, err, "a telegram begins at its /")
}

// In the hour that comes twice, S and W are an hour apart in UTC.
func TestTelegramClock(t *testing.T) {
	autumn := time.Date(2026, 10, 25, 3, 0, 0, 0, time.UTC)
	ms := autumn.Truncate(time.Millisecond)
	for text, want := range map[string]struct {
		at time.Time
		q  gtc.Quality
	}{
		"261025023000S": {time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), gtc.QualityGood},
		"261025023000W": {time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), gtc.QualityGood},
		"261025023000":  {ms, gtc.QualityBadClock},
		"261025023000X": {ms, gtc.QualityBadClock},
		"632525252525W": {ms, gtc.QualityBadClock},
		"261026023000W": {ms, gtc.QualityBadClock}, // tomorrow
		"":              {ms, gtc.QualityBadClock},
	} {
		at, q := meterTime(text, ms)
		require.Equal(t, want.q, q, text)
		require.Equal(t, want.at, at, text)
	}
}

func TestTelegramWithABadClockKeepsItsValues(t *testing.T) {
	lines := winter()
	lines[3] = "0-0:1.0.0(010101000000X)"
	got, err := decodeBelgian(t, seal(lines...), received)
	require.NoError(t, err)
	power := got["meter.power_kw"]
	require.Equal(t, gtc.Float(-1.739), power.Value)
	require.Equal(t, gtc.QualityBadClock, power.Quality)
	require.Equal(t, received.Truncate(time.Millisecond), power.At)
	require.Equal(t, gtc.QualityGood, got["gas.volume_m3"].Quality, "the gas meter has a clock of its own")

	lines = winter()
	lines[len(lines)-1] = "0-2:24.2.3(632525252525W)(00107.812*m3)"
	lines[7] = "1-0:2.8.2(------*kWh)"
	got, err = decodeBelgian(t, seal(lines...), received)
	require.NoError(t, err)
	require.Equal(t, gtc.QualityBadClock, got["gas.volume_m3"].Quality)
	require.Equal(t, gtc.QualitySensorFault, got["meter.energy_export_t2_kwh"].Quality)
	require.Equal(t, gtc.QualitySensorFault, got["meter.energy_export_kwh"].Quality)
	require.False(t, got["meter.energy_export_kwh"].Value.Present())
}
