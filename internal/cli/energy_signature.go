package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/figure"
)

// newEnergySignatureCommand returns `gtc energy signature`, which draws the
// baseline that `gtc energy fit` fits.
func newEnergySignatureCommand(out, errOut io.Writer) *cobra.Command {
	var (
		f    fitFlags
		file string
	)
	cmd := &cobra.Command{
		Use:   "signature FILE.csv [--out signature.svg]",
		Short: "Draw the signature: consumption by outdoor temperature, the model and its balance point",
		Long: "Draws the baseline that `gtc energy fit` fits on the rows time,energy_kwh,temperature_c as SVG:\n" +
			"the days, the model with its 90 % band and the balance point.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := f.fit(args[0], errOut)
			if err != nil {
				return err
			}
			if file == "" {
				file = meterName(args[0]) + "-signature.svg"
			}
			if err := writeFigure(file, func(w io.Writer) error {
				return figure.Signature(w, signatureWords(meterName(args[0]), b.Baseline), b.Baseline, b.days)
			}); err != nil {
				return err
			}
			if f.json {
				return writeJSON(out, struct {
					File     string    `json:"file"`
					Baseline energyFit `json:"baseline"`
				}{file, b.view()})
			}
			_, err = fmt.Fprintf(out, "%s: %s\n", file, describe(b.Whole))
			return err
		},
	}
	f.bind(cmd)
	cmd.Flags().StringVarP(&file, "out", "o", "", "file to write, NAME-signature.svg if not given")
	return cmd
}

// meterName is the name of a file without folder and ending.
func meterName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// writeFigure draws into a file; a figure that cannot be drawn leaves none.
func writeFigure(name string, draw func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return inputError(err)
	}
	if err = draw(f); err == nil {
		return f.Close()
	}
	_ = f.Close()
	_ = os.Remove(name)
	return inputError(err)
}
