package config

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// Notify says by which ways people are told of alarms. Who is told is not
// configuration: it is in the book, which people change while the hub runs.
type Notify struct {
	// PublicURL is the console's address as people open it, https beyond this
	// machine; links in messages begin with it.
	PublicURL string                `yaml:"public_url"`
	Email     NotifyEmail           `yaml:"email"`
	SMS       NotifySMS             `yaml:"sms"`
	Webhooks  map[string]NotifyHook `yaml:"webhooks"`
	Push      NotifyPush            `yaml:"push"`
	// Watchdog is told by whoever looks from outside that the hub works.
	Watchdog Watchdog `yaml:"watchdog"`
	SelfTest SelfTest `yaml:"self_test"`
}

// NotifyEmail is the mail server.
type NotifyEmail struct {
	// Server is host:port; port 465 is TLS from the beginning, any other needs
	// STARTTLS unless it is on this machine.
	Server string `yaml:"server"`
	User   string `yaml:"user"`
	// PasswordFile holds the password; GTC_SMTP_PASSWORD comes first.
	PasswordFile string `yaml:"password_file"`
	// From is the sender's address.
	From string `yaml:"from"`
	// CAFile is the authority of its certificate, the system's when empty.
	CAFile string `yaml:"ca_file"`
	// Bounces is the mailbox of From, where servers tell what did not arrive.
	Bounces NotifyBounces `yaml:"bounces"`
}

// NotifyBounces is a mailbox over IMAP.
type NotifyBounces struct {
	// Server is imaps://host or imaps://host:port; imap:// only on this machine.
	// Without it nobody looks for what came back.
	Server string `yaml:"server"`
	User   string `yaml:"user"`
	// PasswordFile holds the password; GTC_IMAP_PASSWORD comes first.
	PasswordFile string `yaml:"password_file"`
	// Folder is INBOX by default.
	Folder string `yaml:"folder"`
	// Every is one minute by default.
	Every time.Duration `yaml:"every"`
	// CAFile is the authority of its certificate, the system's when empty.
	CAFile string `yaml:"ca_file"`
}

// NotifySMS is how an SMS leaves. With both ways the gateway comes first.
type NotifySMS struct {
	Gateway NotifyGateway `yaml:"gateway"`
	Modem   NotifyModem   `yaml:"modem"`
	Answers NotifyAnswers `yaml:"answers"`
}

// NotifyAnswers is how a provider hands over the SMS that people answer with.
type NotifyAnswers struct {
	// SecretFile holds what the provider shows, at least 16 bytes;
	// GTC_SMS_ANSWER_SECRET comes first. Without either there are no answers.
	SecretFile string `yaml:"secret_file"`
	// From and Text name the fields of number and text: from and text if not
	// given; a dot goes into an object.
	From string `yaml:"from"`
	Text string `yaml:"text"`
}

// NotifyGateway is a provider's HTTP interface.
type NotifyGateway struct {
	URL string `yaml:"url"`
	// Form sends an HTML form instead of JSON.
	Form bool `yaml:"form"`
	// Fields are what is sent; $to, $text and $id are replaced.
	Fields map[string]string `yaml:"fields"`
	// HeaderFile holds one header a line, such as Authorization: Bearer …;
	// GTC_SMS_HEADER comes first.
	HeaderFile string `yaml:"header_file"`
	// CheckURL is asked (GET) by the daily test; URL itself (HEAD) when empty.
	CheckURL string `yaml:"check_url"`
}

// NotifyModem is a modem on this machine.
type NotifyModem struct {
	// Device is its serial line, such as /dev/ttyUSB2.
	Device string `yaml:"device"`
	// Number is its own telephone number, for answers to messages that left by
	// the gateway.
	Number string `yaml:"number"`
}

// NotifyHook is a program that is told.
type NotifyHook struct {
	URL string `yaml:"url"`
	// SecretFile holds the shared secret of at least 16 bytes.
	SecretFile string `yaml:"secret_file"`
}

// NotifyPush is web push to browsers.
type NotifyPush struct {
	// Contact is mailto: or https:, at which a push service reaches us; push is
	// off without it.
	Contact string `yaml:"contact"`
}

// Watchdog is an outside watcher that calls somebody when it is not told any
// more that the hub works.
type Watchdog struct {
	URL string `yaml:"url"`
	// Every is one minute by default.
	Every time.Duration `yaml:"every"`
}

// SelfTest is the daily test of every way.
type SelfTest struct {
	// Person of the book gets a message by each way; without one the ways are
	// only asked whether they would work.
	Person string `yaml:"person"`
}

// SiteModem is a modem on a site's edge, with which the site itself tells of
// life safety and loss of heating while it does not reach the hub.
type SiteModem struct {
	Device string `yaml:"device"`
	// Recipients are telephone numbers of the form +32475000000.
	Recipients []string `yaml:"recipients"`
	// Language of the messages: fr by default.
	Language string `yaml:"language"`
}

// DefaultFireLostCall is how long after the loss of the edge of a site with a
// fire panel somebody is called, unless the site says otherwise.
const DefaultFireLostCall = 10 * time.Minute

// FireLostCall is how long the loss of the edge of a site with a fire panel is
// on the screen before somebody is called; 0 on other sites.
func (s *Site) FireLostCall() time.Duration {
	for _, e := range s.Equipment {
		if e.Kind != gtc.KindFirePanel {
			continue
		}
		if m := s.FireLostCallMinutes; m != nil {
			return time.Duration(*m) * time.Minute
		}
		return DefaultFireLostCall
	}
	return 0
}
