// Command gtc collects, judges and shows the energy and technical telemetry of
// a park of buildings. `gtc help` lists what it does.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/cpas-charleroi/gtc/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, cli.Env{
		Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
		SetMemoryLimit: func(n int64) { debug.SetMemoryLimit(n) },
	})
	stop()
	os.Exit(code)
}
