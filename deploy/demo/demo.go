// Package demo holds the configuration of the demo park: plain configuration
// files like those of any installation, and park.yaml, which says what the
// simulators behind them do.
package demo

import "embed"

// Files are gtc.yaml, sites/*.yaml and park.yaml.
//
//go:embed gtc.yaml park.yaml sites/*.yaml
var Files embed.FS
