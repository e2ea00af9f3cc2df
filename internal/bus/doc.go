// Package bus carries samples, events and heartbeats from the edges to the
// hub over embedded NATS servers, and keeps them until the next step has them.
//
//	edge: PublishSamples ─▶ stream SAMPLES ─┐                        ┌▶ Consume (ingest, alarms)
//	      PublishEvent   ─▶ stream EVENTS  ─┼─ leaf link ─▶ Hub.Run ─▶ streams SAMPLES, EVENTS
//	      Heartbeat      ─▶ (not stored)   ─┴─ leaf link ─▶ Hub.Live
//
// The hub pulls: one durable consumer a stream on the edge, events before
// samples, at most 32 KiB at a time so that live messages never wait long
// behind a backlog. What was pulled is stored at the hub, then acknowledged at
// the edge.
//
// # Isolation
//
// Every site has an account of its own on the hub. A site reaches nothing but
// that account, and in it only the subjects of its name; the hub's streams and
// state live in another account. This is on purpose structural: all sites have
// the same acknowledgement subjects, so that within one account the hub's
// acknowledgement of one site's messages would acknowledge every site's, and
// the server lets $JS.ACK subjects of a leaf pass whatever its permissions say.
//
// # Delivery
//
// At least once, in order a site and stream. The id of a message at the hub is
// <site>.<stream created>.<sequence>; the hub remembers how far it came in the
// messages themselves, so a message that is pulled twice is stored once.
// The subjects, headers and permissions are in docs/formats/bus.md.
package bus
