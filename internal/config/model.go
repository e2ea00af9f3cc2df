package config

import (
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// Config is a whole configuration folder: gtc.yaml, sites/*.yaml and the
// device profiles (the shipped library and profiles/*.yaml).
type Config struct {
	// Dir is the folder it was read from.
	Dir      string
	Hub      Hub
	Sites    []*Site
	Profiles map[string]*profile.Profile
	// Warnings are what is allowed and probably not meant.
	Warnings Mistakes
}

// Hub is gtc.yaml: what the hub needs to know.
type Hub struct {
	Influx  Influx   `yaml:"influx"`
	Bus     Bus      `yaml:"bus"`
	Console Console  `yaml:"console"`
	Notify  Notify   `yaml:"notify"`
	Factors []Factor `yaml:"factors"`
	Tariffs []Tariff `yaml:"tariffs"`
	Carbon  Carbon   `yaml:"carbon"`
	// CalorificValues are the dated gross calorific values of gas networks.
	CalorificValues []CalorificValue `yaml:"calorific_values"`
}

// Influx says where InfluxDB is. An empty URL lets `gtc demo` run its own.
type Influx struct {
	URL string `yaml:"url"`
	Org string `yaml:"org"`
	// TokenFile holds the token ("user:password" on 1.8); the environment
	// variable GTC_INFLUX_TOKEN comes first.
	TokenFile string `yaml:"token_file"`
}

// Bus is the hub's NATS server.
type Bus struct {
	// Listen is the client address of the hub, loopback by default.
	Listen string `yaml:"listen"`
	// Join is the client address of another hub (nats://host:port, tls:// where
	// it has a certificate) whose work this one shares, "" for none. Of the
	// other keys only PasswordFile and CAFile count then.
	Join string `yaml:"join"`
	// PasswordFile holds the password of Listen, without which nobody connects
	// there; GTC_BUS_PASSWORD comes first.
	PasswordFile string `yaml:"password_file"`
	// LeafListen is the address that edges dial.
	LeafListen string `yaml:"leaf_listen"`
	// Dir holds the hub's streams.
	Dir string `yaml:"dir"`
	// CertFile and KeyFile secure the leaf listener; required when it does not
	// listen on loopback. CAFile is the authority that edges verify it by.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	CAFile   string `yaml:"ca_file"`
	// CredentialsDir holds one file a site with the edge's password.
	CredentialsDir string `yaml:"credentials_dir"`
}

// Site is one sites/<site>.yaml.
type Site struct {
	// File is the path it was read from, relative to the folder.
	File string `yaml:"-"`

	ID       gtc.SiteID   `yaml:"site"`
	Label    gtc.Label    `yaml:"label"`
	Category gtc.Category `yaml:"category"`
	Address  string       `yaml:"address"`
	TimeZone string       `yaml:"time_zone"`
	AreaM2   float64      `yaml:"area_m2"`
	// WeatherStation is the id of the station that serves its baselines.
	WeatherStation string `yaml:"weather_station"`
	// WeatherEquipment, when set, is the equipment of kind weather whose
	// air_temp makes the days of WeatherStation (at one site a station).
	WeatherEquipment gtc.EquipmentID `yaml:"weather_equipment"`
	// Hub says how the edge reaches the hub.
	Hub EdgeHub `yaml:"hub"`
	// FireLostCallMinutes is how long the loss of the edge of a site with a fire
	// panel is on the screen before somebody is called: 0 to 30, nil for 10.
	FireLostCallMinutes *int `yaml:"fire_lost_call_minutes"`
	// Modem, when given, lets the site itself tell of the worst.
	Modem       SiteModem    `yaml:"modem"`
	Broker      Broker       `yaml:"broker"`
	Connections []Connection `yaml:"connections"`
	Equipment   []Equipment  `yaml:"equipment"`
	Devices     []Device     `yaml:"devices"`
	Meters      []Meter      `yaml:"meters"`
	// Buildings are those of a site of several, which a meter may serve.
	Buildings []Building `yaml:"buildings"`
	// CalorificValues come before those of gtc.yaml.
	CalorificValues []CalorificValue `yaml:"calorific_values"`
	// WeatherFallbacks are stations that fill the days that WeatherStation
	// lacks, in order.
	WeatherFallbacks []string `yaml:"weather_fallbacks"`
	// Calendar says on which days the site is used, for its baselines.
	Calendar *Calendar `yaml:"calendar"`
	// StaticFactors are dated changes of what consumption follows beside the
	// weather.
	StaticFactors []StaticFactor `yaml:"static_factors"`
	// Publish says which values other programs of the building may see.
	Publish Publish `yaml:"publish"`

	// gas are the calorific values of gtc.yaml.
	gas []CalorificValue
	// warnings are what is allowed here and probably not meant.
	warnings Mistakes
}

// EdgeHub says how a site's edge reaches the hub.
type EdgeHub struct {
	// URL of the hub's leaf listener, for example tls://hub.example.org:7422.
	URL string `yaml:"url"`
	// PasswordFile holds the edge's password; GTC_HUB_PASSWORD comes first.
	PasswordFile string `yaml:"password_file"`
	CAFile       string `yaml:"ca_file"`
	// Limit is how many bytes a second of the waiting samples the hub takes, 0
	// for no limit. Live values and events are never held back.
	Limit int `yaml:"limit"`
}

// Broker is the MQTT listener of the edge's own server; empty means none.
type Broker struct {
	Listen string `yaml:"listen"`
	// CertFile and KeyFile make it speak TLS; with CAFile clients must show a
	// certificate of that authority.
	CertFile string       `yaml:"cert_file"`
	KeyFile  string       `yaml:"key_file"`
	CAFile   string       `yaml:"ca_file"`
	Users    []BrokerUser `yaml:"users"`
}

// BrokerUser is a client of the edge's own broker with its topic rights.
type BrokerUser struct {
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"password_file"`
	Publish      []string `yaml:"publish"`
	Subscribe    []string `yaml:"subscribe"`
}

// Connection is one bus or broker.
type Connection struct {
	ID string `yaml:"id"`
	// URL: modbus://host:port (Modbus TCP), rtuovertcp://host:port,
	// rtu:///dev/ttyX?baud=9600&parity=even&stop=1, or mqtt://host:port.
	URL string `yaml:"url"`
	// Timeout of one request, 2 s by default; DialTimeout of opening the
	// connection, 3 s; FrameTimeout of a pause within an answer, 250 ms.
	Timeout      time.Duration `yaml:"timeout"`
	DialTimeout  time.Duration `yaml:"dial_timeout"`
	FrameTimeout time.Duration `yaml:"frame_timeout"`
	// Silence is how long a Modbus line is left alone after an error that
	// leaves it in doubt; the longest answer so far by default.
	Silence time.Duration `yaml:"silence"`
	// Pause between two requests, 0 by default.
	Pause time.Duration `yaml:"pause"`
	// IdleClose, when given, closes a Modbus connection when nothing is due
	// for that long: others want the one session that the device allows.
	IdleClose    time.Duration `yaml:"idle_close"`
	User         string        `yaml:"user"`
	PasswordFile string        `yaml:"password_file"`
	// CAFile verifies the server of an mqtts connection, the system's
	// authorities when empty; CertFile and KeyFile are the client's own.
	CAFile   string `yaml:"ca_file"`
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// Status is the MQTT topic on which the collector says online and offline
	// (retained, and its will); nothing is said when empty.
	Status string `yaml:"status"`
}

// Equipment is one machine, meter, panel or room as written in a site file.
type Equipment struct {
	ID      gtc.EquipmentID `yaml:"id"`
	Kind    gtc.Kind        `yaml:"kind"`
	Label   gtc.Label       `yaml:"label"`
	Privacy gtc.Privacy     `yaml:"privacy"`
	// Condensing says that a boiler is built to condense.
	Condensing bool `yaml:"condensing"`
	// LimitC is the temperature in °C that a cold room must not exceed, for its
	// monthly record; nil where it follows the set point that is read.
	LimitC *float64 `yaml:"limit_c"`
	// Points says what is particular to single points: who owns them, within
	// what limits they are written, who may see them, how often they are kept.
	Points map[gtc.PointID]PointSettings `yaml:"points"`
}

// PointSettings is what a site says about one point of an equipment.
type PointSettings struct {
	// Owner says who writes the point: gtc, incumbent or local. A point
	// without an owner is read only.
	Owner gtc.Owner `yaml:"owner"`
	// Limits within which gtc writes it. A point without limits is read only,
	// whoever owns it.
	Limits *profile.Limits `yaml:"limits"`
	// Privacy raises the class of the point; nil leaves it.
	Privacy *gtc.Privacy `yaml:"privacy"`
	// Deadband, in the point's unit, is the change below which a new value is
	// not kept, Heartbeat how old the kept one may become; they replace the
	// profile's. A deadband of 0 keeps every value.
	Deadband  *float64      `yaml:"deadband"`
	Heartbeat time.Duration `yaml:"heartbeat"`
}

// Device is what answers on a connection.
type Device struct {
	ID         gtc.DeviceID `yaml:"id"`
	Connection string       `yaml:"connection"`
	Profile    string       `yaml:"profile"`
	// Unit is the Modbus unit id, 1 by default.
	Unit uint8 `yaml:"unit"`
	// Topic is the MQTT topic prefix that replaces the profile's {topic}.
	Topic string `yaml:"topic"`
	// Equipment gives the equipment id of each slot of the profile. A slot
	// not named here is not read.
	Equipment map[string]gtc.EquipmentID `yaml:"equipment"`
	// Contacts name the points behind the inputs of a digital-input module
	// (profiles with contacts only).
	Contacts []Contact `yaml:"contacts"`
}

// Contact is one input of a digital-input module.
type Contact struct {
	// Input is the number printed on the module, from 0.
	Input     int             `yaml:"input"`
	Equipment gtc.EquipmentID `yaml:"equipment"`
	Point     gtc.PointID     `yaml:"point"`
	// Normally is open or closed: the state in which the point is false.
	Normally string `yaml:"normally"`
	// Debounce is how long the input must stay in a new state before it is
	// believed. Not for life safety, which is never delayed.
	Debounce time.Duration `yaml:"debounce"`
}
