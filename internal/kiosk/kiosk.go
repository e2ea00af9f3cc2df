package kiosk

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc/internal/clock"
)

// Options say what a wall shows.
type Options struct {
	// Grafana is the address of Grafana; Pages are the dashboards' uids, the
	// one that an urgent alarm brings back first.
	Grafana string
	Pages   []string
	// Every is how long each page stays.
	Every time.Duration
	Zone  *time.Location
	// NightFrom and NightTo are the hours between which the dark theme is
	// shown; equal hours mean never.
	NightFrom, NightTo int
	// Browser is the program, Profile its folder: it keeps nothing of worth.
	Browser, Profile string
	// Headless shows no window, for tests.
	Headless bool
	// Waiting is asked every few seconds; nil where there is no hub to ask.
	Waiting Waiting
	Clock   clock.Clock
	Log     zerolog.Logger
}

const (
	beat  = time.Second     // how often the page is looked at
	asked = 5 * time.Second // how often the hub is asked for alarms
)

// Run shows the wall until ctx ends or the browser is gone.
func Run(ctx context.Context, o Options) error {
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(o.Browser), chromedp.UserDataDir(o.Profile), chromedp.WSURLReadTimeout(time.Minute),
		chromedp.Flag("headless", o.Headless), chromedp.Flag("kiosk", true), chromedp.Flag("lang", "fr-BE"), chromedp.Flag("accept-lang", "fr-BE,fr"),
		chromedp.Flag("no-first-run", true), chromedp.Flag("noerrdialogs", true), chromedp.Flag("disable-session-crashed-bubble", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("enable-automation", false), chromedp.WindowSize(1920, 1080))
	if o.Headless {
		// Tests run as root, where the sandbox refuses to start.
		flags = append(flags, chromedp.Flag("no-sandbox", true))
	}
	allocator, stop := chromedp.NewExecAllocator(ctx, flags...)
	defer stop()
	browser, cancel := chromedp.NewContext(allocator)
	defer cancel()
	k := &kiosk{Options: o, wall: NewWall(len(o.Pages), o.Every, o.Zone)}
	if err := k.open(browser); err != nil {
		return err
	}
	return k.run(browser)
}

type kiosk struct {
	Options
	wall *Wall
	tabs []tab
	dark bool

	urgent  bool
	askedAt time.Time
	shown   int
}

// open makes a tab for each page: a hidden one stays loaded, so that a turn
// shows no empty screen.
func (k *kiosk) open(browser context.Context) error {
	k.dark = k.night()
	for i, uid := range k.Pages {
		ctx := browser
		if i > 0 {
			ctx, _ = chromedp.NewContext(browser)
		}
		address, err := pageAddress(k.Grafana, uid, k.dark)
		if err != nil {
			return err
		}
		t := tab{ctx: ctx, address: address}
		// A page that does not load now is loaded again by the watch.
		if err := t.load(); err != nil {
			if ctx.Err() != nil {
				return err
			}
			k.Log.Warn().Err(err).Msg("page not loaded")
		}
		k.tabs = append(k.tabs, t)
	}
	return k.tabs[0].front()
}

// run looks at the shown page every second.
func (k *kiosk) run(ctx context.Context) error {
	for {
		if err := k.Clock.Sleep(ctx, beat); err != nil {
			return err
		}
		k.ask(ctx)
		if dark := k.night(); dark != k.dark {
			k.retheme(dark)
		}
		seen, err := k.tabs[k.shown].look()
		if err != nil {
			if ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
			k.Log.Warn().Err(err).Msg("page not seen")
			seen = Sight{Trouble: "le navigateur ne répond pas"}
		}
		k.obey(k.wall.Next(k.Clock.Now(), seen, k.urgent))
	}
}

// obey does what the wall decided. What fails is tried again at the next beat:
// the banner stays until a living picture was seen.
func (k *kiosk) obey(o Order) {
	report := func(err error) {
		if err != nil {
			k.Log.Warn().Err(err).Msg("page not changed")
		}
	}
	if o.Page != k.shown {
		k.shown = o.Page
		report(k.tabs[k.shown].front())
	}
	if o.Load {
		k.Log.Info().Str("page", k.Pages[k.shown]).Str("because", o.Banner).Msg("page loaded")
		report(k.tabs[k.shown].load())
	}
	report(k.tabs[k.shown].say(o))
}

// ask keeps the last answer when the hub is away: the picture itself says so.
func (k *kiosk) ask(ctx context.Context) {
	now := k.Clock.Now()
	if k.Waiting == nil || now.Sub(k.askedAt) < asked {
		return
	}
	k.askedAt = now
	urgent, err := k.Waiting(ctx)
	if err != nil {
		k.Log.Warn().Err(err).Msg("alarms not known")
		return
	}
	k.urgent = urgent
}

func (k *kiosk) retheme(dark bool) {
	k.dark = dark
	for i, uid := range k.Pages {
		address, err := pageAddress(k.Grafana, uid, dark)
		if err == nil {
			k.tabs[i].address = address
			err = k.tabs[i].load()
		}
		if err != nil {
			k.Log.Warn().Err(err).Msg("page not loaded")
		}
	}
}

func (k *kiosk) night() bool { return Night(k.Clock.Now().In(k.Zone).Hour(), k.NightFrom, k.NightTo) }

// Night reports whether an hour lies between two, over midnight too.
func Night(hour, from, to int) bool {
	if from <= to {
		return hour >= from && hour < to
	}
	return hour >= from || hour < to
}

// pageAddress is a dashboard without Grafana's own frame. Kiosk mode alone keeps
// the row of variables and of the time range.
func pageAddress(grafana, uid string, dark bool) (string, error) {
	base, err := url.Parse(grafana)
	if err != nil || base.Host == "" {
		return "", fmt.Errorf("address of Grafana %q: want http(s)://host", grafana)
	}
	at := base.JoinPath("d", uid)
	theme := "light"
	if dark {
		theme = "dark"
	}
	at.RawQuery = "kiosk&theme=" + theme + "&refresh=10s&_dash.hideVariables=true&_dash.hideTimePicker=true"
	return at.String(), nil
}
