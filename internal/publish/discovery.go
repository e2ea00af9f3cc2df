package publish

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// entity is what Home Assistant wants to know of a sensor.
type entity struct {
	Name              string `json:"name"`
	UniqueID          string `json:"unique_id"`
	StateTopic        string `json:"state_topic"`
	ValueTemplate     string `json:"value_template"`
	AvailabilityTopic string `json:"availability_topic"`
	Unit              string `json:"unit_of_measurement,omitempty"`
	DeviceClass       string `json:"device_class,omitempty"`
	StateClass        string `json:"state_class,omitempty"`
	PayloadOn         string `json:"payload_on,omitempty"`
	PayloadOff        string `json:"payload_off,omitempty"`
	Device            owner  `json:"device"`
}

// owner groups the sensors of one equipment.
type owner struct {
	Identifiers   []string `json:"identifiers"`
	Name          string   `json:"name"`
	SuggestedArea string   `json:"suggested_area,omitempty"`
}

// announcement returns the discovery message of a point.
func (p *Publisher) announcement(discovery string, s gtc.Series, pt *point) (topic string, payload []byte) {
	underscores := strings.NewReplacer("-", "_")
	id := underscores.Replace(fmt.Sprintf("gtc_%s_%s_%s", s.Site, s.Equipment, s.Point))
	e := entity{
		Name: pt.def.Label.In("fr"), UniqueID: id, StateTopic: pt.topic, AvailabilityTopic: p.Status(),
		ValueTemplate: "{{ value_json.value }}",
		Device: owner{
			Identifiers:   []string{underscores.Replace(fmt.Sprintf("gtc_%s_%s", s.Site, s.Equipment))},
			Name:          p.equipment[s.Equipment].Label.In("fr"),
			SuggestedArea: p.o.Site.Label.In("fr"),
		},
	}
	if e.Name == "" {
		e.Name = string(s.Point)
	}
	if e.Device.Name == "" {
		e.Device.Name = string(s.Equipment)
	}
	component := "sensor"
	switch pt.def.Type {
	case gtc.TypeBool:
		component = "binary_sensor"
		e.ValueTemplate, e.PayloadOn, e.PayloadOff = "{{ value_json.value | lower }}", "true", "false"
		if pt.def.Alarm {
			e.DeviceClass = "problem"
		}
	case gtc.TypeFloat:
		e.Unit, e.DeviceClass, e.StateClass = pt.def.Unit, deviceClass(pt.def.Unit, s.Kind), "measurement"
		if pt.def.Counter {
			e.StateClass = "total_increasing"
		}
	case gtc.TypeEnum, gtc.TypeNone:
	}
	data, err := json.Marshal(e)
	if err != nil { // texts only
		return "", nil
	}
	return fmt.Sprintf("%s/%s/%s/config", discovery, component, id), data
}

// deviceClass names what a unit measures in Home Assistant's words, "" when
// it has none.
func deviceClass(unit string, kind gtc.Kind) string {
	if unit == "m³" {
		switch kind {
		case gtc.KindGasMeter:
			return "gas"
		case gtc.KindWaterMeter:
			return "water"
		default:
			return "volume"
		}
	}
	return map[string]string{
		"°C": "temperature", "kW": "power", "kWh": "energy", "V": "voltage", "A": "current", "Hz": "frequency",
		"kVA": "apparent_power", "ppm": "carbon_dioxide", "lx": "illuminance", "bar": "pressure", "mbar": "pressure",
		"Pa": "pressure", "hPa": "pressure", "m³/h": "volume_flow_rate", "W/m²": "irradiance", "m/s": "wind_speed", "h": "duration",
	}[unit]
}
