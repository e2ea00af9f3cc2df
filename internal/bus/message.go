package bus

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/cpas-charleroi/gtc"
)

// The streams, of the same names on the edge and at the hub.
const (
	StreamSamples  = "SAMPLES"
	StreamEvents   = "EVENTS"
	StreamRejected = "REJECTED"
)

// DurableIngest begins the names of the hub consumers whose progress is what
// InfluxDB has: see IngestConsumer.
const DurableIngest = "INGEST"

// BucketState is the hub's key-value bucket of alarm states, findings and
// acknowledgements.
const BucketState = "state"

// The headers of messages.
const (
	HeaderFormat   = "Gtc-Format"
	HeaderDatabase = "Gtc-Database"
	HeaderBoot     = "Gtc-Boot"
	HeaderSeq      = "Gtc-Seq"
	HeaderReason   = "Gtc-Reason"
)

// FormatLines is the format of samples: InfluxDB line protocol with
// millisecond stamps.
const FormatLines = "lp-ms/1"

// hubConsumer is the durable consumer that the hub reads on each edge stream.
const hubConsumer = "HUB"

// metaStreamCreated is the key under which the HUB consumer tells when its
// stream was made, in Unix nanoseconds.
const metaStreamCreated = "gtc_stream_created"

// ErrNotLinked tells that a site's edge cannot be reached now.
var ErrNotLinked = errors.New("edge not linked")

var siteID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,39}$`)

func checkSite(id gtc.SiteID) error {
	if !siteID.MatchString(string(id)) || id == hubDomain {
		return fmt.Errorf("site id %q: not of the form [a-z0-9][a-z0-9-]{1,39} or reserved", id)
	}
	return nil
}

// The subjects on the edge and on the link.
func sampleSubject(s gtc.SiteID) string  { return "gtc." + string(s) + ".sample" }
func eventSubject(s gtc.SiteID) string   { return "gtc." + string(s) + ".event" }
func healthSubject(s gtc.SiteID) string  { return "gtc." + string(s) + ".health" }
func liveSubject(s gtc.SiteID) string    { return "gtc." + string(s) + ".live" }
func commandSubject(s gtc.SiteID) string { return "gtc." + string(s) + ".command" }
func inboxPrefix(s gtc.SiteID) string    { return "gtc." + string(s) + "._in" }

// The subjects of the hub's streams.
func inSubject(s gtc.SiteID, what string) string { return "in." + string(s) + "." + what }

// Message is one message of a hub stream.
type Message struct {
	Site gtc.SiteID
	// Format of Data, FormatLines for samples, "" for events.
	Format string
	// Database is where the lines of a sample message go, "" for events.
	Database string
	Data     []byte
	// Seq is the message's number in its hub stream.
	Seq uint64
	// Received is the instant the hub stored it.
	Received time.Time
	// ID is the message's id: <site>.<stream created>.<sequence>, or an event id.
	ID string
}

// Health is an edge's heartbeat.
type Health struct {
	Site gtc.SiteID `json:"site"`
	// Boot identifies one run of the edge; Seq counts its heartbeats from 1.
	Boot    string         `json:"boot"`
	Seq     uint64         `json:"seq"`
	At      time.Time      `json:"at"`
	Devices []DeviceHealth `json:"devices,omitempty"`
	// Queued is the number of messages the hub has not taken yet.
	Queued uint64 `json:"queued"`
	// Fill is how near the queue is to discarding what the hub has not taken,
	// 0 to 1; Lost the number of messages discarded so, since the queue was
	// made; Dropped the number of lines that never reached it, in this run.
	Fill    float64 `json:"fill,omitempty"`
	Lost    uint64  `json:"lost,omitempty"`
	Dropped uint64  `json:"dropped,omitempty"`
	// Refused says why the queue takes nothing, "" when it takes.
	Refused string `json:"refused,omitempty"`
	// ClockWrong tells that the machine's clock is not set: instants wait or
	// are estimates.
	ClockWrong bool `json:"clock_wrong,omitempty"`
}

// DeviceHealth is how one device of a site answers.
type DeviceHealth struct {
	Device  gtc.DeviceID `json:"device"`
	Profile string       `json:"profile,omitempty"`
	// Online is meaningless until Known: before the first answer or failure a
	// device is neither online nor offline.
	Online      bool      `json:"online"`
	Known       bool      `json:"known"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastError   string    `json:"last_error,omitempty"`
	Polls       uint64    `json:"polls"`
	Errors      uint64    `json:"errors"`
	// LatencyMS is the smoothed answer time in milliseconds; P50MS and P95MS
	// are the percentiles of the last answers.
	LatencyMS float64 `json:"latency_ms"`
	P50MS     float64 `json:"p50_ms,omitempty"`
	P95MS     float64 `json:"p95_ms,omitempty"`
	// Timeouts counts requests without an answer, Reconnects how often the way
	// to the device was opened again, Exceptions what it refused, by Modbus
	// exception code.
	Timeouts   uint64            `json:"timeouts,omitempty"`
	Reconnects uint64            `json:"reconnects,omitempty"`
	Exceptions map[string]uint64 `json:"exceptions,omitempty"`
	// Refused is the number of points that the device refuses at present.
	Refused int `json:"refused,omitempty"`
}

// carried are the headers that a message keeps on its way from an edge to the
// hub. All others are dropped: some steer the server (expected sequences, time
// to live, roll-up), and an edge must not steer the hub's.
func carried(in nats.Header) nats.Header {
	out := nats.Header{}
	for _, k := range []string{HeaderFormat, HeaderDatabase, HeaderBoot, HeaderSeq} {
		if v := in.Get(k); v != "" {
			out.Set(k, v)
		}
	}
	return out
}
