// Package cli is the gtc program: one file a command. It alone joins the
// parts; nothing imports it but cmd/gtc and tests.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
)

// ErrInput marks errors of the input or the configuration: the program ends
// with status 1, and with 2 for every other error.
var ErrInput = errors.New("input")

// Version of the program, set by the linker.
//
//nolint:gochecknoglobals // the linker can set nothing else
var Version = "dev"

// Env is what the program gets from the outside.
type Env struct {
	Args   []string
	Getenv func(string) string
	Stdout io.Writer
	Stderr io.Writer
	// SetMemoryLimit bounds the heap of the process, in bytes; nil where the
	// process is not the program's own.
	SetMemoryLimit func(int64)
}

// Run runs the program until it is done or ctx ends and returns its exit
// status: 0 done, 1 the input or configuration is wrong, 2 the system failed.
func Run(ctx context.Context, env Env) int {
	root := newRoot(env)
	root.SetArgs(env.Args)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return 0
	}
	_, _ = fmt.Fprintln(env.Stderr, "gtc:", err) // nobody could be told that it failed
	if errors.Is(err, ErrInput) {
		return 1
	}
	return 2
}

func newRoot(env Env) *cobra.Command {
	root := &cobra.Command{
		Use:           "gtc",
		Short:         "Gestion technique centralisée : relève, alarmes et énergie d'un parc de bâtiments",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       Version,
	}
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inputError(err) })
	root.PersistentFlags().String("log", "info", "level of the log: debug, info, warn, error")
	root.AddCommand(
		newDemoCommand(env), newSimulateCommand(env), newServeCommand(env), newCollectCommand(env), newEdgeCommand(env), newCheckCommand(env),
		energyCommand(env), newProbeCommand(env), newPointCommand(env), newImportCommand(env), newBackupCommand(env), newRestoreCommand(env),
		newRulesCommand(env), newDoctorCommand(env), newNotifyCommand(env), newTokenCommand(env), newKioskCommand(env), newFindingsCommand(env), newWorksCommand(env),
	)
	return root
}

// inputError marks err as a mistake of the input.
func inputError(err error) error {
	if err == nil || errors.Is(err, ErrInput) {
		return err
	}
	return markedError{err}
}

type markedError struct{ error }

// Unwrap returns the error itself and its mark.
func (e markedError) Unwrap() []error { return []error{e.error, ErrInput} }

// newLog logs for people on a terminal and as JSON otherwise. The lines of
// several goroutines are written one after the other, whatever out is.
func newLog(cmd *cobra.Command, out io.Writer) (zerolog.Logger, error) {
	name, err := cmd.Flags().GetString("log")
	if err != nil {
		return zerolog.Nop(), err
	}
	level, err := zerolog.ParseLevel(name)
	if err != nil {
		return zerolog.Nop(), inputError(fmt.Errorf("--log: %w", err))
	}
	if terminal(out) {
		out = zerolog.ConsoleWriter{Out: out, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(zerolog.SyncWriter(out)).Level(level).With().Timestamp().Logger(), nil
}

// terminal reports whether w is a terminal.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// writeJSON prints v for a program, indented so that a person can read it too.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
