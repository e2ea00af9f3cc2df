// Package channel brings a message to a person: by e-mail, by SMS through a
// gateway or a modem on this machine, by web push, and to a program by a
// signed webhook.
//
// A sender tries once and says whether trying again makes sense; the queue
// behind it, in the hub, tries again. Every message has an id that stays the
// same when it is sent again, so that a channel that knows ids brings it once.
package channel
