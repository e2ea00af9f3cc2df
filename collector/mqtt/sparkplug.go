package mqtt

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
)

// rebirthEvery is the shortest time between two requests for a rebirth.
const rebirthEvery = 10 * time.Second

var (
	errNoAlias = errors.New("alias of no birth")
	errUnborn  = errors.New("data before a birth")
	errSeq     = errors.New("gap in the sequence")
)

// node is a Sparkplug edge node: its births and its sequence, which runs
// through the messages of all its devices.
type node struct {
	group, name string
	// readers are the devices of the site that live on the node.
	readers []reader
	born    bool
	bdSeq   string
	next    uint64
	// aliases and types are what the births said.
	aliases map[uint64]string
	types   map[string]uint64
	asked   time.Time
}

// sparkplugNodes returns the nodes behind the devices, by group/node.
func sparkplugNodes(devices []*device) map[string]*node {
	nodes := map[string]*node{}
	for _, d := range devices {
		for i := range d.Profile.Topics {
			t := &d.Profile.Topics[i]
			if t.Format != profile.FormatSparkplug {
				continue
			}
			group, name, _ := profile.SparkplugNode(d.Topic)
			n := nodes[group+"/"+name]
			if n == nil {
				n = &node{group: group, name: name}
				n.forget()
				nodes[group+"/"+name] = n
			}
			n.readers = append(n.readers, reader{d, t})
		}
	}
	return nodes
}

func (n *node) forget() {
	n.born, n.bdSeq, n.aliases, n.types = false, "", map[uint64]string{}, map[string]uint64{}
}

// nodeOf returns the node that publishes on a topic, nil for other topics.
func (w *worker) nodeOf(topic string) *node {
	levels := strings.Split(topic, "/")
	if len(w.nodes) == 0 || len(levels) < 4 || levels[0] != "spBv1.0" {
		return nil
	}
	return w.nodes[levels[1]+"/"+levels[3]]
}

// sparkplug takes one message of a node.
func (w *worker) sparkplug(n *node, m message, at time.Time) {
	levels := strings.SplitN(m.Topic(), "/", 5)
	kind, name := levels[2], ""
	if len(levels) == 5 {
		name = levels[4]
	}
	if strings.HasSuffix(kind, "CMD") {
		return // what others tell the node
	}
	if len(m.Payload()) > maxPayload {
		w.refuse(n.readers[0].device, m, Oversized, fmt.Errorf("%d bytes: %w", len(m.Payload()), errOversized))
		return
	}
	p, err := profile.ParseSparkplug(m.Payload())
	if err != nil {
		w.refuse(n.readers[0].device, m, Undecodable, err)
		return
	}
	switch kind {
	case "NBIRTH":
		n.forget()
		n.born, n.bdSeq, n.next = true, bdSeq(p), p.Seq+1
	case "NDEATH":
		w.nodeDied(n, p, at)
		return
	default:
		w.sequence(n, m, p, at)
	}
	switch kind {
	case "NBIRTH", "DBIRTH":
		n.learn(p)
	case "DDEATH":
		w.died(n, name, at)
		return
	}
	w.metrics(n, m, name, p, at)
}

// sequence checks a message's number and asks for a rebirth when one before
// it is missing: names or values were in what did not arrive.
func (w *worker) sequence(n *node, m message, p profile.SparkplugPayload, at time.Time) {
	var err error
	switch {
	case !n.born:
		err = errUnborn
	case p.HasSeq && p.Seq != n.next%256:
		err = fmt.Errorf("%w: %d after %d", errSeq, p.Seq, (n.next+255)%256)
	}
	n.next = p.Seq + 1
	if err != nil {
		w.askRebirth(n, m, at, err)
	}
}

func (w *worker) askRebirth(n *node, m message, at time.Time, why error) {
	w.refusals.add(n.readers[0].device.ID, m.Topic(), Incomplete, m.Payload(), why)
	if at.Sub(n.asked) < rebirthEvery || w.rebirth == nil {
		return
	}
	n.asked = at
	w.o.Log.Warn().Str("node", n.group+"/"+n.name).Err(why).Msg("asking for a rebirth")
	w.rebirth("spBv1.0/"+n.group+"/NCMD/"+n.name, profile.AppendSparkplug(nil, profile.SparkplugPayload{
		At:      at,
		Metrics: []profile.SparkplugMetric{{Name: "Node Control/Rebirth", Datatype: profile.SparkplugBoolean, Text: "true"}},
	}))
}

// learn keeps the names, aliases and types of a birth.
func (n *node) learn(p profile.SparkplugPayload) {
	for _, metric := range p.Metrics {
		if metric.Name == "" || len(n.types) >= maxTopics {
			continue
		}
		n.types[metric.Name] = metric.Datatype
		if metric.HasAlias {
			n.aliases[metric.Alias] = metric.Name
		}
	}
}

// metrics gives the metrics their names and emits those that are points.
func (w *worker) metrics(n *node, m message, name string, p profile.SparkplugPayload, at time.Time) {
	for i := range p.Metrics {
		metric := &p.Metrics[i]
		if metric.Name == "" && metric.HasAlias {
			metric.Name = n.aliases[metric.Alias]
			if metric.Name == "" {
				w.askRebirth(n, m, at, fmt.Errorf("%w: %d", errNoAlias, metric.Alias))
			}
		}
		*metric = metric.Typed(n.types[metric.Name])
	}
	for _, r := range n.readers {
		if _, _, own := profile.SparkplugNode(r.device.Topic); own != name {
			continue
		}
		r.device.Health.Answered(at, 0)
		for _, f := range profile.DecodeSparkplug(r.topic, r.device.typeOf, p, at) {
			w.sample(r, f, at, true)
		}
	}
}

// nodeDied makes everything behind a node stale. The will of an earlier
// connection, which a broker may deliver after the next birth, is not its own.
func (w *worker) nodeDied(n *node, p profile.SparkplugPayload, at time.Time) {
	if n.born && n.bdSeq != "" && bdSeq(p) != n.bdSeq {
		return
	}
	n.forget()
	for _, r := range n.readers {
		w.gone(r.device, n, at)
	}
}

func (w *worker) died(n *node, name string, at time.Time) {
	for _, r := range n.readers {
		if _, _, own := profile.SparkplugNode(r.device.Topic); own == name {
			w.gone(r.device, n, at)
		}
	}
}

func (w *worker) gone(d *device, n *node, at time.Time) {
	d.Health.Lost(fmt.Errorf("read %s at %s node %s/%s: %w", d.ID, w.o.URL, n.group, n.name, errDead))
	w.lose(d, at, gtc.QualityStale)
}

func bdSeq(p profile.SparkplugPayload) string {
	for _, m := range p.Metrics {
		if m.Name == "bdSeq" {
			return m.Text
		}
	}
	if p.HasSeq {
		return strconv.FormatUint(p.Seq, 10)
	}
	return ""
}
