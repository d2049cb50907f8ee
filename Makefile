# The commands people use. Each only calls the front door, which prepares what it needs.
.PHONY: help rehearse test unit check format shell scene stop
.DEFAULT_GOAL := help

help:  ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

rehearse:  ## the whole delivery on this machine: builds, releases, refusals, the way back
	./slipway rehearse --install-missing

test:  ## every test, the rehearsal included
	./slipway test --install-missing

unit:  ## the fast tests: no Docker, no engine, no network
	./slipway test --unit

check:  ## lint, format, types, layers, workflow files
	./slipway test --check

format:  ## put the code into its form
	./slipway test --format

shell:  ## a shell in which plain `pulumi up -s staging` works against the emulated AWS
	./slipway shell

scene:  ## one act: `make scene canary`
	./slipway scene $(or $(NAME),$(filter-out $@,$(MAKECMDGOALS))) --install-missing

stop:  ## end what a rehearsal left running
	./slipway stop

# `make scene canary`: the second word names the act and is no goal of its own.
ifeq (scene,$(firstword $(MAKECMDGOALS)))
$(filter-out scene,$(MAKECMDGOALS)):
	@:
endif
