package bounce

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/textproto"
)

// Action is what a server did with a mail for one recipient (RFC 3464, 2.3.3).
type Action string

// The actions. Any other word is kept as it is written, in lower case.
const (
	// Failed tells that the mail was given up.
	Failed Action = "failed"
	// Delayed tells that the server goes on trying.
	Delayed   Action = "delayed"
	Delivered Action = "delivered"
	Relayed   Action = "relayed"
	Expanded  Action = "expanded"
)

// Recipient is what became of a mail for one recipient.
type Recipient struct {
	// Address is the one at which it failed; after a forwarding it is not the
	// one that it was sent to, which is Original where the server tells it.
	Address, Original string
	Action            Action
	// Status is the enhanced code of RFC 3463, such as 5.1.1, "" without one.
	Status string
	// Diagnostic is what the other server said, in one line.
	Diagnostic string
}

// String says what happened in a line, for a person who looks for the cause.
func (r Recipient) String() string {
	all := []string{string(r.Action), r.Address, r.Status, r.Diagnostic}
	return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), " ")
}

// Report is a delivery status notification.
type Report struct {
	// MessageID is that of the mail it is about, without < and >; "" when the
	// server does not tell.
	MessageID string
	// Server is who reports.
	Server     string
	Recipients []Recipient
}

// Failed returns the first recipient for whom the mail was given up, false when
// there is none.
func (r Report) Failed() (Recipient, bool) { return r.first(Failed) }

// Delayed returns the first recipient for whom the server goes on trying.
func (r Report) Delayed() (Recipient, bool) { return r.first(Delayed) }

func (r Report) first(a Action) (Recipient, bool) {
	for _, to := range r.Recipients {
		if to.Action == a {
			return to, true
		}
	}
	return Recipient{}, false
}

var (
	// ErrNoReport says that a mail is not a delivery status notification.
	ErrNoReport = errors.New("not a delivery status notification")
	// ErrAutoReply says that a mail was written by the recipient's program: an
	// absence, a confirmation. It did arrive.
	ErrAutoReply = errors.New("an automatic reply")
)

const (
	// MaxMail is how much of a mail is read, in bytes: the report comes before
	// the mail that is returned.
	MaxMail = 1 << 20
	// maxHeader bounds one header, maxRecipients how many a report lists, and
	// maxLine a diagnostic.
	maxHeader     = 64 << 10
	maxRecipients = 100
	maxLine       = 500
)

// Parse reads a mail. The error wraps [ErrNoReport] or [ErrAutoReply] when it is
// a whole mail of another kind; any other error says that it is broken.
func Parse(r io.Reader) (Report, error) {
	e, err := message.ReadWithOptions(io.LimitReader(r, MaxMail), &message.ReadOptions{MaxHeaderBytes: maxHeader})
	if err != nil && !tolerable(err) {
		return Report{}, fmt.Errorf("read mail: %w", err)
	}
	kind, params, err := e.Header.ContentType()
	if err != nil || kind != "multipart/report" || !reports(params["report-type"]) {
		if automatic(&e.Header) {
			return Report{}, ErrAutoReply
		}
		return Report{}, ErrNoReport
	}
	parts := e.MultipartReader()
	if parts == nil {
		return Report{}, ErrNoReport
	}
	var out Report
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !tolerable(err) {
			if len(out.Recipients) > 0 {
				break // cut within the mail that is returned
			}
			return Report{}, fmt.Errorf("read part of report: %w", err)
		}
		if err := out.take(p); err != nil {
			return Report{}, err
		}
	}
	if len(out.Recipients) == 0 {
		return Report{}, fmt.Errorf("report without recipient: %w", ErrNoReport)
	}
	if out.MessageID == "" { // the answer names what it answers
		out.MessageID = named(e.Header.Get("In-Reply-To"))
	}
	if out.MessageID == "" {
		out.MessageID = named(e.Header.Get("References"))
	}
	return out, nil
}

