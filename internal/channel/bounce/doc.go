// Package bounce reads what mail servers say of mails that did not arrive:
// delivery status notifications (RFC 3464) in a mailbox, over IMAP.
//
// A server that took a mail may find out later that it cannot be delivered. It
// then writes to the sender. Whoever sends alarms by e-mail has to read that,
// or believes that people were told who were not.
package bounce
