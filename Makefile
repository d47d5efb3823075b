# SPDX-License-Identifier: GPL-2.0
# A thin front of devel/*.sh. "make help" says what there is.

ARCH ?= x86_64
CONFIG ?= $(ARCH)
SIDE ?= ours
export ARCH CONFIG KSRC MEM SMP APPEND LINUX_SOURCE_DEB MEMDESC_BUILD JOBS CATS SIDE MINUTES

.DEFAULT_GOAL := help
.PHONY: help deps tree export series config kernel boot words fail check quick vmtests stress hibernate perf kunit static walk clean
.NOTPARALLEL:

help: ## this list
	@echo "Targets:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | awk -F"\t" '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo "Variables:"
	@echo "  ARCH=x86_64|arm64|um      CONFIG=ARCH, then any of -debug (KASAN, lockdep...) and -n (CONFIG_MEMDESC=n)"
	@echo "  MEM=2G SMP=2 APPEND=...   of the guest;  SIDE=ours|base  the patched or the unpatched kernel"
	@echo "  KSRC=DIR                  apply the series to this kernel tree (a copy; DIR is not changed)"
	@echo "  LINUX_SOURCE_DEB=FILE     a local linux-source-7.3 package;  MEMDESC_BUILD=DIR  instead of build/;  JOBS=N"

deps: ## install the packages needed for everything (root, Debian), or name them
	@devel/deps.sh check

tree: ## build/linux: the base with the series applied, as a git tree
	@devel/tree.sh ours

export: ## write branch memdesc of build/linux to patches/ and the view
	@devel/export.sh

series: ## a mailable series with cover letter in build/series/
	@devel/series.sh

config: ## configure a kernel and check that every option asked for is there
	@CONFIG_ONLY=1 devel/kernel.sh $(CONFIG) $(SIDE)

kernel: ## build one kernel (ARCH=, CONFIG=, SIDE=)
	@devel/tree.sh $(SIDE)
	@devel/kernel.sh $(CONFIG) $(SIDE)

boot: ## packages, tree, kernel, QEMU: prints the memdesc report from inside the guest
	@devel/boot.sh

check: ## every test and static check; ends with "N passed, N failed, N skipped"
	@devel/check.sh

quick: ## static checks, boot and a few mm selftests on x86-64
	@devel/check.sh quick

words: ## every owner of pages takes and returns some in a guest, all words checked (CONFIG=)
	@devel/words.sh

fail: ## allocations of descriptors and pages fail in a guest (CONFIG=)
	@devel/fail.sh

vmtests: ## the mm selftests in QEMU (CATS=a,b; SIDE=base|ours|both; both rewrites results/vmtests.tsv)
	@devel/vmtests.sh

stress: ## MINUTES=20 of mixed load in a guest with KASAN, lockdep... (CONFIG=x86_64-debug)
	@CONFIG=$(if $(filter file default,$(origin CONFIG)),,$(CONFIG)) devel/stress.sh

perf: ## what operations cost, base against ours, in instructions and cache lines (PART=frag: fragmentation); writes results/
	@devel/perf.sh

hibernate: ## a guest writes its memory to disk and gets it back, twice (CONFIG=, SIDE=)
	@devel/hibernate.sh

kunit: ## KUnit on ARCH (x86_64 and arm64 in QEMU, um through kunit.py)
	@devel/kunit.sh $(ARCH)

static: ## round trip, checkpatch, shellcheck, sparse, W=1, kernel-doc, documentation
	@devel/static.sh

walk: ## build every patch with CONFIG_MEMDESC=y and =n
	@CONFIG=$(if $(filter file default,$(origin CONFIG)),,$(CONFIG)) devel/walk.sh

clean: ## remove the objects, not the tree
	rm -rf $(or $(MEMDESC_BUILD),build)/o $(or $(MEMDESC_BUILD),build)/base/o $(or $(MEMDESC_BUILD),build)/initrd
