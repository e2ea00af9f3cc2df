package endpoint_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]endpoint.Endpoint{
		"modbus://Gateway:502":                    {Scheme: "modbus", Address: "Gateway:502"},
		"modbus://10.0.0.7:502?unit=3":            {Scheme: "modbus", Address: "10.0.0.7:502"},
		"modbus://10.0.0.7:502?baud=19200&stop=2": {Scheme: "modbus", Address: "10.0.0.7:502", Serial: endpoint.Serial{Baud: 19200, Parity: "even", Stop: 2}},
		"rtuovertcp://[::1]:4001":                 {Scheme: "rtuovertcp", Address: "[::1]:4001", Serial: endpoint.Serial{Baud: 9600, Parity: "even", Stop: 1}},
		"rtu:///dev/ttyUSB0":                      {Scheme: "rtu", Address: "/dev/ttyUSB0", Serial: endpoint.Serial{Baud: 9600, Parity: "even", Stop: 1}},
		"rtu:///dev/ttyS1?baud=38400&parity=none": {Scheme: "rtu", Address: "/dev/ttyS1", Serial: endpoint.Serial{Baud: 38400, Parity: "none", Stop: 1}},
		"rtu:///dev/ttyS1?parity=odd&baud=1200":   {Scheme: "rtu", Address: "/dev/ttyS1", Serial: endpoint.Serial{Baud: 1200, Parity: "odd", Stop: 1}},
	} {
		want.URL = raw
		got, err := endpoint.Parse(raw)
		require.NoError(t, err, raw)
		require.Equal(t, want, got)
	}
	for raw, want := range map[string]string{
		"tcp://h:502":                  "unknown scheme, want modbus, rtuovertcp, rtu",
		"modbus://h":                   "want modbus://host:port",
		"modbus://:502":                "want modbus://host:port",
		"modbus:":                      "want modbus://host:port",
		"rtu://ttyUSB0":                "want rtu:///dev/ttyX",
		"rtu:///":                      "want rtu:///dev/ttyX",
		"rtu:///dev/ttyS0?baud=fast":   `baud "fast": want 300 to 4000000`,
		"rtu:///dev/ttyS0?parity=mark": `parity "mark": want none, even or odd`,
		"rtu:///dev/ttyS0?stop=3":      `stop "3": want 1 or 2`,
		"rtu:///dev/ttyS0?bauds=9600":  `unknown setting "bauds"`,
		"http://[":                     "missing ']'",
		"":                             "unknown scheme",
	} {
		_, err := endpoint.Parse(raw)
		require.ErrorContains(t, err, want, raw)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	key := func(raw string) string {
		e, err := endpoint.Parse(raw)
		require.NoError(t, err)
		return e.Key()
	}
	require.Equal(t, key("modbus://Gateway:502"), key("rtuovertcp://gateway:502?baud=9600"))
	require.NotEqual(t, key("modbus://gateway:502"), key("modbus://gateway:503"))
	require.Equal(t, key("rtu:///dev/ttyS0"), key("rtu:///dev//ttyS0?baud=1200"))
}

func TestCharBits(t *testing.T) {
	t.Parallel()
	require.Equal(t, 11, endpoint.Serial{Parity: "even", Stop: 1}.CharBits())
	require.Equal(t, 10, endpoint.Serial{Parity: "none", Stop: 1}.CharBits())
	require.Equal(t, 11, endpoint.Serial{Parity: "none", Stop: 2}.CharBits())
}
