# A front end for the build; Meson and ninja do the work (meson.build), in separate build folders.
#
#   make             compile into build/
#   make deps        install the Debian packages for building and for the demo; as root if any is missing
#   make deps-all    those for the tests as well
#   make demo        the article's network in namespaces, step by step; as root
#   make check       everything that must hold before a change lands; as root, under an hour
#   make check-fast  only unit and replay tests, in seconds
#   make check-quirks  servers that deviate from RFC 1939, with each of six clients; as root, under 10 minutes
#   make check-systemd  the units under a live systemd in a container; as root, one minute, and some more the first time
#   make check-ports  `make demo` in minimal Debian 12, 13 and testing; for arm64, its tests under qemu-user and the demo
#                    in a virtual machine; as root, half an hour with a network; SUITES="trixie" for fewer releases,
#                    CHECK=1 for `make check` in each, too
#   make asan        compile with AddressSanitizer and UBSan into build-asan/
#   make check-matrix  what 21 clients store from ten real servers, directly and through Postern; as root, about 10 minutes
#   make bench       speed and memory, compared with yardsticks and other proxies, into build/bench/; as root, under
#                    10 minutes; QUICK=1 for a part of it in a minute, SIGNATURES=1000000 for a larger set
#   make torture     processes are killed and calls fail while programs fetch mail and delete it; as root, about an hour.
#                    SEED=N repeats a run; doc/TORTURE.md
#   make chains     5,000 random certificate chains, judged by Postern, OpenSSL, GnuTLS and curl, in some 10 minutes; SEED=N
#                    for others
#   make coverage    lines and branches of src/mail and src/pop3 that unit, replay and corpus tests execute, in a few minutes
#   make bench-slow  what 5,000 clients at one byte per second cost the others; as root, some 3 minutes
#   make fuzz        each fuzz target for FUZZ_SECONDS (60), with clang, into build-fuzz/; ends by itself
#   make install     into DESTDIR
#   make clean       remove the build folders

PYTHON = /usr/bin/python3
DESTDIR =
QUICK =
SIGNATURES = 100000
SEED =
CLIENTS = 5000
FUZZ_SECONDS = 60

all: build/build.ninja
	@ninja -C build

help:
	@sed -n 's/^#   //p' Makefile

build/build.ninja:
	@meson setup build || { echo "make deps installs what the build needs" >&2; exit 1; }

build-asan/build.ninja:
	@meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false -Db_lto=false

asan: build-asan/build.ninja
	@ninja -C build-asan

deps:
	@scripts/deps build demo

deps-all:
	@scripts/deps build demo test

demo: deps
	@$(MAKE) --no-print-directory build/build.ninja
	@ninja -C build --quiet src/postern src/postern-clamav
	@$(PYTHON) -m lab.demo

check:
	@scripts/check

# If only `make demo` has run, the build folder is without the unit tests; their library may have been installed since.
check-fast: all
	@[ -e build/tests/unit/test_buf ] || { meson setup --reconfigure build && ninja -C build; }
	@meson test -C build --print-errorlogs

check-quirks: all
	@scripts/deps build demo test
	@POSTERN_QUIRKS=all $(PYTHON) -m pytest -p no:cacheprovider -q tests/e2e/test_quirks.py

check-systemd:
	@scripts/deps build test systemd
	@$(MAKE) --no-print-directory all
	@$(PYTHON) -m pytest -p no:cacheprovider -q --tb=short -s tests/systemd

check-matrix: all
	@scripts/deps build demo test matrix
	@POSTERN_MATRIX=all $(PYTHON) -m pytest -p no:cacheprovider -q -s tests/e2e/test_matrix.py

check-ports:
	@scripts/check-ports

bench:
	@scripts/deps build bench
	@$(MAKE) --no-print-directory build/build.ninja
	@ninja -C build --quiet bench
	@mkdir -p build/bench
	@$(PYTHON) -m bench $(if $(QUICK),--quick) --signatures $(SIGNATURES) \
		--json build/bench/bench.json --charts build/bench | tee build/bench/bench.txt

torture: all
	@scripts/deps build demo test
	@POSTERN_TORTURE=all POSTERN_SEED=$(SEED) $(PYTHON) -m pytest -p no:cacheprovider -q --tb=short tests/e2e/test_torture_*.py

chains: all
	@scripts/deps build demo test
	@build/tests/chains/chain_compare 5000 $(or $(SEED),1)

bench-slow:
	@scripts/deps build bench
	@$(MAKE) --no-print-directory build/build.ninja
	@ninja -C build --quiet bench
	@mkdir -p build/bench
	@$(PYTHON) -m bench.slow --clients $(CLIENTS) --json build/bench/slow.json | tee build/bench/slow.txt

fuzz:
	@scripts/deps build test
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz

coverage:
	@scripts/coverage

install: all
	@DESTDIR="$(DESTDIR)" meson install -C build --no-rebuild

clean:
	@rm -rf build build-asan build-clang build-coverage build-fuzz

.PHONY: chains check-ports check-systemd all help asan deps deps-all demo check check-fast check-quirks check-matrix bench bench-slow torture coverage fuzz install clean
