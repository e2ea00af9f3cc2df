package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/figure"
	"github.com/cpas-charleroi/gtc/rules/energy/baseline"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/weather"
)

// newSimulatePlotCommand returns `gtc simulate plot`: what each kind of
// building does in a week and in a year, to be judged by eye.
func newSimulatePlotCommand(env Env) *cobra.Command {
	var (
		out         string
		seed        uint64
		year        int
		weatherSeed uint64
	)
	cmd := &cobra.Command{
		Use:   "plot",
		Short: "Draw a week, a year and the signature of each kind of building",
		Long: "Simulates one building of each category without a fault and draws, as SVG, its second full week of\n" +
			"January, its year by day and its gas signature, with a README.md that says what to look for.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loc, err := time.LoadLocation("Europe/Brussels")
			if err != nil {
				return fmt.Errorf("load time zone: %w", err)
			}
			if err := os.MkdirAll(out, 0o755); err != nil { //nolint:gosec // figures for everyone
				return inputError(err)
			}
			g := gallery{dir: out, seed: seed, weather: weather.New(weatherSeed), from: time.Date(year, 1, 1, 0, 0, 0, 0, loc)}
			kinds := showcase()
			bar := countProgress(env.Stderr, "figures", len(kinds))
			for _, k := range kinds {
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				if err := g.draw(k); err != nil {
					return fmt.Errorf("draw %s: %w", k.category, err)
				}
				_ = bar.Add(1) // a bar that cannot be drawn is no failure
			}
			_ = bar.Finish()
			if err := g.index(kinds); err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Stdout, "%s: %d figures\n", out, 3*len(kinds))
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", filepath.Join("docs", "simulator"), "folder to write to")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the buildings")
	cmd.Flags().Uint64Var(&weatherSeed, "weather-seed", 1, "seed of the weather")
	cmd.Flags().IntVar(&year, "year", 2026, "year to draw")
	return cmd
}

// kind is one building of the gallery.
type kind struct {
	category gtc.Category
	areaM2   float64
	label    string
	// look says what its week shows, for the reader of the index.
	look string
}

// showcase lists a building of usual size for each category.
func showcase() []kind {
	return []kind{
		{gtc.CategoryRestHome, 4200, "Maison de repos", "24 h sur 24 à 22 °C : pas d’abaissement la nuit ; l’eau chaude fait les pointes de gaz du matin et du soir, et un talon de gaz toute l’année."},
		{gtc.CategoryOffice, 2500, "Bureaux", "Abaissement chaque nuit et du vendredi soir au lundi matin, relance avant l’arrivée ; l’électricité suit l’occupation sur un talon."},
		{gtc.CategorySocialOffice, 900, "Antenne sociale", "Comme les bureaux, en plus petit."},
		{gtc.CategoryCommunityCentre, 750, "Espace citoyen", "Ouvert en soirée et le samedi, fermé le dimanche : l’abaissement est plus court en semaine, long le dimanche."},
		{gtc.CategoryKitchen, 600, "Cuisine centrale", "Relance très tôt, électricité et eau chaude le matin ; fermée le dimanche."},
		{gtc.CategoryNightShelter, 500, "Abri de nuit", "L’inverse d’un bureau : occupé la nuit, abaissé le jour."},
		{gtc.CategoryHousing, 1200, "Logements de transit", "Abaissement court la nuit, occupation le soir, eau chaude matin et soir."},
		{gtc.CategoryOther, 1000, "Autre bâtiment", "Un bâtiment sans usage connu se comporte comme des bureaux."},
	}
}

// gallery draws into a folder.
type gallery struct {
	dir     string
	seed    uint64
	weather *weather.Weather
	from    time.Time // 1 January, local
}

// draw makes the three figures of a kind.
func (g gallery) draw(k kind) error {
	p := building.Params{
		Seed: g.seed, Weather: g.weather, Location: g.from.Location(), Epoch: g.from, Category: k.category, AreaM2: k.areaM2,
	}
	moments := g.week(building.New(p))
	days, daily := g.year(building.New(p))
	base, err := baseline.Fit(daily, baseline.FitOptions{Carrier: gtc.CarrierGas})
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%s, %s m²", k.label, figure.Number(k.areaM2, 0))
	draw := map[string]func(io.Writer) error{
		"week": func(w io.Writer) error {
			return figure.Week(w, figure.Words{
				Title: title + " · une semaine d’hiver", Subtitle: k.look,
				Alternative: "Une semaine de janvier simulée, " + k.label + ". " + k.look,
			}, moments)
		},
		"year": func(w io.Writer) error { return figure.Year(w, yearWords(title, k, days), days) },
		"signature": func(w io.Writer) error {
			return figure.Signature(w, signatureWords(title, base), base, daily)
		},
	}
	for name, f := range draw {
		if err := writeFigure(filepath.Join(g.dir, string(k.category)+"-"+name+".svg"), f); err != nil {
			return err
		}
	}
	return nil
}

