package cli

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/clock"
	"github.com/cpas-charleroi/gtc/internal/kiosk"
)

// kioskFlags are the words of gtc kiosk.
type kioskFlags struct {
	options   kiosk.Options
	zone      string
	night     string
	hub       string
	tokenFile string
}

func newKioskCommand(env Env) *cobra.Command {
	var f kioskFlags
	cmd := &cobra.Command{
		Use:   "kiosk",
		Short: "Tient un mur : les tableaux Grafana tour à tour, jamais une image morte",
		Long: "Opens a browser full screen and shows dashboards in turn. A login page, an error or a picture that no longer moves is\n" +
			"loaded again, and a banner says since when nothing is true. With --hub an alarm of priority 1 or 2 that nobody has\n" +
			"taken in charge brings the first page back and holds it.",
		Example: "  gtc kiosk --grafana https://grafana.example.be --hub https://gtc.example.be --token-file /run/credentials/token",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLog(cmd, env.Stderr)
			if err != nil {
				return err
			}
			f.options.Log = log
			if err := f.complete(env); err != nil {
				return err
			}
			profile, err := os.MkdirTemp("", "gtc-kiosk-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(profile) //nolint:errcheck // what is left goes with the machine's temporary files
			f.options.Profile = profile
			return kiosk.Run(cmd.Context(), f.options)
		},
	}
	l := cmd.Flags()
	l.StringVar(&f.options.Grafana, "grafana", "http://127.0.0.1:3000", "address of Grafana")
	l.StringSliceVar(&f.options.Pages, "page", []string{"gtc-mur-parc", "gtc-mur-energie", "gtc-mur-technique"}, "uid of a dashboard, the most urgent first")
	l.DurationVar(&f.options.Every, "every", 25*time.Second, "how long a page stays")
	l.StringVar(&f.zone, "time-zone", "Europe/Brussels", "time zone of the dashboards")
	l.StringVar(&f.night, "night", "21-6", "hours of the dark theme, off for never")
	l.StringVar(&f.options.Browser, "browser", "chromium", "the browser's program")
	l.StringVar(&f.hub, "hub", "", "address of the hub's console, asked for alarms")
	l.StringVar(&f.tokenFile, "token-file", "", "file with a service token of the hub (GTC_TOKEN)")
	return cmd
}

// complete checks the words and finds what they name.
func (f *kioskFlags) complete(env Env) error {
	o := &f.options
	o.Clock = clock.Wall{}
	if len(o.Pages) == 0 || o.Every < 15*time.Second {
		return inputError(fmt.Errorf("--page, --every: at least one page, shown for 15s or longer"))
	}
	var err error
	if o.Zone, err = time.LoadLocation(f.zone); err != nil {
		return inputError(fmt.Errorf("--time-zone: %w", err))
	}
	if o.Browser, err = exec.LookPath(o.Browser); err != nil {
		return inputError(fmt.Errorf("--browser: %w", err))
	}
	if f.night != "off" {
		if _, err := fmt.Sscanf(f.night, "%d-%d", &o.NightFrom, &o.NightTo); err != nil || o.NightFrom < 0 || o.NightFrom > 23 || o.NightTo < 0 || o.NightTo > 24 {
			return inputError(fmt.Errorf("--night %q: want two hours, such as 21-6, or off", f.night))
		}
	}
	if f.hub == "" {
		return nil
	}
	token := env.Getenv("GTC_TOKEN")
	if f.tokenFile != "" {
		text, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return inputError(fmt.Errorf("--token-file: %w", err))
		}
		token = strings.TrimSpace(string(text))
	}
	o.Waiting = kiosk.AskHub(&http.Client{Timeout: 4 * time.Second}, strings.TrimSuffix(f.hub, "/"), token)
	return nil
}
