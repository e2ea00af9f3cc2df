package hub

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/rules/finding"
	"github.com/cpas-charleroi/gtc/rules/why"
	"github.com/cpas-charleroi/gtc/rules/works"
)

// Bounds of the work on the rules of package why.
const (
	// whyHistory is how far back a starting hub looks, and from where on the days
	// are judged anew each night; after whyMonth more days those are fewer again.
	whyHistory, whyMonth = 400, 28
	// whyChunk is how many days are read at a time.
	whyChunk = 14
	// whyHour is the local hour from which the day before may be judged: most of
	// what an edge held back has come by then.
	whyHour = 3
	// whyBudget is how long one pass may read. What is left is done at the next.
	whyBudget = 10 * time.Second
)

// whyRules look at the evidence of every site, a night at a time.
type whyRules struct {
	rules why.Set
	sites []*whySite
	// detected are the findings of the drift detector as last judged, settled
	// those of a site as last published.
	detected map[meterKey][]gtc.Finding
	// explained are the findings of the site last published that others explain,
	// with the kind of those.
	explained map[string]gtc.FindingKind
}

// whySite is one site's book.
type whySite struct {
	info *siteInfo
	book *why.Book
	// began is the first day of the book that is judged anew.
	began time.Time
	// judged is the midnight up to which findings were made, zero before the
	// book has come that far.
	judged time.Time
	own    []gtc.Finding
	// works is the register by which they were made, kept the findings that it
	// keeps back.
	works works.Register
	kept  []string
}

// newWhyRules keeps what was known of a site until its book has come as far.
func newWhyRules(rules why.Set, sites []*siteInfo, known *findings) *whyRules {
	w := &whyRules{rules: rules, detected: map[meterKey][]gtc.Finding{}}
	for _, info := range sites {
		s := &whySite{info: info}
		if len(rules) > 0 { // else what rules said before they were switched off is withdrawn
			s.own = known.made(info.ID, why.Owns)
		}
		w.sites = append(w.sites, s)
	}
	return w
}

// made returns the findings of a site that were made by certain rules and not
// withdrawn.
func (f *findings) made(site gtc.SiteID, by func(gtc.Finding) bool) []gtc.Finding {
	return f.which(func(r *finding.Record) bool {
		return r.Site == site && r.Course() != finding.Withdrawn && by(r.Finding)
	})
}

// pass looks at the days that have ended since the last one, as far as the
// budget goes, and returns the sites of which findings were made anew.
func (w *whyRules) pass(ctx context.Context, e *energyRules, now time.Time) ([]gtc.SiteID, error) {
	if len(w.rules) == 0 {
		return nil, nil
	}
	var (
		news []gtc.SiteID
		errs []error
	)
	end := time.Now().Add(whyBudget)
	for _, s := range w.sites {
		if time.Now().After(end) || ctx.Err() != nil {
			break
		}
		done, err := w.site(ctx, e, s, now, end)
		if err != nil { // one site that cannot be read holds up no other
			errs = append(errs, fmt.Errorf("look at %s: %w", s.info.ID, err))
			continue
		}
		if done {
			news = append(news, s.info.ID)
		}
	}
	return news, errors.Join(errs...)
}

// site brings one book up to date and reports whether it judged. A change of the
// works register judges the days that are known again; those of the book that
// are sealed stay as they are.
func (w *whyRules) site(ctx context.Context, e *energyRules, s *whySite, now, budget time.Time) (bool, error) {
	today := midnight(now.Add(-whyHour*time.Hour), s.info.Location)
	late, again := e.takeAgain(s.info.ID)
	if again && s.book != nil {
		if late = midnight(late, s.info.Location); late.Before(s.began) {
			late = s.began
		}
		s.book.Forget(late)
		s.judged = time.Time{}
	}
	reg := e.registerOf(s.info.ID)
	if s.judged.Equal(today) && reflect.DeepEqual(reg.Entries, s.works.Entries) {
		return false, nil
	}
	if s.book == nil {
		s.began = today.AddDate(0, 0, -whyHistory)
		s.book = why.NewBook(s.info.Site, w.rules, s.began)
	}
	if !s.judged.IsZero() && !s.judged.Equal(today) && s.book.Next().Equal(s.judged) {
		s.book.Forget(today.AddDate(0, 0, -redo)) // what came late is seen
	}
	for s.book.Next().Before(today) {
		if time.Now().After(budget) || ctx.Err() != nil {
			return false, ctx.Err()
		}
		until := s.book.Next().AddDate(0, 0, whyChunk)
		if until.After(today) {
			until = today
		}
		ev, err := e.evidence(ctx, s.info, w.rules, s.book.Next().AddDate(0, 0, -3), until)
		if err != nil {
			return false, err
		}
		s.book.Look(ev, until)
	}
	s.book.SetWorks(reg)
	s.own = adopt(s.own, s.book.Judge(), s.began)
	s.judged, s.works = today, reg
	s.sayKept(e.log)
	if s.began.Before(today.AddDate(0, 0, -whyHistory-whyMonth)) {
		s.book.Seal(today.AddDate(0, 0, -whyHistory))
		s.began = s.book.Sealed()
	}
	return true, nil
}

