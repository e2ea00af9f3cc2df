package region

import "github.com/cpas-charleroi/gtc"

// kind is a type of building of the centre.
type kind struct {
	prefix      string
	names       Names
	category    gtc.Category
	least, most float64 // m²
	submeter    Names
	ventilation []string
	servers     bool
	rooms       []Room
	coldRooms   []Room
}

func kitchenElectricity() Names {
	return Names{"Électricité cuisine", "Elektriciteit keuken", "Kitchen electricity"}
}

func lighting() Names {
	return Names{"Électricité éclairage", "Elektriciteit verlichting", "Lighting electricity"}
}

// typeOf spreads the types as the centre has them: of fifty sites nine rest
// homes, as many social offices and community centres, housing, and some of
// each other type.
func typeOf(number int) kind {
	all := map[byte]kind{
		'r': {
			prefix: "mr", names: Names{"Maison de repos", "Woonzorgcentrum", "rest home"}, category: gtc.CategoryRestHome,
			least: 3200, most: 6800, submeter: kitchenElectricity(), ventilation: []string{"systemair-topvex", "swegon-gold", ""},
			rooms: []Room{{ID: "salle-a-manger", Names: Names{"Salle à manger", "Eetzaal", "Dining room"}, Privacy: 1}, {ID: "salon", Names: Names{"Salon", "Salon", "Lounge"}, Privacy: 1}},
		},
		's': {
			prefix: "antenne", names: Names{"Antenne sociale", "Sociaal kantoor", "social office"}, category: gtc.CategorySocialOffice,
			least: 420, most: 1600, submeter: lighting(), ventilation: []string{"", "", "systemair-topvex"}, servers: true,
			rooms: []Room{{ID: "salle-attente", Names: Names{"Salle d'attente", "Wachtzaal", "Waiting room"}, Privacy: 1}, {ID: "salle-reunion", Names: Names{"Salle de réunion", "Vergaderzaal", "Meeting room"}, Privacy: 1}},
		},
		'c': {
			prefix: "ec", names: Names{"Espace citoyen", "Buurtcentrum", "community centre"}, category: gtc.CategoryCommunityCentre,
			least: 650, most: 1700, submeter: Names{"Électricité salle polyvalente", "Elektriciteit polyvalente zaal", "Hall electricity"}, ventilation: []string{"", "swegon-gold"},
			rooms: []Room{{ID: "salle-polyvalente", Names: Names{"Salle polyvalente", "Polyvalente zaal", "Hall"}, Privacy: 1}},
		},
		'h': {
			prefix: "logements", names: Names{"Logements de transit", "Transitwoningen", "transit housing"}, category: gtc.CategoryHousing,
			least: 500, most: 2200, submeter: Names{"Électricité communs", "Elektriciteit gemene delen", "Common parts electricity"}, ventilation: []string{""},
			rooms: []Room{{ID: "hall-entree", Names: Names{"Hall d'entrée", "Inkomhal", "Entrance hall"}, Privacy: 1}},
		},
		'k': {
			prefix: "cuisine", names: Names{"Cuisine", "Keuken", "kitchen"}, category: gtc.CategoryKitchen,
			least: 350, most: 1100, submeter: Names{"Électricité froid", "Elektriciteit koeling", "Refrigeration electricity"}, ventilation: []string{"systemair-topvex"},
			coldRooms: []Room{
				{ID: "chambre-froide", Names: Names{"Chambre froide", "Koelcel", "Cold room"}, Profile: ColdRoomProfile},
				{ID: "congelateur", Names: Names{"Chambre de congélation", "Vriescel", "Freezer room"}},
			},
		},
		'n': {
			prefix: "abri", names: Names{"Abri de nuit", "Nachtopvang", "night shelter"}, category: gtc.CategoryNightShelter,
			least: 400, most: 1000, submeter: Names{"Électricité buanderie", "Elektriciteit wasserij", "Laundry electricity"}, ventilation: []string{"", "swegon-gold"},
			rooms: []Room{{ID: "dortoir", Names: Names{"Dortoir", "Slaapzaal", "Dormitory"}, Privacy: 3}},
		},
		'o': {
			prefix: "bureaux", names: Names{"Bureaux", "Kantoren", "offices"}, category: gtc.CategoryOffice,
			least: 900, most: 5200, submeter: lighting(), ventilation: []string{"systemair-topvex", "swegon-gold"}, servers: true,
			rooms: []Room{{ID: "salle-conseil", Names: Names{"Salle du conseil", "Raadzaal", "Council room"}, Privacy: 1}},
		},
	}
	const order = "schrsochrsckhcsnrhcsohrcskhcrshcosrhcnshckrsoch"
	return all[order[(number-1)%len(order)]]
}

// ColdRoomProfile is the profile of the sensors in cold rooms.
const ColdRoomProfile = "zigbee2mqtt-cold-room"

// place is a part of the town.
type place struct{ id, name, postcode string }

func places() []place {
	return []place{
		{"charleroi", "Charleroi", "6000"},
		{"marcinelle", "Marcinelle", "6001"},
		{"couillet", "Couillet", "6010"},
		{"dampremy", "Dampremy", "6020"},
		{"marchienne", "Marchienne-au-Pont", "6030"},
		{"goutroux", "Goutroux", "6030"},
		{"monceau", "Monceau-sur-Sambre", "6031"},
		{"mont", "Mont-sur-Marchienne", "6032"},
		{"jumet", "Jumet", "6040"},
		{"gosselies", "Gosselies", "6041"},
		{"lodelinsart", "Lodelinsart", "6042"},
		{"ransart", "Ransart", "6043"},
		{"roux", "Roux", "6044"},
		{"gilly", "Gilly", "6060"},
		{"montignies", "Montignies-sur-Sambre", "6061"},
	}
}

// possible is a fault that a generated site may have, and its sizes.
type possible struct {
	kind        string
	least, most float64
}

func faultsFor(s Spec) []possible {
	out := []possible{
		{"dhw_loop_loss", 1.5, 4},
		{"base_load_creep", 0.3, 0.8},
		{"curve_too_high", 6, 14},
		{"efficiency_loss", 0.1, 0.25},
		{"gas_leak_night", 0.3, 1.2},
		{"window_left_open", 0.2, 0.6},
	}
	if s.Category != gtc.CategoryRestHome {
		out = append(out, possible{"setback_lost", 0.7, 1})
	}
	if s.Ventilation != "" {
		out = append(out, possible{"night_ventilation", 0.6, 1})
	}
	return out
}
