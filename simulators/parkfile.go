package simulators

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/simulators/building"
)

// File is a park file: what the simulation knows beyond the configuration.
type File struct {
	// Seed makes the buildings differ; WeatherSeed makes the weather, which
	// all sites share.
	Seed        uint64 `yaml:"seed"`
	WeatherSeed uint64 `yaml:"weather_seed"`
	// Sites by id; a site not named here has the properties of its category.
	Sites map[string]Physics `yaml:"sites"`
}

// Physics are the properties of one site that differ from what is usual for
// its category and area. Units as in [building.Params].
type Physics struct {
	LossWPerK        float64 `yaml:"loss_w_per_k"`
	GlazingM2        float64 `yaml:"glazing_m2"`
	ComfortTemp      float64 `yaml:"comfort_temp"`
	SetbackTemp      float64 `yaml:"setback_temp"`
	CurveSlope       float64 `yaml:"curve_slope"`
	CurveShiftK      float64 `yaml:"curve_shift_k"`
	SummerLimitTemp  float64 `yaml:"summer_limit_temp"`
	BoilerKW         float64 `yaml:"boiler_kw"`
	BoilerEfficiency float64 `yaml:"boiler_efficiency"`
	HotWaterLitres   float64 `yaml:"hot_water_litres"`
	LoopWPerK        float64 `yaml:"loop_w_per_k"`
	BaseLoadKW       float64 `yaml:"base_load_kw"`
	OccupiedLoadKW   float64 `yaml:"occupied_load_kw"`
	// Submeters give the share (0 to 1) of the site's electricity that an
	// electricity meter measures; a meter not named here measures all of it.
	Submeters map[string]float64 `yaml:"submeters"`
	Faults    []Fault            `yaml:"faults"`
}

// The faults that a park file may name beside those of a building.
const (
	// FaultSensorStuck: a point of an equipment keeps the value it had.
	FaultSensorStuck = "sensor_stuck"
	// FaultCommLoss: a device does not answer any more.
	FaultCommLoss = "comm_loss"
	// FaultPanelEvent: a point of a panel or contact is true (or has Size).
	FaultPanelEvent = "panel_event"
)

// Fault is something wrong at a site, from an instant relative to the start
// of the demo.
type Fault struct {
	Kind string `yaml:"fault"`
	// From and To are relative to the origin ("-120d", "-3h", "+1d"); no To
	// means that it lasts.
	From Offset  `yaml:"from"`
	To   *Offset `yaml:"to"`
	// Size as in [building.FaultKind].
	Size float64 `yaml:"size"`
	// Ramp is the time from nothing to Size.
	Ramp Offset `yaml:"ramp"`
	// Equipment and Point say what is stuck or what a panel shows.
	Equipment gtc.EquipmentID `yaml:"equipment"`
	Point     gtc.PointID     `yaml:"point"`
	// Device says what is silent.
	Device gtc.DeviceID `yaml:"device"`
}

// Offset is a span written with one unit: 90m, -3h, +1d, -120d.
type Offset time.Duration

// UnmarshalText reads an offset.
func (o *Offset) UnmarshalText(text []byte) error {
	s := string(text)
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	if s != "" {
		if unit, ok := units[s[len(s)-1:]]; ok {
			if n, err := strconv.Atoi(s[:len(s)-1]); err == nil {
				*o = Offset(time.Duration(n) * unit)
				return nil
			}
		}
	}
	return fmt.Errorf("%q is not a whole number of m, h or d, like -120d", s)
}

// ReadFile reads a park file and checks it against the configuration.
func ReadFile(path string, cfg *config.Config) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read park file: %w", err)
	}
	f := &File{}
	doc, mistakes := strict.Decode(filepath.Base(path), data, f)
	if doc != nil {
		mistakes = append(mistakes, f.check(cfg, doc)...)
	}
	if len(mistakes) > 0 {
		mistakes.Sort()
		return nil, mistakes
	}
	return f, nil
}

func (f *File) check(cfg *config.Config, doc *strict.Document) strict.Mistakes {
	var mistakes strict.Mistakes
	for id, ph := range f.Sites {
		path := "sites." + id
		i := slices.IndexFunc(cfg.Sites, func(s *config.Site) bool { return string(s.ID) == id })
		if i < 0 {
			mistakes = append(mistakes, doc.AtKey(path, "there is no site %q in the configuration", id))
			continue
		}
		for eq, share := range ph.Submeters {
			if kindOf(cfg.Sites[i], gtc.EquipmentID(eq)) != gtc.KindElectricityMeter {
				mistakes = append(mistakes, doc.AtKey(path+".submeters."+eq, "%q is not an electricity meter of site %q", eq, id))
			}
			if share < 0 || share > 1 {
				mistakes = append(mistakes, doc.At(path+".submeters."+eq, "a share is between 0 and 1, not %v", share))
			}
		}
		for n, fault := range ph.Faults {
			at := fmt.Sprintf("%s.faults[%d]", path, n)
			if what := fault.wrong(cfg.Sites[i]); what != "" {
				mistakes = append(mistakes, doc.At(at, "%s", what))
			}
		}
	}
	return mistakes
}

// wrong says what is wrong with a fault, "" when nothing.
func (f Fault) wrong(s *config.Site) string {
	known := []string{FaultSensorStuck, FaultCommLoss, FaultPanelEvent}
	for _, k := range building.FaultKinds() {
		known = append(known, string(k))
	}
	switch {
	case !slices.Contains(known, f.Kind):
		return fmt.Sprintf("unknown fault %q; known are %s", f.Kind, strings.Join(known, ", "))
	case f.To != nil && *f.To <= f.From:
		return "the fault ends before it begins"
	}
	switch f.Kind {
	case FaultCommLoss:
		if !slices.ContainsFunc(s.Devices, func(d config.Device) bool { return d.ID == f.Device }) {
			return fmt.Sprintf("site %q has no device %q", s.ID, f.Device)
		}
	case FaultSensorStuck, FaultPanelEvent:
		if kindOf(s, f.Equipment) == "" {
			return fmt.Sprintf("site %q has no equipment %q", s.ID, f.Equipment)
		}
		if f.Point == "" {
			return "a " + f.Kind + " names a point"
		}
	}
	return ""
}

func kindOf(s *config.Site, id gtc.EquipmentID) gtc.Kind {
	for _, e := range s.Equipment {
		if e.ID == id {
			return e.Kind
		}
	}
	return ""
}

// span returns the instants of a fault; a zero end means that it lasts.
func (f Fault) span(origin time.Time) (from, to time.Time) {
	from = origin.Add(time.Duration(f.From))
	if f.To != nil {
		to = origin.Add(time.Duration(*f.To))
	}
	return from, to
}

// active reports whether the fault has begun and not ended at t.
func (f Fault) active(origin, t time.Time) bool {
	from, to := f.span(origin)
	return !t.Before(from) && (to.IsZero() || t.Before(to))
}

// buildingFaults returns those that the building itself suffers.
func (p Physics) buildingFaults(origin time.Time) []building.Fault {
	var faults []building.Fault
	for _, f := range p.Faults {
		if !slices.Contains(building.FaultKinds(), building.FaultKind(f.Kind)) {
			continue
		}
		from, to := f.span(origin)
		faults = append(faults, building.Fault{
			Kind: building.FaultKind(f.Kind), From: from, To: to, Size: f.Size, Ramp: time.Duration(f.Ramp),
		})
	}
	return faults
}