// sayKept logs which findings the works register keeps back, when they change.
func (s *whySite) sayKept(log zerolog.Logger) {
	var kept []string
	for _, f := range s.book.KeptBack() {
		kept = append(kept, f.ID)
	}
	if slices.Equal(kept, s.kept) {
		return
	}
	s.kept = kept
	log.Info().Str("site", string(s.info.ID)).Int("kept_back", len(kept)).Strs("findings", kept).Msg("works keep findings back")
}

// adopt joins new findings to those known: what began before the days that were
// judged keeps its name and its dates, and what was over by then is kept. A book
// that was sealed knows the names of what lasts itself.
func adopt(known, news []gtc.Finding, began time.Time) []gtc.Finding {
	edge := began.AddDate(0, 0, whyChunk)
	in := func(fs []gtc.Finding, id string) bool {
		return slices.ContainsFunc(fs, func(f gtc.Finding) bool { return f.ID == id })
	}
	for _, k := range known {
		if !k.Onset.Before(began) || in(news, k.ID) {
			continue
		}
		i := slices.IndexFunc(news, func(n gtc.Finding) bool {
			return n.Rule == k.Rule && n.Meter == k.Meter && n.Equipment == k.Equipment && n.Detected.Before(edge) && !in(known, n.ID)
		})
		switch {
		case i >= 0:
			news[i].ID, news[i].Onset, news[i].Detected = k.ID, k.Onset, k.Detected
		case !k.End.IsZero():
			news = append(news, k)
		}
	}
	return news
}

// publishJudged publishes what the detector and the rules of package why made
// of the meters and sites that have news, both together: what explains what is
// only known of all.
func (h *Hub) publishJudged(ctx context.Context, judged map[meterKey][]gtc.Finding) error {
	touched := map[gtc.SiteID]bool{}
	for k, fs := range judged {
		h.why.detected[k] = fs
		touched[k.site] = true
	}
	sites, err := h.why.pass(ctx, h.energy, h.now())
	for _, id := range sites {
		touched[id] = true
	}
	for _, s := range h.why.sites {
		if touched[s.info.ID] {
			err = errors.Join(err, h.publishSite(ctx, s))
		}
	}
	return err
}

// publishSite publishes all findings of one site, by meter. Of a meter that the
// detector has not judged yet nothing is withdrawn.
func (h *Hub) publishSite(ctx context.Context, s *whySite) error {
	all := slices.Clone(s.own)
	byMeter := map[meterKey][]gtc.Finding{}
	for k, fs := range h.why.detected {
		if k.site == s.info.ID {
			all = append(all, fs...)
			byMeter[meterKey{site: k.site, meter: k.meter}] = nil
		}
	}
	// Where no meter pays, an equipment stands in its place.
	for _, f := range slices.Concat(s.own, h.findings.made(s.info.ID, why.Owns)) {
		if k := (meterKey{site: f.Site, meter: f.Meter}); !h.energy.has(k) {
			byMeter[k] = nil
		}
	}
	settled := why.Settle(all, h.why.rules)
	h.why.explained = why.Explained(settled)
	for _, f := range settled {
		k := meterKey{site: f.Site, meter: f.Meter}
		if _, ok := byMeter[k]; ok {
			byMeter[k] = append(byMeter[k], f)
		}
	}
	var errs []error
	for k, fs := range byMeter {
		errs = append(errs, h.publishFindings(ctx, k, fs))
	}
	return errors.Join(errs...)
}

// has reports whether an equipment is a meter that is judged.
func (e *energyRules) has(k meterKey) bool {
	return slices.ContainsFunc(e.order, func(ms *meterState) bool { return ms.site.ID == k.site && ms.meter.Equipment == k.meter })
}

// baselines returns those of a site's meters.
func (e *energyRules) baselines(site gtc.SiteID) map[gtc.EquipmentID]baseline.Baseline {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[gtc.EquipmentID]baseline.Baseline{}
	for _, ms := range e.order {
		if ms.site.ID == site && ms.meter.Direction == gtc.DirectionImport && len(ms.baseline.Segments) > 0 {
			out[ms.meter.Equipment] = ms.baseline
		}
	}
	return out
}
