package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cpas-charleroi/gtc/internal/config/strict"
	"github.com/cpas-charleroi/gtc/rules/alarm/scenario"
)

// scenarioView is the JSON form of one scenario played.
type scenarioView struct {
	File     string          `json:"file"`
	Class    string          `json:"class"`
	Passed   bool            `json:"passed"`
	Mistakes strict.Mistakes `json:"mistakes"`
	Updated  bool            `json:"updated,omitempty"`
}

func newRulesTestCommand(env Env) *cobra.Command {
	var (
		dir            string
		asJSON, update bool
	)
	cmd := &cobra.Command{
		Use:   "test [FILES]",
		Short: "Joue des scénarios (txtar) contre les classes d'alarme",
		Long: "Plays scenarios against the alarm classes of the configuration folder: FILES, or all *.txtar under\n" +
			"DIR/rules. A scenario is named after its class (boiler_lockout.txtar, boiler_lockout.short.txtar) and says\n" +
			"what happens and which events must follow. Exit status 1 when one fails; each failure is file:line:col: what.",
		RunE: func(_ *cobra.Command, files []string) error {
			played, err := playScenarios(dir, files, update)
			if err != nil {
				return err
			}
			return reportScenarios(env, played, asJSON)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"txtar"}, cobra.ShellCompDirectiveFilterFileExt
		},
	}
	bindConfig(cmd, &dir)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&update, "update", false, "write the events that came as those expected; read the difference before keeping it")
	return cmd
}

// playScenarios plays every file against the classes of a folder.
func playScenarios(dir string, files []string, update bool) ([]scenarioView, error) {
	set, err := loadClasses(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		if files, err = scenarioFiles(filepath.Join(dir, "rules")); err != nil {
			return nil, err
		}
	}
	out := make([]scenarioView, 0, len(files))
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, inputError(fmt.Errorf("read scenario: %w", err))
		}
		v := scenarioView{File: name, Mistakes: strict.Mistakes{}}
		s, err := scenario.Parse(name, data)
		var got scenario.Result
		if err == nil {
			v.Class = s.Class
			got, err = s.Play(set.catalogue, set.classes)
		}
		switch bad, ok := errors.AsType[strict.Mistakes](err); {
		case ok:
			v.Mistakes = bad
		case err != nil:
			return nil, fmt.Errorf("play %s: %w", name, err)
		case update && got.Got != s.Want():
			if err := os.WriteFile(name, s.Update(got), 0o644); err != nil { //nolint:gosec // a file of the configuration
				return nil, inputError(err)
			}
			v.Updated = true
		default:
			v.Mistakes = append(v.Mistakes, s.Compare(got)...)
		}
		v.Passed = len(v.Mistakes) == 0
		out = append(out, v)
	}
	return out, nil
}

// scenarioFiles lists the scenarios below a folder, in order.
func scenarioFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".txtar") {
			files = append(files, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, inputError(fmt.Errorf("look for scenarios: %w", err))
	}
	if len(files) == 0 {
		return nil, inputError(fmt.Errorf("no scenario given, and no *.txtar under %s", dir))
	}
	slices.Sort(files)
	return files, nil
}

// reportScenarios prints what became of the scenarios; the error counts the
// failed ones.
func reportScenarios(env Env, played []scenarioView, asJSON bool) error {
	failed := 0
	for _, v := range played {
		if !v.Passed {
			failed++
		}
	}
	if asJSON {
		if err := writeJSON(env.Stdout, played); err != nil {
			return err
		}
	} else {
		for _, v := range played {
			word := "réussi"
			switch {
			case v.Updated:
				word = "réécrit"
			case !v.Passed:
				word = "échoué"
			}
			text := fmt.Sprintf("%-8s %s", word, v.File)
			if !v.Passed {
				text += "\n" + v.Mistakes.Error()
			}
			if _, err := fmt.Fprintln(env.Stdout, text); err != nil {
				return err
			}
		}
	}
	if failed > 0 {
		return inputError(fmt.Errorf("%d of %d scenarios failed", failed, len(played)))
	}
	return nil
}
