package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc/internal/influxd"
	"github.com/cpas-charleroi/gtc/internal/netfault"
)

// Options of a World.
type Options struct {
	Dir   string // for everything
	GTC   string // the program under test
	Store string // the influxd program
	Sites int
	// CertFile and KeyFile are the hub's, CAFile what the edges trust.
	CertFile, KeyFile, CAFile string
	// DiskBytes is the size of the small disk.
	DiskBytes int64
	Log       func(format string, args ...any)
}

// World is an installation and the simulated devices around it.
type World struct {
	o       Options
	journal *Journal
	links   []*netfault.Proxy // by site
	store   *store
	hub     *program
	edges   []*program
	clocks  map[int]*clock // by site
	disk    *disk          // nil where nothing may be mounted
	leaf    string         // address of the hub's leaf listener
	devices []*device
	pubs    []*publisher
	stopped context.CancelFunc // ends the publishers
	running sync.WaitGroup

	answering sync.Mutex // held while the store misbehaves
	mu        sync.Mutex
	influx    *influxd.Server // nil while it is dead
	surprises []string
}

// site is what a site's file says.
type site struct{ broker, device string }

// Build starts InfluxDB, the hub, every edge and every device, and waits until
// the edges listen to their devices. The caller must Close the world, also
// after an error.
func Build(ctx context.Context, o Options) (*World, error) {
	w := &World{o: o, journal: NewJournal(o.Sites), clocks: map[int]*clock{}}
	if err := w.build(ctx); err != nil {
		return w, fmt.Errorf("build world: %w", err)
	}
	return w, nil
}

func (w *World) build(ctx context.Context) error {
	var err error
	if w.store, err = startStore(ctx); err != nil {
		return err
	}
	if err := w.startInflux(ctx); err != nil {
		return err
	}
	sites, err := w.configure(ctx)
	if err != nil {
		return err
	}
	small := filepath.Join(w.o.Dir, "edge", SiteName(DiskSite))
	if w.disk, err = newDisk(small, w.o.DiskBytes); err != nil {
		w.o.Log("no disk will be full: %v", err)
	}
	config := filepath.Join(w.o.Dir, "config")
	w.hub = w.program("hub", "serve", "--config", config)
	if err := w.hub.start(ctx); err != nil {
		return err
	}
	for i, s := range sites {
		d, err := startDevice(ctx, w.journal, i, s.device)
		if err != nil {
			return err
		}
		w.devices = append(w.devices, d)
		p := w.program(SiteName(i), "collect", "--config", config, "--site", SiteName(i), "--data", filepath.Join(w.o.Dir, "edge"), "--metrics", "")
		w.edges = append(w.edges, p)
	}
	for _, i := range ClockSites(w.o.Sites) {
		if !clockCanStep() {
			w.o.Log("no clock will be stepped: Linux on amd64 only")
			break
		}
		w.clocks[i] = &clock{}
		w.edges[i].prepared = w.clocks[i].install
	}
	for _, p := range w.edges {
		if err := p.start(ctx); err != nil {
			return err
		}
	}
	return w.publish(ctx, sites)
}

// publish starts the publishers once every edge has its session at its own
// broker: a broker keeps nothing for a subscriber that it does not know.
func (w *World) publish(ctx context.Context, sites []site) error {
	for i := range w.edges {
		if err := await(ctx, time.Minute, func() bool { return w.logged(SiteName(i), "subscribed") }); err != nil {
			return fmt.Errorf("wait for %s to subscribe: %w", SiteName(i), err)
		}
	}
	ctx, w.stopped = context.WithCancel(ctx)
	for i, s := range sites {
		p := &publisher{
			journal: w.journal, site: i, addr: s.broker, user: "device", password: passwordOf("device"),
			topic: "dev/values", wake: make(chan struct{}, 1),
		}
		w.pubs = append(w.pubs, p)
		w.running.Go(func() { p.run(ctx) })
	}
	return nil
}

func (w *World) program(name string, args ...string) *program {
	return &program{
		name: name, args: append([]string{w.o.GTC}, args...), log: filepath.Join(w.o.Dir, name+".log"),
		surprised: func(name string, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.surprises = append(w.surprises, fmt.Sprintf("%s ended by itself: %v", name, err))
			w.o.Log("%s", w.surprises[len(w.surprises)-1])
		},
	}
}

func (w *World) startInflux(ctx context.Context) error {
	s, err := influxd.Start(ctx, influxd.Options{Binary: w.o.Store, Dir: filepath.Join(w.o.Dir, "influx"), Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.influx = s
	w.mu.Unlock()
	w.store.to(s.URL)
	return nil
}

// influxURL is where InfluxDB itself is, past the store that misbehaves.
func (w *World) influxURL() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.influx == nil {
		return ""
	}
	return w.influx.URL
}

// Surprises returns what ended without being told to.
func (w *World) Surprises() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.surprises
}

