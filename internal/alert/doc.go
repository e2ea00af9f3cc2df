// Package alert reaches people. It runs the engine of rules/notify on the
// events of the alarms and brings its messages to whoever they are for:
//
//	EVENTS → engine → OUTBOX → one sender a channel → e-mail, SMS, push, webhook
//
// What must not be lost is stored before it is done: a message is in the
// durable stream OUTBOX before the case it belongs to goes on, and leaves it
// when a channel took it or nothing can be done any more. A message that could
// not be sent is itself an alarm, told by the other channels. A message of
// priority 1 has senders of its own and waits behind no other.
//
// Each way to people is tested every day. Answers by SMS take alarms in charge.
package alert
