package cli

import (
	"github.com/spf13/cobra"
)

// newRulesCommand returns `gtc rules`: what is active, whether it does what
// its scenarios say, and how well it did on a history.
func newRulesCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Règles d'alarme et d'énergie : lister, essayer, rejouer",
	}
	cmd.AddCommand(newRulesListCommand(env), newRulesTestCommand(env), newRulesBacktestCommand(env))
	return cmd
}

// bindConfig adds the flag that names the configuration folder.
func bindConfig(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVarP(dir, "config", "c", ".", "configuration folder")
	if err := cmd.MarkFlagDirname("config"); err != nil {
		panic(err) // the flag is defined one line above
	}
}
