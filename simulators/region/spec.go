package region

import (
	"fmt"
	"math"

	"github.com/cpas-charleroi/gtc"
)

// Names is a label in the three languages of the screens.
type Names struct{ FR, NL, EN string }

// Spec is one site: what stands in it and which devices it is read through.
type Spec struct {
	ID       string
	Names    Names
	Category gtc.Category
	Address  string
	AreaM2   float64
	// Number is the site's place in the park, from 1: it makes ports and EANs.
	Number int
	// Station tells that the site's outdoor sensor makes the days of the
	// weather station.
	Station bool

	// Controller is the profile of the heating controller, Submeter that of
	// the second electricity meter, Intrusion that of the panel's interface.
	Controller, Submeter, Intrusion string
	// SubmeterNames says what the second meter measures, SubmeterShare the
	// part of the electricity, 0 to 1.
	SubmeterNames Names
	SubmeterShare float64
	// HeatOverMQTT reads the heat meter behind an M-Bus gateway.
	HeatOverMQTT bool
	// BoilerGateway reads the boiler itself, beside its contacts.
	BoilerGateway bool
	// FireGateway reads the fire panel through its maker's gateway too; else
	// it is nothing but relays on a digital-input module.
	FireGateway bool
	// Zones of the fire panel, 1 to 3.
	Zones int
	// Ventilation is the profile of the air handling unit, "" for none.
	Ventilation string
	Rooms       []Room
	ColdRooms   []Room
	Servers     bool
	// Publishes tells that other programs of the building may see some values.
	Publishes bool
	// Comment stands at the head of the file.
	Comment string
}

// Room is a room or cold room with a sensor of its own.
type Room struct {
	ID    string
	Names Names
	// Profile of the sensor; a cold room without one has its contacts only.
	Profile string
	// Privacy class as in a site file.
	Privacy int
}

const (
	// Ports: three a site. The first sites fit on 127.0.0.1, below the ports
	// that the system gives out; more go on at the next loopback address.
	firstPort  = 15001
	portsASite = 10
	sitesAHost = 1500

	eanPrefix = "9999999999"

	wattsElec    = 30.0 // W/m² that no site exceeds, kitchens apart
	wattsKitchen = 150.0
)

// address is the n-th (0 to 2) address of the site.
func (s Spec) address(n int) string {
	site := s.Number - 1
	return fmt.Sprintf("127.0.%d.1:%d", site/sitesAHost, firstPort+portsASite*(site%sitesAHost+1)+n)
}

// Heating is the address of what stands in the boiler room.
func (s Spec) Heating() string { return s.address(0) }

// Fire is the address of what carries the fire panel.
func (s Spec) Fire() string { return s.address(1) }

// Broker is the address of the site's own MQTT broker.
func (s Spec) Broker() string { return s.address(2) }

// EAN returns the number of the n-th access point of the site, 18 digits.
func (s Spec) EAN(n int) string { return fmt.Sprintf("%s%08d", eanPrefix, s.Number*10+n) }

// GasPerHour is the largest plausible rise of the gas meter in an hour, m³.
func (s Spec) GasPerHour() float64 { return math.Max(30, math.Ceil(s.AreaM2*0.0155/10)*10) }

// HeatPerHour is the largest plausible rise of the heat meter, kWh.
func (s Spec) HeatPerHour() float64 { return s.GasPerHour() * 11 }

// ElecPerHour is the largest plausible rise of the electricity meters, kWh.
func (s Spec) ElecPerHour() float64 {
	watts := wattsElec
	if s.Category == gtc.CategoryKitchen {
		watts = wattsKitchen
	}
	return math.Max(60, math.Ceil(s.AreaM2*watts/1000/10)*10)
}

// Writable reports whether the controller's profile can write set points.
func (s Spec) Writable() bool { return s.Controller == "danfoss-ecl310-a247" }

// Relays lists the inputs of the fire panel's module, in order.
func (s Spec) Relays() []Relay {
	var out []Relay
	add := func(point, normally string) { out = append(out, Relay{len(out), point, normally}) }
	if !s.FireGateway {
		add("fire_alarm", "open")
	}
	add("pre_alarm", "open")
	if !s.FireGateway {
		add("system_fault", "closed")
	}
	add("mains_fail", "closed")
	add("battery_fault", "closed")
	add("disablement", "open")
	add("test", "open")
	add("routing_fault", "closed")
	for zone := 1; zone <= s.Zones; zone++ {
		add(fmt.Sprintf("zone_%02d_alarm", zone), "open")
	}
	return out
}

// Relay is one input of a digital-input module.
type Relay struct {
	Input           int
	Point, Normally string
}

// User is a client of the site's broker.
type User struct{ Name, Filter string }

// Users lists the clients that publish.
func (s Spec) Users() []User {
	users := []User{{"compteur-p1", "p1/#"}, {"passerelle-intrusion", s.IntrusionTopic() + "/#"}}
	if s.HeatOverMQTT {
		users = append(users, User{"passerelle-mbus", "wmbusmeters/#"})
	}
	if s.Servers {
		users = append(users, User{"compteur-serveurs", "shellypro3em-serveurs/#"})
	}
	seen := map[string]bool{}
	for _, r := range append(append([]Room(nil), s.Rooms...), s.ColdRooms...) {
		u := r.user()
		if r.Profile != "" && !seen[u.Name] {
			seen[u.Name] = true
			users = append(users, u)
		}
	}
	return users
}

// IntrusionTopic is the prefix of the intrusion panel's interface.
func (s Spec) IntrusionTopic() string { return "paradox" }

func (r Room) user() User {
	switch r.Profile {
	case "chirpstack-climate":
		return User{"serveur-lorawan", "application/#"}
	case "shelly-ht":
		return User{"sonde-" + r.ID, "shellyplusht-" + r.ID + "/#"}
	}
	return User{"passerelle-zigbee", "zigbee2mqtt/#"}
}

// Topic is the prefix of the room's sensor.
func (r Room) Topic() string {
	switch r.Profile {
	case "chirpstack-climate":
		return "application/1/device/" + r.ID
	case "shelly-ht":
		return "shellyplusht-" + r.ID
	}
	return "zigbee2mqtt/" + r.ID
}
