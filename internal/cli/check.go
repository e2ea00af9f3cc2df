package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/alert"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/rules/why"
)

func newCheckCommand(env Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Vérifie une configuration et liste toutes les erreurs",
		Long:  "Reads the configuration folder DIR (the current one by default) and lists every mistake as file:line:col: what. Exit status 1 when there is one.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			cfg, err := config.Load(dir)
			var mistakes config.Mistakes
			if err != nil && !errors.As(err, &mistakes) {
				return inputError(err)
			}
			if _, wrong := why.Load(os.DirFS(dir)); wrong != nil {
				var more config.Mistakes
				if !errors.As(wrong, &more) {
					return inputError(wrong)
				}
				mistakes = append(mistakes, more...)
				err = mistakes
			}
			if cfg != nil {
				var seed config.Mistakes
				if _, seedErr := alert.LoadSeed(dir); errors.As(seedErr, &seed) {
					mistakes, err = append(mistakes, seed...), seedErr
				}
			}
			var warnings config.Mistakes
			if cfg != nil {
				warnings = cfg.Warnings
			}
			if asJSON {
				return printMistakes(env, dir, mistakes, warnings)
			}
			for _, w := range warnings {
				if _, err := fmt.Fprintf(env.Stderr, "warning: %s\n", w); err != nil {
					return err
				}
			}
			if err != nil {
				return inputError(err)
			}
			devices := 0
			for _, s := range cfg.Sites {
				devices += len(s.Devices)
			}
			_, err = fmt.Fprintf(env.Stdout, "%s: %d sites, %d devices, %d profiles: no mistake\n", dir, len(cfg.Sites), devices, len(cfg.Profiles))
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the mistakes as JSON")
	return cmd
}

func printMistakes(env Env, dir string, mistakes, warnings config.Mistakes) error {
	if warnings == nil {
		warnings = config.Mistakes{}
	}
	if mistakes == nil {
		mistakes = config.Mistakes{}
	}
	if err := writeJSON(env.Stdout, map[string]any{"dir": dir, "mistakes": mistakes, "warnings": warnings}); err != nil {
		return err
	}
	if len(mistakes) > 0 {
		return inputError(fmt.Errorf("%s: %d mistakes", dir, len(mistakes)))
	}
	return nil
}