// yearWords sum the year.
func yearWords(title string, k kind, days []figure.Day) figure.Words {
	var gas, elec, cold float64
	for _, d := range days {
		gas, elec = gas+d.GasKWh, elec+d.ElectricKWh
		cold += max(0, 15-d.Outdoor)
	}
	facts := fmt.Sprintf("Gaz %s kWh PCS (%s kWh/m²) · électricité %s kWh (%s kWh/m²) · %s degrés-jours sous 15 °C de moyenne journalière",
		figure.Number(gas, 0), figure.Number(gas/k.areaM2, 0), figure.Number(elec, 0), figure.Number(elec/k.areaM2, 0), figure.Number(cold, 0))
	return figure.Words{Title: title + " · un an", Subtitle: facts, Alternative: "Une année simulée, " + k.label + " : " + facts + "."}
}

// week samples seven days from the second Monday of January on, every quarter
// of an hour.
func (g gallery) week(b *building.Building) []figure.Moment {
	const step = 15 * time.Minute
	from := g.from
	for n := 0; n < 2; from = from.AddDate(0, 0, 1) {
		if from.Weekday() == time.Monday {
			n++
		}
	}
	from = from.AddDate(0, 0, -1)
	to := from.AddDate(0, 0, 7)
	var out []figure.Moment
	for hour := from; hour.Before(to); hour = hour.Add(time.Hour) {
		first := len(out)
		start := b.At(hour)
		for at := hour; at.Before(hour.Add(time.Hour)); at = at.Add(step) {
			s, next := b.At(at), b.At(at.Add(step))
			out = append(out, figure.Moment{
				At: at, Outdoor: s.OutdoorTemp, Room: s.RoomTemp, SetPoint: next.RoomTempSp, Flow: s.FlowTemp, Return: s.ReturnTemp,
				Occupancy: next.Occupancy,
			})
		}
		// Powers are means of the hour: a burner that goes on and off and the
		// charging of the tank would be a comb.
		end := b.At(hour.Add(time.Hour))
		for i := first; i < len(out); i++ {
			out[i].GasKW, out[i].ElectricKW = end.GasKWh-start.GasKWh, electric(end)-electric(start)
		}
	}
	return out
}

// year sums the days of the year, for the figure and for the baseline.
func (g gallery) year(b *building.Building) ([]figure.Day, []baseline.Day) {
	var (
		days  []figure.Day
		daily []baseline.Day
	)
	for at := g.from; at.Year() == g.from.Year(); at = at.AddDate(0, 0, 1) {
		next := at.AddDate(0, 0, 1)
		start := b.At(at)
		sum, n := 0.0, 0
		for h := at; h.Before(next); h = h.Add(time.Hour) {
			sum, n = sum+b.At(h).OutdoorTemp, n+1
		}
		end := b.At(next)
		d := figure.Day{Date: at, Outdoor: sum / float64(n), GasKWh: end.GasKWh - start.GasKWh, ElectricKWh: electric(end) - electric(start)}
		days = append(days, d)
		daily = append(daily, baseline.Day{Date: at, KWh: d.GasKWh, Temp: d.Outdoor, HasKWh: true, HasTemp: true, Coverage: 1})
	}
	return days, daily
}

// electric is the electricity's index, both tariffs together, kWh.
func electric(s building.State) float64 { return s.ElecDayKWh + s.ElecNightKWh }

// index writes the page that shows the figures.
func (g gallery) index(kinds []kind) error {
	var b bytes.Buffer
	b.WriteString("# The simulated buildings\n\n<!-- Written by `gtc simulate plot`. -->\n\n")
	b.WriteString(galleryText)
	for _, k := range kinds {
		fmt.Fprintf(&b, "\n## %s (`%s`, %.0f m²)\n\n%s\n\n", k.label, k.category, k.areaM2, k.look)
		for _, f := range [][2]string{{"week", "une semaine d’hiver"}, {"year", "un an"}, {"signature", "signature"}} {
			fmt.Fprintf(&b, "![%s, %s](%s-%s.svg)\n", k.label, f[1], k.category, f[0])
		}
	}
	if err := os.WriteFile(filepath.Join(g.dir, "README.md"), b.Bytes(), 0o644); err != nil { //nolint:gosec // a page for everyone
		return inputError(err)
	}
	return nil
}

const galleryText = `One building of each category, without a fault, under the same made-up weather: a week of January in quarter hours, a
year by day, and the gas signature fitted on that year as ` + "`gtc energy fit`" + ` does. ` + "`gtc simulate plot`" + ` makes them
again; the seeds are options.

What to look for:

- **Night setback** (week, top): the set point falls outside opening hours, the room follows over hours because the
  structure gives back what it stored, and the morning boost raises flow and gas before people come.
- **Gains**: on sunny or busy hours the room rises above its set point and the radiators close; the gas falls.
- **Heating curve** (week, middle): the flow temperature rises as the outdoor temperature falls; the return stays 8 to
  20 K below it and both cool towards the room while the pump stands.
- **Gas** (week, bottom): base from hot water and its loop, peaks in the morning; the burner goes on and off under low load.
- **Year**: gas mirrors the outdoor temperature and falls to the hot-water base in summer; electricity follows
  occupation, light and weekends.
- **Signature**: a line that rises with the cold below a balance point of 14 to 18 °C and a flat base above it; the
  hollow weekend dots lie lower where the building is closed.
`
