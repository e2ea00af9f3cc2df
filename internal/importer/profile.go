package importer

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/cpas-charleroi/gtc/internal/config/strict"
)

// Kind is what a file holds.
type Kind string

// The kinds.
const (
	KindReadings  Kind = "readings"
	KindIntervals Kind = "intervals"
	KindInvoices  Kind = "invoices"
	// KindDelivery and KindDipstick are deliveries into a tank and levels in it.
	KindDelivery Kind = "delivery"
	KindDipstick Kind = "dipstick"
)

// Profile says how a file is to be read. What it leaves out is detected.
type Profile struct {
	Kind Kind `yaml:"kind,omitempty" json:"kind,omitempty"`
	// Columns gives the column of each role: its head, or #3 for the third.
	Columns map[string]string `yaml:"columns,omitempty" json:"columns,omitempty"`
	// Sheet is the sheet of a spreadsheet.
	Sheet     string `yaml:"sheet,omitempty" json:"sheet,omitempty"`
	Encoding  string `yaml:"encoding,omitempty" json:"encoding,omitempty"`
	Delimiter string `yaml:"delimiter,omitempty" json:"delimiter,omitempty"`
	// Decimal is "," or ".".
	Decimal string `yaml:"decimal,omitempty" json:"decimal,omitempty"`
	// Zone is the time zone of times without an offset, the site's by default;
	// a fixed one is written +01:00.
	Zone string `yaml:"zone,omitempty" json:"zone,omitempty"`
	// Stamp says whether a time names the start or the end of its interval.
	Stamp string `yaml:"stamp,omitempty" json:"stamp,omitempty"`
	// Unit is what the values count in where no column and no head says it.
	Unit string `yaml:"unit,omitempty" json:"unit,omitempty"`
	// LastDay says whether the end of an invoice is its last day (included) or
	// the day after (excluded).
	LastDay string `yaml:"last_day,omitempty" json:"last_day,omitempty"`
	// Source of what is not estimated: metered or manual.
	Source string `yaml:"source,omitempty" json:"source,omitempty"`
	// Measured and Estimated are the quality codes of the file that mean so,
	// beside those that are known.
	Measured  []string `yaml:"measured,omitempty" json:"measured,omitempty"`
	Estimated []string `yaml:"estimated,omitempty" json:"estimated,omitempty"`
}

// Check returns what is wrong in a profile, "" when nothing is.
func (p Profile) Check() string {
	for _, x := range []struct {
		key, value string
		allowed    []string
	}{
		{"kind", string(p.Kind), []string{string(KindReadings), string(KindIntervals), string(KindInvoices), string(KindDelivery), string(KindDipstick)}},
		{"decimal", p.Decimal, []string{",", "."}},
		{"stamp", p.Stamp, []string{stampStart, stampEnd}},
		{"last_day", p.LastDay, []string{lastIncluded, lastExcluded}},
		{"source", p.Source, []string{SourceMetered, SourceManual}},
	} {
		if x.value != "" && !slices.Contains(x.allowed, x.value) {
			return fmt.Sprintf("%s: %q : au choix %s", x.key, x.value, strings.Join(x.allowed, ", "))
		}
	}
	if len([]rune(strings.NewReplacer(`\t`, "\t", "tab", "\t").Replace(p.Delimiter))) > 1 {
		return fmt.Sprintf("delimiter: %q : un seul caractère", p.Delimiter)
	}
	if _, err := parseZone(p.Zone, time.UTC); err != nil {
		return "zone: " + err.Error()
	}
	if _, ok := parseUnit(p.Unit); p.Unit != "" && !ok {
		return fmt.Sprintf("unit: %q : Wh, kWh, MWh, GJ, W, kW, MW, m3, dm3, litre, kg, t ou %%", p.Unit)
	}
	for _, role := range slices.Sorted(maps.Keys(p.Columns)) {
		if !slices.Contains(Roles(), role) {
			return fmt.Sprintf("colonne %q inconnue : au choix %s", role, strings.Join(Roles(), ", "))
		}
	}
	return ""
}

// The values of Stamp and LastDay, and the sources of an interval.
const (
	stampStart, stampEnd       = "start", "end"
	lastIncluded, lastExcluded = "included", "excluded"

	SourceMetered   = "metered"
	SourceManual    = "manual"
	SourceInvoice   = "invoice"
	SourceEstimated = "estimated"
)

// profileName is what a saved profile may be called.
var profileName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// ProfilePath is where a profile of a configuration stands.
func ProfilePath(config, name string) (string, error) {
	if !profileName.MatchString(name) {
		return "", fmt.Errorf("profil %q : un nom de lettres minuscules, chiffres et tirets", name)
	}
	return filepath.Join(config, "import", name+".yaml"), nil
}

// LoadProfile reads a profile of a configuration.
func LoadProfile(config, name string) (Profile, error) {
	path, err := ProfilePath(config, name)
	if err != nil {
		return Profile{}, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Profile{}, fmt.Errorf("read import profile: %w", err)
	}
	var p Profile
	if _, mistakes := strict.Decode(path, data, &p); len(mistakes) > 0 {
		return p, mistakes
	}
	if what := p.Check(); what != "" {
		return p, Mistake{File: path, Line: 1, Col: 1, What: what}
	}
	return p, nil
}

// Profiles returns the names of the profiles of a configuration.
func Profiles(config string) []string {
	found, err := filepath.Glob(filepath.Join(config, "import", "*.yaml"))
	if err != nil {
		return nil // only for a malformed pattern
	}
	for i, f := range found {
		found[i] = strings.TrimSuffix(filepath.Base(f), ".yaml")
	}
	return found
}

// SaveProfile writes a profile into a configuration.
func SaveProfile(config, name string, p Profile) error {
	path, err := ProfilePath(config, name)
	if err != nil {
		return err
	}
	data, err := yaml.Marshal(p)
	if err != nil {
		return fmt.Errorf("save import profile %s: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("save import profile: %w", err)
	}
	if err := os.WriteFile(path, append([]byte("# How gtc import reads files of this form: docs/formats/import.md.\n"), data...), 0o640); err != nil {
		return fmt.Errorf("save import profile: %w", err)
	}
	return nil
}

// parseZone returns the zone of a name such as Europe/Brussels or +01:00, or
// otherwise when it is empty.
func parseZone(name string, otherwise *time.Location) (*time.Location, error) {
	if name == "" {
		return otherwise, nil
	}
	if name[0] == '+' || name[0] == '-' {
		if rest, offset, ok := cutOffset(name); ok && rest == "" && offset != nil {
			return time.FixedZone(name, *offset), nil
		}
		return nil, fmt.Errorf("fuseau %q : +01:00 attendu", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("fuseau %q inconnu", name)
	}
	return loc, nil
}
