# gtc: `make run` shows it, `make test` proves it. See `make help`.
SHELL    := /bin/sh
BIN      := $(CURDIR)/var/bin
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -X github.com/cpas-charleroi/gtc/internal/cli.Version=$(VERSION) -X github.com/cpas-charleroi/gtc/dashboards/datasource.Version=$(VERSION)
INFLUXD  := github.com/influxdata/influxdb/cmd/influxd@v1.8.10
LINT     := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
AXE      := $(CURDIR)/var/axe-core/axe.min.js
# A number of inputs, not a time: with a time Go 1.26 now and then fails at its
# end with "context deadline exceeded" and no input that is at fault.
FUZZTIME ?= 30000x
PLUGIN   := dashboards/datasource
# The plugin is dated by the last commit: the same sources give the same archive.
EPOCH    := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
# Mathematics without a goroutine: the race detector would only make it slow.
PURE     := ./rules/energy/... ./rules/why ./rules/backtest ./simulators/building ./simulators/weather ./internal/figure

.PHONY: help build run demo test test-full unit e2e browser chaos chaos-short lint fmt check bench fuzz golden frontend plugin preview screenshots influxd prerequisites clean

help: ## list of targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' Makefile

build: ## the program at bin/gtc, and the Grafana plugin's backend for this machine
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/gtc ./cmd/gtc
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w $(LDFLAGS)' -o $(PLUGIN)/dist/gpx_gtc_$$(go env GOOS)_$$(go env GOARCH) ./cmd/gpx_gtc

run: prerequisites build influxd ## build, get InfluxDB, start the demo (ARGS="--replay FILE" …)
	@exec bin/gtc demo $(ARGS)

demo: run

influxd: $(BIN)/influxd
$(BIN)/influxd:
	@echo "building InfluxDB 1.8.10 (about two minutes, once)"; GOFLAGS= GOBIN=$(BIN) go install $(INFLUXD)

$(BIN)/golangci-lint:
	@echo "building golangci-lint (about three minutes, once)"; GOFLAGS= GOBIN=$(BIN) go install $(LINT)

$(AXE):
	@command -v npm >/dev/null || { echo 'npm is missing: the accessibility of the pages cannot be checked (apt-get install npm)' >&2; exit 1; }
	@mkdir -p $(@D) && cd $(@D) && npm pack --silent axe-core@4.14.1 | xargs tar -xzf && cp package/axe.min.js . && rm -rf package *.tgz

$(PLUGIN)/node_modules/.package-lock.json: $(PLUGIN)/package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: the plugin cannot be built (apt-get install npm)' >&2; exit 1; }
	cd $(PLUGIN) && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

frontend: $(PLUGIN)/node_modules/.package-lock.json ## the plugin's browser part: types, style, unit tests, bundle
	cd $(PLUGIN) && npx tsc --noEmit && npx eslint src && npx jest --ci
	cd $(PLUGIN) && SOURCE_DATE_EPOCH=$(EPOCH) npx webpack --mode production

plugin: $(PLUGIN)/node_modules/.package-lock.json ## the Grafana plugin: a folder and a zip under var/plugin, with checksums
	cd $(PLUGIN) && SOURCE_DATE_EPOCH=$(EPOCH) npx webpack --mode production
	for arch in amd64 arm64; do CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -trimpath -ldflags '-s -w $(LDFLAGS)' \
	  -o $(PLUGIN)/dist/gpx_gtc_linux_$$arch ./cmd/gpx_gtc || exit 1; done
	go run ./$(PLUGIN)/pack -epoch $(EPOCH) -out var/plugin cmd/gpx_gtc $(PLUGIN)

