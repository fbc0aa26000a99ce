# SPDX-License-Identifier: Apache-2.0
# A thin front for meson and tools/: `make help` lists what there is.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
MESON_FLAGS ?=

.DEFAULT_GOAL := all
.PHONY: all configure install demo test test-vm lint bench sanitize coverage fuzz clean help

all: configure ## build (in $(BUILD))
	@ninja -C $(BUILD) programs

# Configures when there is no build yet or the prefix is another one.
configure:
	@tools/setup build
	@[ "$$(cat $(BUILD)/.prefix 2>/dev/null)" = "$(PREFIX)" ] || { \
		reconfigure=; [ ! -e $(BUILD)/build.ninja ] || reconfigure=--reconfigure; \
		meson setup $$reconfigure --prefix="$(PREFIX)" $(MESON_FLAGS) $(BUILD) && \
		echo "$(PREFIX)" >$(BUILD)/.prefix; }

install: all ## install into $(DESTDIR)$(PREFIX)
	@DESTDIR="$(DESTDIR)" meson install --no-rebuild -C $(BUILD)

demo: ## build, then show an ordinary user's first container
	@tools/setup demo
	@tools/demo

test: ## every test: unit, integration, scenarios, security; as root and as an ordinary user; sanitizers
	@tools/setup test
	@tools/run-tests

test-vm: ## tests/vm and some others in a virtual machine with systemd and delegated cgroups
	@tools/setup vm
	@tools/run-tests --only vm

lint: ## every static check
	@tools/setup lint
	@tools/lint

bench: ## start-up time and memory, pull and load, ids of its own, many at once, networks, builds, limits, beside bwrap, crun, runc, podman, buildah, skopeo and docker
	@tools/setup bench
	@bench/run
	@bench/images
	@bench/maps
	@bench/many
	@bench/network
	@bench/build
	@tools/setup vm
	@bench/limits

sanitize: ## unit and integration tests under AddressSanitizer and UBSan
	@tools/setup test
	@tools/run-tests --only sanitize

coverage: ## test coverage of unit and integration tests, as HTML in build-coverage
	@tools/setup coverage
	@tools/run-tests --only coverage

fuzz: ## each libFuzzer target for FUZZ_SECONDS (default 60)
	@tools/setup fuzz
	@tools/fuzz

clean: ## remove the build directories that these targets make
	rm -rf $(BUILD) build-test build-sanitize build-coverage build-fuzz build-lint build-clang build-bench

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'
