package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/edge"
	"github.com/cpas-charleroi/gtc/rules/notify"
)

// finding is one thing that gtc doctor looked at.
type finding struct {
	// Check names it, What says what was seen.
	Check string `json:"check"`
	What  string `json:"what"`
	// Fault tells that it must be mended.
	Fault bool `json:"fault"`
}

// doctor collects what it finds.
type doctor struct {
	cfg    *config.Config
	getenv func(string) string
	now    time.Time
	found  []finding
}

func (d *doctor) add(fault bool, check, format string, args ...any) {
	d.found = append(d.found, finding{check, fmt.Sprintf(format, args...), fault})
}

func (d *doctor) sees(check, format string, args ...any)  { d.add(false, check, format, args...) }
func (d *doctor) fault(check, format string, args ...any) { d.add(true, check, format, args...) }

func newDoctorCommand(env Env) *cobra.Command {
	var (
		dir    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Dit ce qui manque pour que les alarmes atteignent quelqu'un",
		Long: "Looks at the configuration and at the running hub: ways to people and their daily tests, the second SMS path, the\n" +
			"outside watcher, whom the routes reach, the clock. Prints what was checked; exit status 1 when something must be mended.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(dir)
			if err != nil {
				return inputError(err)
			}
			d := &doctor{cfg: cfg, getenv: env.Getenv, now: time.Now()}
			d.run(cmd.Context())
			if asJSON {
				err = writeJSON(env.Stdout, d.found)
			} else {
				err = printFindings(env.Stdout, d.found)
			}
			if err != nil {
				return err
			}
			if n := d.faults(); n > 0 {
				return inputError(fmt.Errorf("%d of %d checks must be mended", n, len(d.found)))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "config", ".", "configuration folder of the hub")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	return cmd
}

func (d *doctor) faults() int {
	n := 0
	for _, f := range d.found {
		if f.Fault {
			n++
		}
	}
	return n
}

// printFindings prints faults first, in red on a terminal. What is in order is
// plain: a page of green hides the line that is not.
func printFindings(w io.Writer, found []finding) error {
	sorted := slices.Clone(found)
	slices.SortStableFunc(sorted, func(a, b finding) int {
		if a.Fault == b.Fault {
			return 0
		}
		if a.Fault {
			return -1
		}
		return 1
	})
	red, plain := "", ""
	if terminal(w) {
		red, plain = "\x1b[31m", "\x1b[0m"
	}
	for _, f := range sorted {
		mark, end := "  ", ""
		if f.Fault {
			mark, end = red+"! ", plain
		}
		if _, err := fmt.Fprintf(w, "%s%s: %s%s\n", mark, f.Check, f.What, end); err != nil {
			return err
		}
	}
	return nil
}

func (d *doctor) run(ctx context.Context) {
	n := &d.cfg.Hub.Notify
	d.sees("configuration", "%d sites read from %s", len(d.cfg.Sites), d.cfg.Dir)
	d.ways(n)
	if n.PublicURL == "" {
		d.fault("console address", "notify.public_url is missing: messages carry no link to take an alarm in charge")
	} else {
		d.sees("console address", "%s", n.PublicURL)
	}
	d.reading()
	if edge.ClockSynchronised() {
		d.sees("clock", "set by a time server")
	} else {
		d.fault("clock", "no time server sets this machine's clock")
	}
	d.console(ctx)
	d.running(ctx)
}

// reading looks at who reads the console.
func (d *doctor) reading() {
	const check = "reading"
	hub := &d.cfg.Hub
	host, _, err := net.SplitHostPort(hub.Console.Listen)
	address := net.ParseIP(host)
	loopback := err == nil && (host == "localhost" || address != nil && address.IsLoopback())
	switch open := hub.OpenRead(loopback); {
	case open && (hub.Notify.PublicURL != "" || !loopback):
		d.fault(check, "console.open_read: everybody who reaches the console reads it without signing in")
	case open:
		d.sees(check, "everybody on this machine, without signing in; with a public address only who signs in")
	default:
		d.sees(check, "only who signs in")
	}
	if hub.Notify.PublicURL != "" && loopback && len(hub.Console.TrustedProxies) == 0 {
		d.sees(check, "warning: console.trusted_proxies is missing: failed sign-ins count for everybody behind the proxy together")
	}
}

// ways looks at what gtc.yaml gives to reach people.
func (d *doctor) ways(n *config.Notify) {
	made, err := alert.Ways(n, d.getenv, time.Now)
	if err != nil {
		d.fault("ways to people", "%v", err)
	}
	var sms, others []string
	for _, w := range made {
		if w.Channel == notify.SMS {
			sms = append(sms, w.Name)
			continue
		}
		others = append(others, w.Name)
	}
	switch len(sms) {
	case 0:
		d.fault("SMS", "no path: give notify.sms.gateway and notify.sms.modem")
	case 1:
		d.fault("SMS", "one path only (%s): when it fails nobody is called; give a second one", sms[0])
	default:
		d.sees("SMS", "two paths: %s", strings.Join(sms, ", then "))
	}
	if n.Email.Server == "" {
		d.fault("e-mail", "notify.email is missing")
	} else {
		d.bounces(&n.Email)
	}
	if n.Push.Contact != "" {
		others = append(others, "push")
	}
	if len(others) > 0 {
		d.sees("other ways", "%s", strings.Join(others, ", "))
	}
	w := n.Watchdog
	switch u, err := url.Parse(w.URL); {
	case w.URL == "":
		d.fault("outside watcher", "notify.watchdog.url is missing: nobody learns that the hub is down")
	case err != nil:
		d.fault("outside watcher", "notify.watchdog.url: not an address")
	default:
		d.sees("outside watcher", "%s is told every %s", u.Host, w.Every)
	}
}

// console asks the console whether the hub works.
func (d *doctor) console(ctx context.Context) {
	const check = "console"
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	to := "http://" + d.cfg.Hub.Console.Listen + "/healthz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to, http.NoBody)
	if err != nil {
		d.fault(check, "%v", err)
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.fault(check, "not reached: %v", err)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // little is left to read
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		d.fault(check, "%s answers %d: %s", to, resp.StatusCode, strings.TrimSpace(string(said)))
		return
	}
	d.sees(check, "%s answers", to)
}

// running looks at the running hub.
func (d *doctor) running(ctx context.Context) {
	const check = "running hub"
	nc, err := dialConfigured(d.cfg, d.getenv)
	if err != nil {
		d.fault(check, "%v", err)
		return
	}
	defer nc.Close()
	ask, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	st, err := alert.AskStatus(ask, nc)
	if err != nil {
		d.fault(check, "%v", err)
		return
	}
	d.status(st)
	kv, err := openBook(ask, nc)
	if err == nil {
		var book *notify.Book
		if book, _, err = alert.ReadBook(ask, kv); err == nil {
			d.book(book)
		}
	}
	if err != nil {
		d.fault("book", "%v", err)
	}
}
