// Package notify decides who is told of an alarm, when, and by which way. It
// sends nothing: it turns events and the passing of time into messages with
// ids, so that every message can be sent again without anybody being called
// twice.
//
// A [Book] holds people, rotas, leave and routes. [Engine.Observe] opens a case
// for an alarm that calls, [Engine.Tick] gives the messages that are due:
// the first step of the route at once, the further ones (5, 15, 30 minutes) as
// long as nobody takes the alarm in charge. What somebody took in charge and
// what is set aside calls nobody any more, nor does what is over, unless somebody
// has to look all the same ([Subject.Waits]); over is told to those who were
// called. What comes again soon is counted with what people know, but nobody is
// left unaware of what stands.
//
// [Engine.Sent] and [Engine.Undelivered] tell the engine what became of its
// messages: one that waits or comes back is told by the next way. A step that
// reaches nobody passes at once, and a case of which nobody can be told says so
// ([Case.Nobody]); life safety falls back to everybody.
//
// Life safety knows no quiet hours, no grouping and no delay, and every
// occurrence calls. A planned test may narrow the recipients to the one who
// holds it.
package notify