// logged reports whether the log of a program holds a text.
func (w *World) logged(name, text string) bool {
	b, err := os.ReadFile(filepath.Join(w.o.Dir, name+".log"))
	return err == nil && strings.Contains(string(b), text)
}

// Close ends everything.
func (w *World) Close() error {
	if w.stopped != nil {
		w.stopped()
	}
	w.running.Wait()
	for _, p := range append(w.edges, w.hub) {
		if p != nil && p.pid() != 0 {
			_, _ = p.kill() // it may have ended
		}
	}
	for _, d := range w.devices {
		d.close()
	}
	var errs []error
	for _, l := range w.links {
		errs = append(errs, l.Close())
	}
	w.mu.Lock()
	influx := w.influx
	w.influx = nil
	w.mu.Unlock()
	if influx != nil {
		influx.Stop()
	}
	if w.store != nil {
		w.store.close()
	}
	if w.disk != nil {
		errs = append(errs, w.disk.remove())
	}
	return errors.Join(errs...)
}

// configure writes the configuration folder and opens the links.
func (w *World) configure(ctx context.Context) ([]site, error) {
	ports := newPorts()
	addr := func() string { return ports.free(ctx) }
	w.leaf = addr()
	secrets := filepath.Join(w.o.Dir, "secrets")
	files := map[string]string{
		"config/gtc.yaml": fmt.Sprintf(`influx: {url: %q}
bus: {listen: %q, leaf_listen: %q, dir: %q, cert_file: %q, key_file: %q, credentials_dir: %q}
console: {listen: %q}
`, w.store.URL, addr(), w.leaf, filepath.Join(w.o.Dir, "hub"), w.o.CertFile, w.o.KeyFile, filepath.Join(secrets, "sites"), addr()),
		"secrets/device":    passwordOf("device"),
		"secrets/collector": passwordOf("collector"),
	}
	for name, text := range profiles() {
		files["config/profiles/"+name+".yaml"] = text
	}
	sites := make([]site, w.o.Sites)
	for i := range sites {
		link, err := netfault.New(w.leaf)
		if err != nil {
			return nil, err
		}
		w.links = append(w.links, link)
		sites[i] = site{broker: addr(), device: addr()}
		id := SiteName(i)
		files["secrets/sites/"+id] = passwordOf(id)
		files["config/sites/"+id+".yaml"] = w.siteFile(id, sites[i], link.Addr())
	}
	for name, text := range files {
		path := filepath.Join(w.o.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return sites, nil
}

func (w *World) siteFile(id string, s site, hub string) string {
	secrets := filepath.Join(w.o.Dir, "secrets")
	return fmt.Sprintf(`site: %[1]s
label: {fr: %[1]s}
category: other
hub: {url: "tls://%[2]s", password_file: %[3]q, ca_file: %[4]q}
broker:
  listen: %[5]q
  users:
    - {user: collector, password_file: %[6]q, subscribe: ["dev/#"]}
    - {user: device, password_file: %[7]q, publish: ["dev/#"]}
connections:
  - {id: courtier, url: "mqtt://%[5]s", user: collector, password_file: %[6]q}
  - {id: ligne, url: "modbus://%[8]s", timeout: %[9]s}
equipment:
  - {id: %[10]s, kind: %[12]s, label: {fr: Compteur}}
  - {id: %[11]s, kind: %[12]s, label: {fr: Compteur}}
devices:
  - {id: mqtt, connection: courtier, profile: chaos-published, topic: dev, equipment: {meter: %[10]s}}
  - {id: modbus, connection: ligne, profile: chaos-polled, equipment: {meter: %[11]s}}
`, id, hub, filepath.Join(secrets, "sites", id), w.o.CAFile, s.broker,
		filepath.Join(secrets, "collector"), filepath.Join(secrets, "device"), s.device, requestTimeout, Publisher, Polled, Measurement)
}

// passwordOf is the password of a user of this run; it protects nothing.
func passwordOf(user string) string { return "chaos-of-" + user }

// ports finds addresses that a program can be given again after a restart.
type ports struct{ used map[int]bool }

func newPorts() *ports { return &ports{map[int]bool{}} }

// free returns an address below those that the kernel gives to connections, so
// that nobody takes it while its program is down.
func (p *ports) free(ctx context.Context) string {
	const lowest, highest = 15000, 32000
	var lc net.ListenConfig
	for {
		port := lowest + rand.IntN(highest-lowest) //nolint:gosec // any will do
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		if p.used[port] {
			continue
		}
		l, err := lc.Listen(ctx, "tcp", addr)
		if err != nil {
			if ctx.Err() != nil {
				return addr // the caller will see
			}
			continue
		}
		_ = l.Close()
		p.used[port] = true
		return addr
	}
}

var errPatience = errors.New("it took too long")

// await looks until something is so, for at most patience.
func await(ctx context.Context, patience time.Duration, so func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errPatience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}