preview: $(PLUGIN)/node_modules/.package-lock.json ## pictures of the Grafana dashboards without a Grafana, with a running hub's answers (GTC_URL, GTC_TOKEN, SITE)
	cd $(PLUGIN) && npx webpack -c webpack.preview.mjs
	GTC_URL=$${GTC_URL:-http://127.0.0.1:8080} PREVIEW=$(CURDIR)/var/preview go test -count=1 -timeout 20m -tags preview -run Preview ./dashboards/grafana

prerequisites:
	@deploy/dev/prerequisites.sh

test: ## lint, unit, end-to-end and browser tests, with the race detector
	@deploy/dev/prerequisites.sh test
	$(MAKE) lint check unit e2e frontend browser

test-full: influxd build chaos-short ## what is too slow for every run: chaos, replay of real meters, whole winters, fuzzing
	GTC=$(CURDIR)/bin/gtc go test -count=1 -timeout 30m -tags 'e2e full' -run 'Full' ./internal/cli
	go test -count=1 -timeout 20m -tags full -run "Full|Faultless" ./collector/mqtt ./rules/why ./rules/backtest
	$(MAKE) fuzz

unit: influxd ## unit and integration tests
	go test -timeout 15m $(PURE)
	go test -race -timeout 20m $$(go list ./... | grep -vE '/(rules/(energy(/[a-z]+)?|why|backtest)|simulators/(building|weather)|internal/figure)$$')

# The tests that only a build tag brings, in packages: the others run in unit.
only = ^($$(sed -n 's/^func \(Test[A-Za-z0-9_]*\)(t \*testing.T).*/\1/p' $$(grep -l '^//go:build.*$(1)' $(2:%=%/*_test.go)) | paste -sd '|' -))$$

e2e: influxd build ## the whole system against a real InfluxDB
	GTC=$(CURDIR)/bin/gtc go test -race -count=1 -timeout 10m -tags e2e -run "$(call only,e2e,internal/cli)" ./internal/cli

browser: influxd build $(AXE) ## the pages in headless Chromium
	AXE=$(AXE) go test -count=1 -timeout 10m -tags browser -run "$(call only,browser,dashboards/console internal/kiosk)" ./dashboards/console ./internal/kiosk
	GTC=$(CURDIR)/bin/gtc go test -count=1 -timeout 10m -tags 'e2e browser' -run Browser ./internal/cli

chaos: influxd build ## everything breaks for 8 minutes, nothing is lost (CHAOS="-chaos.seed=1 -chaos.duration=1h")
	GTC=$(CURDIR)/bin/gtc go test -v -count=1 -timeout 0 -tags chaos -run '^TestChaos$$' ./internal/chaos -chaos.duration=8m $(CHAOS)

chaos-short: influxd build ## the same for 2 minutes, always in the same order
	GTC=$(CURDIR)/bin/gtc go test -v -count=1 -timeout 10m -tags chaos -run '^TestChaos$$' ./internal/chaos -chaos.seed=1 -chaos.duration=2m

lint: $(BIN)/golangci-lint ## static checks
	$(BIN)/golangci-lint run ./...

fmt: $(BIN)/golangci-lint ## format the code
	$(BIN)/golangci-lint fmt ./...

check: build ## every shipped configuration
	bin/gtc check deploy/demo
	bin/gtc check deploy/example

bench: influxd build ## benchmarks; keep results in docs/benchmarks.md
	go test -run '^$$' -bench . -benchtime 1s ./...
	go test -count=1 -timeout 10m -tags 'e2e bench' -run '^$$' -bench . ./internal/cli

fuzz: ## every fuzz target with FUZZTIME inputs
	@set -e; for f in $$(grep -rlE '^func Fuzz' --include='*_test.go' --exclude-dir=node_modules .); do for t in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$f); do \
	echo "$$t"; go test -run '^$$' -fuzz "^$$t$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 200x ./$$(dirname $$f); done; done

golden: ## rewrite golden files and generated pages
	go test ./... -update || true

screenshots: influxd build ## photograph the pages into docs/screenshots
	go test -count=1 -tags browser ./dashboards/console -screenshots $(CURDIR)/docs/screenshots
	GTC=$(CURDIR)/bin/gtc go test -count=1 -tags 'e2e browser' -run Browser ./internal/cli -screenshots $(CURDIR)/docs/screenshots

clean: ## remove what was built; var/demo holds the demo's data
	rm -rf bin var/bin