// tolerable reports whether the text may be unreadable but what surrounds it is
// not: nothing that matters is outside ASCII.
func tolerable(err error) bool {
	return message.IsUnknownCharset(err) || message.IsUnknownEncoding(err)
}

func reports(kind string) bool {
	kind = strings.ToLower(kind)
	return kind == "delivery-status" || kind == "global-delivery-status"
}

// automatic reports whether a program wrote a mail (RFC 3834, and the words of
// programs older than it).
func automatic(h *message.Header) bool {
	auto, _, _ := strings.Cut(strings.ToLower(h.Get("Auto-Submitted")), ";")
	if auto = strings.TrimSpace(auto); auto != "" && auto != "no" {
		return true
	}
	return h.Has("X-Autoreply") || h.Has("X-Autorespond") || strings.EqualFold(h.Get("Precedence"), "auto_reply")
}

// take reads one part.
func (r *Report) take(p *message.Entity) error {
	kind, _, err := p.Header.ContentType()
	if err != nil {
		return nil //nolint:nilerr // a part that does not say what it is, is not one of ours
	}
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		return r.status(p.Body)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		// What was cut may end within its header.
		begin, _ := io.ReadAll(io.LimitReader(p.Body, maxHeader))
		h, err := textproto.ReadHeader(bufio.NewReader(strings.NewReader(string(begin) + "\r\n\r\n")))
		if err == nil && r.MessageID == "" {
			r.MessageID = named(h.Get("Message-Id"))
		}
	}
	return nil
}

// status reads the fields of a message/delivery-status: a block of the mail,
// then one for each recipient, with empty lines between.
func (r *Report) status(body io.Reader) error {
	in := bufio.NewReader(body)
	for first := true; len(r.Recipients) < maxRecipients; {
		if err := skipEmpty(in); err != nil {
			return nil //nolint:nilerr // the end of the part
		}
		h, err := textproto.ReadHeader(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read delivery status: %w", err)
		}
		if action := strings.ToLower(strings.TrimSpace(h.Get("Action"))); action != "" {
			r.Recipients = append(r.Recipients, recipient(&h, Action(cut(action))))
		} else if first {
			r.Server = value(h.Get("Reporting-Mta"))
		}
		first = false
		if err != nil {
			return nil //nolint:nilerr // the last block ends with the part
		}
	}
	return nil
}

// skipEmpty reads empty lines; some servers write several between two blocks.
func skipEmpty(in *bufio.Reader) error {
	for {
		b, err := in.Peek(1)
		if err != nil {
			return err
		}
		if b[0] != '\r' && b[0] != '\n' {
			return nil
		}
		if _, err := in.Discard(1); err != nil {
			return err
		}
	}
}

func recipient(h *textproto.Header, a Action) Recipient {
	status, _, _ := strings.Cut(strings.TrimSpace(h.Get("Status")), " ") // some add words
	return Recipient{
		Address: bare(value(h.Get("Final-Recipient"))), Original: bare(value(h.Get("Original-Recipient"))),
		Action: a, Status: cut(status), Diagnostic: value(h.Get("Diagnostic-Code")),
	}
}

// value is a field without its type: "rfc822; a@b" is a@b.
func value(field string) string {
	if _, after, ok := strings.Cut(field, ";"); ok {
		field = after
	}
	return cut(strings.Join(strings.Fields(field), " "))
}

// bare is an address without < and >, which some servers write.
func bare(address string) string { return strings.Trim(address, "<> ") }

func cut(s string) string {
	if len(s) > maxLine {
		s = s[:maxLine]
	}
	return strings.ToValidUTF8(s, "?")
}

// named returns the last id of a field of ids, without < and >; "" for none.
func named(field string) string {
	ids := strings.Fields(field)
	if len(ids) == 0 {
		return ""
	}
	return cut(bare(ids[len(ids)-1]))
}
