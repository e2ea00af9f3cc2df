package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/config"
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
			var c checked
			cfg, err := config.Load(dir)
			if err := errors.Join(c.take(err), c.rules(dir, cfg)); err != nil {
				return inputError(err)
			}
			if cfg != nil {
				c.warnings = append(slices.Clone(cfg.Warnings), c.warnings...)
			}
			c.mistakes.Sort()
			if asJSON {
				return printMistakes(env, dir, c.mistakes, c.warnings)
			}
			for _, w := range c.warnings {
				if _, err := fmt.Fprintf(env.Stderr, "warning: %s\n", w); err != nil {
					return err
				}
			}
			if len(c.mistakes) > 0 {
				return inputError(c.mistakes)
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
