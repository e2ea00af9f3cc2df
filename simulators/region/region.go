package region

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/simulators/noise"
)

// FullSites is how many sites the park of the whole centre has.
const FullSites = 50

// Full returns the park of the whole centre: the demo's sites as they are, and
// others from a seed up to [FullSites].
func Full(seed uint64) (Files, error) {
	files, err := Demo()
	if err != nil {
		return nil, err
	}
	have := 0
	for name := range files {
		if strings.HasPrefix(name, "sites/") {
			have++
		}
	}
	park := bytes.NewBuffer(files["park.yaml"])
	park.WriteString("\n")
	if err := add(files, park, seed, have, FullSites); err != nil {
		return nil, err
	}
	files["park.yaml"] = park.Bytes()
	return files, nil
}

// Of returns a park of n sites from a seed.
func Of(n int, seed uint64) (Files, error) {
	demo, err := Demo()
	if err != nil {
		return nil, err
	}
	files := Files{"gtc.yaml": demo["gtc.yaml"]}
	var park bytes.Buffer
	fmt.Fprintf(&park, "# A park of %d sites made from seed %d. The keys are described in docs/formats/park.md.\nseed: %d\nweather_seed: %d\n\nsites:\n",
		n, seed, seed, noise.Hash(seed, 0)>>1)
	if err := add(files, &park, seed, 0, n); err != nil {
		return nil, err
	}
	files["park.yaml"] = park.Bytes()
	return files, nil
}

// add makes the sites after the first have up to n, and what the park file
// says of them.
func add(files Files, park *bytes.Buffer, seed uint64, have, n int) error {
	for number := have + 1; number <= n; number++ {
		s := newSpec(seed, number)
		s.Station = number == 1
		site, err := s.Site()
		if err != nil {
			return err
		}
		name := "sites/" + s.ID + ".yaml"
		if files[name] != nil {
			return fmt.Errorf("make site %s: there are two", s.ID)
		}
		files[name] = site
		physics(park, s, dice{noise.Seed(seed, "physics "+s.ID)})
	}
	return nil
}

// dice throws numbers that depend on a seed and a name only, so that a park of
// 60 sites begins like one of 50.
type dice struct{ seed uint64 }

func (d dice) uniform(name string) float64 { return noise.Uniform(noise.Seed(d.seed, name), 0) }

// between returns a number from a to b.
func (d dice) between(name string, a, b float64) float64 { return a + (b-a)*d.uniform(name) }

func pick[T any](d dice, name string, from []T) T {
	return from[int(d.uniform(name)*float64(len(from)))]
}

// The edge's broker gives one client 15 filters; the meter and the intrusion
// panel take eleven of them, the meter of a server room four.
const (
	spareFilters  = 4
	serverFilters = 4
)

// filters is how many MQTT filters the room's sensor takes.
func (r Room) filters() int {
	if r.Profile == "zigbee2mqtt-climate" {
		return 3 // its values, whether it is there, whether the gateway is
	}
	return 1
}

// newSpec makes up one site.
func newSpec(seed uint64, number int) Spec {
	d := dice{noise.Seed(seed, fmt.Sprintf("site %d", number))}
	t := typeOf(number)
	place := places()[(number*7)%len(places())]
	s := Spec{
		ID: fmt.Sprintf("%s-%s-%d", t.prefix, place.id, number), Category: t.category, Number: number,
		Names: Names{
			FR: fmt.Sprintf("%s de %s %d", t.names.FR, place.name, number), NL: fmt.Sprintf("%s %s %d", t.names.NL, place.name, number),
			EN: fmt.Sprintf("%s %s %d", place.name, t.names.EN, number),
		},
		Address: place.postcode + " " + place.name,
		AreaM2:  10 * math.Round(d.between("area", t.least, t.most)/10),
		Comment: "Generated site: a building of a real kind with made-up figures.",

		Controller: pick(d, "controller", []string{"danfoss-ecl310-a247", "danfoss-ecl310-a247", "samson-trovis-5579"}),
		Submeter:   pick(d, "submeter", []string{"eastron-sdm630", "schneider-iem3155", "eastron-sdm630", "carlo-gavazzi-em24"}),
		Intrusion:  "paradox-pai",

		SubmeterNames: t.submeter, SubmeterShare: math.Round(100*d.between("share", 0.1, 0.4)) / 100,
		HeatOverMQTT: d.uniform("mbus") < 0.25, BoilerGateway: d.uniform("gateway") < 0.4,
		FireGateway: number%2 == 0, Zones: 1 + int(d.between("zones", 0, 2.99)),
		Ventilation: pick(d, "ventilation", t.ventilation),
		Servers:     t.servers && d.uniform("servers") < 0.5,
	}
	left := spareFilters
	if s.HeatOverMQTT {
		left--
	}
	for i, r := range t.rooms {
		r.Profile = pick(d, "room "+r.ID, []string{"zigbee2mqtt-climate", "zigbee2mqtt-climate", "chirpstack-climate"})
		if cost := r.filters(); cost <= left && (i == 0 || d.uniform("more rooms") < 0.6) {
			s.Rooms = append(s.Rooms, r)
			left -= cost
		}
	}
	s.Servers = s.Servers && left >= serverFilters
	s.ColdRooms = t.coldRooms
	return s
}

// physics writes what the park file says of a site: how it differs from its
// kind, and for one site in four what goes wrong.
func physics(park *bytes.Buffer, s Spec, d dice) {
	fmt.Fprintf(park, "  %s:\n    submeters: {elec-divisionnaire: %g", s.ID, s.SubmeterShare)
	if s.Servers {
		park.WriteString(", elec-serveurs: 0.08")
	}
	park.WriteString("}\n")
	if s.Category != gtc.CategoryRestHome {
		fmt.Fprintf(park, "    comfort_temp: %g\n", math.Round(2*d.between("comfort", 19.5, 21))/2)
	}
	fmt.Fprintf(park, "    boiler_efficiency: %.2f\n", d.between("efficiency", 0.8, 0.92))
	if d.uniform("fault") >= 0.25 {
		return
	}
	f := pick(d, "kind", faultsFor(s))
	fmt.Fprintf(park, "    faults:\n      - {fault: %s, from: -%dd", f.kind, 60+int(d.between("from", 0, 240)))
	if f.most > 0 {
		fmt.Fprintf(park, ", size: %.2f", d.between("size", f.least, f.most))
	}
	if d.uniform("ramp") < 0.3 {
		fmt.Fprintf(park, ", ramp: %dd", 20+int(d.between("days", 0, 60)))
	}
	park.WriteString("}\n")
}
