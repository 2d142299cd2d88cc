# SPDX-License-Identifier: MIT
# The front door. `make` alone lists the targets; the work is done by cargo and by tools/.
#
# A line `target: ## text` is what `make help` prints.
.DEFAULT_GOAL := help
.PHONY: help run test check golden bless guests debian debian-test compare bench fuzz soak lockstep mutants install

PREFIX ?= /usr/local
N ?=
# Only words that are set reach the commands, so that a script sees its own defaults otherwise.
export ONLY

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build strata and boot its tour: a small machine that shows what one is made of
	@cargo build --release --package strata
	@target/release/strata

test: ## format, lints, guest programs and all tests; the last line counts them
	@tools/test

check: ## format and lints only
	@tools/test --check

golden: ## the instruction cases; ONLY=riscv/m keeps those below golden/riscv/m
	cargo test --package conformance --test golden -- --nocapture

bless: ## write today's answers into the snapshots; read the difference before you commit it
	INSTA_UPDATE=always INSTA_FORCE_PASS=1 STRATA_BLESS=1 cargo test --workspace --no-fail-fast
	@git --no-pager diff --stat
	@echo "bless: answers were rewritten, not checked: read 'git diff' line by line before you commit"

guests: ## fetch the Debian riscv64 programs into target/guests; REFRESH=1 looks for newer ones
	@tools/guests $(if $(REFRESH),--refresh)

debian: ## fetch Debian's riscv64 kernel and firmware into target/debian and build an initrd; REFRESH=1 looks for newer ones
	@tools/debian $(if $(REFRESH),--refresh)

debian-test: debian ## boot Debian's kernel and U-Boot, type at their console, write to a virtio disk, read the file back
	cargo test --package strata --test machines debian -- --nocapture
	cargo test --package strata --test uboot -- --nocapture

compare: ## Debian's programs under strata and under qemu-riscv64; ARGS=--soak, ARGS=SCRIPT
	@tools/compare $(ARGS)

bench: ## compare with native and qemu-riscv64; ARGS=--quick, ARGS=--markdown, ARGS=--help
	@tools/bench $(ARGS)

fuzz: ## the deterministic fuzz tests for longer; N=inputs a test, default a million
	STRATA_FUZZ_N=$(or $(N),1000000) cargo test --release --workspace fuzz -- --nocapture

soak: ## the long comparisons, hours; N=float operations a mode, default a hundred million
	STRATA_SOAK=1 STRATA_FPU_N=$(or $(N),100000000) \
		cargo test --release --workspace --no-fail-fast -- --nocapture

lockstep: ## random programs in two tiers, TIERS=A:B; N=programs, ARGS=--seed S --shard I/N
	cargo run --release --package conformance --bin lockstep -- \
		--tiers "$(or $(TIERS),interp,step=on:auto)" --count $(or $(N),1000000) --out target/lockstep $(ARGS)

mutants: ## change ONLY=interp/src/riscv/m.rs in small ways and see which change no test notices
	@tools/mutants "$(ONLY)"

install: ## build strata and copy it to PREFIX/bin, default /usr/local/bin
	cargo build --release --package strata
	install -D -m 755 target/release/strata "$(DESTDIR)$(PREFIX)/bin/strata"
