# make demo     the demonstration; KEEP=1 leaves it up to try by hand
# make test     everything: format, vet, tests with the race detector; installs what it needs
# make help     the other targets

GO      ?= go
FUZZTIME ?= 20s
# Packages run beside each other; the tests of several start PostgreSQL servers of their own.
TESTFLAGS ?= -race -timeout 15m

export NODE_PATH := $(CURDIR)/.cache/node/node_modules
# Here a missing PostgreSQL is a failure, not a reason to skip.
export CORDON_REQUIRE_PG := 1

.PHONY: help build demo test lint bench fuzz orm apps tools driver-suites versions writes sqlsmith soak share audit-faults docker-check clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/cordon and bin/cordon-audit
	@scripts/deps.sh build
	$(GO) build -trimpath -o bin/cordon ./cmd/cordon
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/cordon-audit ./cmd/cordon-audit

demo: build ## the demonstration; KEEP=1 leaves it up
	@scripts/deps.sh server
	@bin/cordon demo $(if $(KEEP),--keep)

test: ## everything, with the race detector
	@scripts/deps.sh build server test
	@$(MAKE) --no-print-directory lint
	CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/cordon-audit
	$(GO) test $(TESTFLAGS) ./...
	$(GO) test -run Alloc ./parse ./policy ./proxy
	@scripts/check-docker.sh

lint: ## gofmt and go vet
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...

bench: build ## Cordon beside pgbouncer and beside no proxy: throughput, CPU, latency, memory
	@scripts/deps.sh server bench
	@$(GO) run ./bench $(BENCHFLAGS)

fuzz: ## every fuzz target for FUZZTIME (20s)
	@scripts/deps.sh build server
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

orm: ## forms loaded and saved by ten object-relational mappers under masks; no value may be lost
	@scripts/deps.sh build server test orm
	CORDON_ORMS=all $(GO) test -count=1 -v ./internal/ormtest

apps: ## Tryton and Directus installed and worked with through Cordon, under filters and masks
	@scripts/deps.sh build server apps
	CORDON_APPS=all $(GO) test -count=1 -timeout 1h -v ./internal/apptest

WRITES ?= 20000
writes: ## WRITES (20000) random statements that write, and a tenth of it in random forms, against their references
	@scripts/deps.sh build server
	CORDON_RANDOM=$(WRITES) $(GO) test -count=1 -timeout 0 -v -run RandomWrites ./rewrite
	CORDON_RANDOM=$$(($(WRITES) / 10)) $(GO) test -count=1 -timeout 0 -v -run SavedForms ./rewrite

SMITHTIME ?= 10m
sqlsmith: ## made-up SQL on a restricted session for SMITHTIME (10m); no hidden value may come back
	@scripts/deps.sh build server smith
	CORDON_SQLSMITH=$(SMITHTIME) $(GO) test -count=1 -timeout 0 -v ./internal/smithtest

SOAKTIME ?= 10m
soak: ## people who change hands at random on 50 connections for SOAKTIME (10m), with the race detector
	@scripts/deps.sh build server
	CORDON_SOAK=$(SOAKTIME) $(GO) test -race -count=1 -timeout 0 -v -run TestPersonSwitching ./proxy

KILLS ?= 1000
MUTATIONS ?= 10000
audit-faults: build ## KILLS (1000) SIGKILLs of the log and of Cordon under load, MUTATIONS (10000) changes of a log, full disks; nothing lost, no change unseen
	@scripts/deps.sh server
	CORDON_AUDIT_KILLS=$$((($(KILLS) + 2) / 3)) CORDON_AUDIT_MUTATIONS=$(MUTATIONS) $(GO) test -count=1 -timeout 0 -v -run 'TestKill$$|TestVerifyFindsEveryMutation|TestSmallDisk|TestDiskFull|TestWriteFails|TestSyncFails' ./audit
	CORDON_KILLS=$(KILLS) $(GO) test -count=1 -timeout 0 -v -run TestKilledUnderLoad ./cmd/cordon

SHARES ?= 10
share: build ## three Cordons as one, SHARES (10) times with the race detector: a limit over all, one cut off, one killed, approvals raced
	@scripts/deps.sh server
	$(GO) test -race -count=$(SHARES) -timeout 0 -v -run 'Shared|ThreeNodes|ThreeCordons' ./guard ./share ./cmd/cordon

SUITEFLAGS ?=
regress isolation libpq-pipeline: build ## PostgreSQL's own tests, direct and through Cordon
	@scripts/deps.sh server
	@$(GO) run ./internal/suites $(SUITEFLAGS) $@

driver-suites: build ## the test suites of pgx, lib/pq, node-postgres and psycopg, direct and through Cordon
	@scripts/deps.sh server drivers
	@$(GO) run ./internal/suites $(SUITEFLAGS) lib-pq pgx node-postgres psycopg2 psycopg

tools: build ## psql, pg_dump, pg_restore and pgbench through Cordon, beside views and beside no proxy; its memory while large fields pass
	@scripts/deps.sh server
	CORDON_TOOLS=all $(GO) test -count=1 -v -run 'Tools|Memory' ./internal/drivertest

versions: build ## the integration tests against PostgreSQL 13 to 18; VERSIONS="13 18" for some
	@scripts/deps.sh server test
	@scripts/versions.sh $(VERSIONS)

docker-check: ## what can be checked of Dockerfile and docker-compose.yml without an engine; BUILD=1 runs the build steps too
	@scripts/check-docker.sh $(if $(BUILD),--build)

clean: ## remove what make made
	rm -rf bin .cache
