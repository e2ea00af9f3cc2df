package simulators

import (
	"errors"
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
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// File is a park file: what the simulation knows beyond the configuration.
type File struct {
	// Seed makes the buildings differ; WeatherSeed makes the weather, which
	// all sites share.
	Seed        uint64 `yaml:"seed"`
	WeatherSeed uint64 `yaml:"weather_seed"`
	// WeatherFile is recorded hourly weather to use instead, a path from the
	// park file's folder; see [weather.ReadHourly].
	WeatherFile string `yaml:"weather_file"`
	// Start is the first instant that is simulated, relative to the origin;
	// [DefaultStart] when not given.
	Start Offset `yaml:"start"`
	// Sites by id; a site not named here has the properties of its category.
	Sites map[string]Physics `yaml:"sites"`

	doc      *strict.Document
	recorded *weather.Recorded
}

// DefaultStart is two years and a month before the origin.
const DefaultStart = Offset(-760 * 24 * time.Hour)

// start returns when the simulation begins.
func (f *File) start() Offset {
	if f.Start == 0 {
		return DefaultStart
	}
	return f.Start
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

// String returns the offset as it is written.
func (o Offset) String() string {
	d := time.Duration(o)
	switch {
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
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
		if err := f.readWeather(filepath.Dir(path)); err != nil {
			mistakes = append(mistakes, doc.At("weather_file", "%s", err))
		}
	}
	if len(mistakes) > 0 {
		mistakes.Sort()
		return nil, mistakes
	}
	f.doc = doc
	return f, nil
}

// readWeather reads the recorded weather, if any.
func (f *File) readWeather(folder string) error {
	if f.WeatherFile == "" {
		return nil
	}
	if f.WeatherSeed != 0 {
		return errors.New("weather is recorded or made from weather_seed: give one of them")
	}
	name := f.WeatherFile
	if !filepath.IsAbs(name) {
		name = filepath.Join(folder, name)
	}
	in, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read weather: %w", err)
	}
	defer in.Close() //nolint:errcheck // it was only read
	f.recorded, err = weather.ReadHourly(in, weather.ReadOptions{File: f.WeatherFile})
	return err
}

// weather returns the weather that all sites share.
func (f *File) weather() building.Weather {
	if f.recorded != nil {
		return f.recorded
	}
	return weather.New(f.WeatherSeed)
}

// begunBefore returns the faults that begin before the epoch, as mistakes of
// the park file: nothing could be said of what they changed.
func (f *File) begunBefore(epoch, origin time.Time) error {
	var mistakes strict.Mistakes
	for id, ph := range f.Sites {
		for n, fault := range ph.Faults {
			if from, _ := fault.span(origin); from.Before(epoch) {
				mistakes = append(mistakes, f.doc.At("sites."+id+"."+faultPath(n, "from"), "the fault begins before the simulation does, on %s", epoch.Format(time.DateTime)))
			}
		}
	}
	if len(mistakes) == 0 {
		return nil
	}
	mistakes.Sort()
	return mistakes
}

func (f *File) check(cfg *config.Config, doc *strict.Document) strict.Mistakes {
	var mistakes strict.Mistakes
	if f.Start > 0 {
		mistakes = append(mistakes, doc.At("start", "the simulation starts in the future"))
	}
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
		for eq := range ph.ColdRooms {
			if kindOf(cfg.Sites[i], gtc.EquipmentID(eq)) != "cold_room" {
				mistakes = append(mistakes, doc.AtKey(path+".cold_rooms."+eq, "%q is not a cold room of site %q", eq, id))
			}
		}
		problems := f.impossible(cfg.Sites[i])
		for n, fault := range ph.Faults {
			for _, p := range fault.problems(cfg.Sites[i], f.start()) {
				problems = append(problems, problem{faultPath(n, p.key), p.what})
			}
		}
		for _, p := range problems {
			mistakes = append(mistakes, doc.At(strings.TrimSuffix(path+"."+p.key, "."), "%s", p.what))
		}
	}
	return mistakes
}

func kindOf(s *config.Site, id gtc.EquipmentID) gtc.Kind {
	for _, e := range s.Equipment {
		if e.ID == id {
			return e.Kind
		}
	}
	return ""
}

// faultPath is the path of a key of the n-th fault of a site.
func faultPath(n int, key string) string {
	return strings.TrimSuffix(fmt.Sprintf("faults[%d].%s", n, key), ".")
}
