package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/collector/modbus"
	"github.com/cpas-charleroi/gtc/collector/modbus/endpoint"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// probe is one run of gtc probe.
type probe struct {
	env Env
	// profileID and unit say what is expected there.
	profileID string
	unit      uint8
	dir       string
	scan      bool
	units     string
	record    string
	asJSON    bool
	timeout   time.Duration
	listen    time.Duration
	mqtt      mqttProbe

	end      endpoint.Endpoint
	cat      *catalogue.Catalogue
	profiles map[string]*profile.Profile
	// config is what the site files say, nil without any.
	config *config.Config
}

func newProbeCommand(env Env) *cobra.Command {
	p := &probe{env: env}
	cmd := &cobra.Command{
		Use:   "probe URL",
		Short: "Lit un appareil une fois et affiche ses points ; --scan cherche ce qui répond",
		Long: `Reads a Modbus device once by a profile and prints every point with its raw
words, value, unit and quality: the tool for commissioning.

  gtc probe modbus://10.0.0.7:502?unit=254 --profile danfoss-ecl310-a247
  gtc probe rtu:///dev/ttyUSB0?baud=9600&parity=even --profile eastron-sdm630 --unit 3
  gtc probe modbus://10.0.0.7 --scan --units 1-20
  gtc probe mqtt://10.0.0.9 --user gtc --password-file secrets/mqtt --listen 15s

Of an MQTT broker it lists the topics heard for some seconds (--listen), the
profile that would read each and the samples that it would give.
--scan finds the units that answer and guesses their profile from
identification registers. On a serial line it listens first and refuses where
another master speaks. What the configuration (--config) declares to carry fire
or intrusion equipment is never scanned, and read only by its own profiles.

Exit status 2 when the device does not answer or is not what the profile says.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd.Context(), args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&p.profileID, "profile", "", "profile to read by")
	f.Uint8Var(&p.unit, "unit", 0, "Modbus unit id (default: ?unit= of the URL, else 1)")
	f.StringVar(&p.dir, "config", "", "configuration folder: its profiles, and what must not be scanned (default: the current one if it has sites)")
	f.BoolVar(&p.scan, "scan", false, "look for the units that answer")
	f.StringVar(&p.units, "units", "1-20", "unit ids to look for, such as 1-20 or 1,3,254")
	f.StringVar(&p.record, "record", "", "write the frames and samples to this file (a recording as in collector/profile/testdata/frames)")
	f.BoolVar(&p.asJSON, "json", false, "print JSON")
	f.DurationVar(&p.timeout, "timeout", 0, "how long a unit may take to answer (default 2s, 500ms with --scan)")
	f.DurationVar(&p.listen, "listen", 5*time.Second, "how long --scan listens to a serial line first, and how long a broker is listened to")
	p.mqtt.flags(f)
	_ = cmd.RegisterFlagCompletionFunc("profile", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return p.profileNames(), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func (p *probe) run(ctx context.Context, rawURL string) error {
	if isMQTT(rawURL) {
		return p.probeMQTT(ctx, rawURL)
	}
	if err := p.prepare(rawURL); err != nil {
		return err
	}
	if p.scan {
		return p.scanUnits(ctx)
	}
	if p.profileID == "" {
		return inputError(errors.New("--profile is missing, or --scan to look for what is there"))
	}
	prof, ok := p.profiles[p.profileID]
	if !ok {
		return inputError(unknownProfile(p.profileID, p.profiles))
	}
	if prof.Protocol != "modbus" {
		return inputError(fmt.Errorf("--profile %s speaks %s, the URL %s", prof.ID, prof.Protocol, p.end.Scheme))
	}
	if err := p.mayRead(prof); err != nil {
		return inputError(err)
	}
	return p.read(ctx, prof)
}

func unknownProfile(id string, profiles map[string]*profile.Profile) error {
	if hint := strict.Near(id, slices.Collect(maps.Keys(profiles))); hint != "" {
		return fmt.Errorf("there is no profile %q (did you mean %q?)", id, hint)
	}
	return fmt.Errorf("there is no profile %q", id)
}

// prepare reads the URL, the catalogue, the profiles and the configuration.
func (p *probe) prepare(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil {
		return inputError(fmt.Errorf("%q is not a URL", rawURL))
	}
	if text := u.Query().Get("unit"); text != "" && p.unit == 0 {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return inputError(fmt.Errorf("unit %q: want 1 to 255", text))
		}
		p.unit = uint8(n)
	}
	if p.unit == 0 {
		p.unit = 1
	}
	if u.Host != "" && u.Port() == "" && u.Scheme != endpoint.SchemeRTU {
		u.Host += ":502"
	}
	if p.end, err = endpoint.Parse(u.String()); err != nil {
		return inputError(err)
	}
	if p.cat, err = catalogue.Load(); err != nil {
		return err
	}
	if err := p.loadConfig(); err != nil {
		return err
	}
	if p.config != nil {
		p.profiles = p.config.Profiles
		return nil
	}
	p.profiles, err = profile.Library()
	return err
}

// loadConfig reads the configuration that was named, or the one in the current
// folder. One that is there and wrong is an error: what it declares to be
// safety equipment would not be known.
func (p *probe) loadConfig() error {
	dir := p.dir
	if dir == "" {
		if sites, err := filepath.Glob("sites/*.y*ml"); err != nil || len(sites) == 0 {
			return nil //nolint:nilerr // no configuration here
		}
		dir = "."
	}
	cfg, err := config.Load(dir)
	if err != nil {
		return inputError(fmt.Errorf("configuration %s: %w", dir, err))
	}
	p.config = cfg
	return nil
}

// profileNames lists the profiles of Modbus devices, for completion.
func (p *probe) profileNames() []string {
	profiles, err := profile.Library()
	if err != nil {
		return nil
	}
	if err := p.loadConfig(); err == nil && p.config != nil {
		profiles = p.config.Profiles
	}
	var out []string
	for _, id := range slices.Sorted(maps.Keys(profiles)) {
		if profiles[id].Protocol == "modbus" {
			out = append(out, id+"\t"+profiles[id].Maker+" "+profiles[id].Model)
		}
	}
	return out
}

// protected returns the safety equipment that the configuration has behind
// the endpoint, as site/equipment (kind).
func (p *probe) protected() []string {
	if p.config == nil {
		return nil
	}
	at := config.EndpointOf(p.end.URL)
	var out []string
	for _, s := range p.config.Sites {
		for _, e := range s.Protected(p.cat, at) {
			out = append(out, fmt.Sprintf("%s/%s (%s)", s.ID, e.ID, e.Kind))
		}
	}
	return out
}

// mayRead allows at an endpoint with safety equipment only what the
// configuration reads there anyway.
func (p *probe) mayRead(prof *profile.Profile) error {
	protected := p.protected()
	if len(protected) == 0 {
		return nil
	}
	at := config.EndpointOf(p.end.URL)
	for _, s := range p.config.Sites {
		for _, d := range s.Devices {
			for _, c := range s.Connections {
				if c.ID == d.Connection && config.EndpointOf(c.URL) == at && d.Unit == p.unit && d.Profile == prof.ID {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("%s carries %s: only its configured devices are read there, by their own profiles", at, strings.Join(protected, ", "))
}

// bus opens the connection.
func (p *probe) bus(ctx context.Context, timeout time.Duration) (*modbus.Bus, error) {
	if p.timeout > 0 {
		timeout = p.timeout
	}
	b, err := modbus.NewBus(p.end.URL, modbus.Timeouts{Request: timeout})
	if err != nil {
		return nil, inputError(err)
	}
	return b, b.Open(ctx)
}

// writeFile writes a file that the user asked for.
func writeFile(name string, data []byte) error {
	if err := os.WriteFile(name, data, 0o644); err != nil { //nolint:gosec // meant to be shared
		return inputError(err)
	}
	return nil
}
