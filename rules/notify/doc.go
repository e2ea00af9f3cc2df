// Package notify decides who is told of an alarm, when, and by which way. It
// sends nothing: it turns events and the passing of time into messages with
// ids, so that every message can be sent again without anybody being called
// twice.
//
// A [Book] holds people, rotas, leave and routes. [Engine.Observe] opens a case
// for an alarm that calls, [Engine.Tick] gives the messages that are due:
// the first step of the route at once, the further ones (5, 15, 30 minutes) as
// long as nobody takes the alarm in charge. What somebody took in charge, what
// is set aside and what is over calls nobody any more; over is told to those
// who were called.
//
// Life safety knows no quiet hours, no grouping and no delay, and every
// occurrence calls. A planned test may narrow the recipients to the one who
// holds it.
package notify
