# jstack: make help lists the targets.
PREFIX ?= /usr/local
DIST = target/dist
SHIM = target/shim
MVN = mvn -q -B
JAVA_SOURCES = $(shell find src/main/java src/main/resources schemas -type f 2>/dev/null)
C_SOURCES = $(wildcard src/main/c/*.c src/main/c/*.h src/main/c/*.def src/main/c/Makefile)
C_STYLED = $(wildcard src/main/c/*.c src/main/c/*.h src/test/c/*.c src/test/c/*.h src/test/uml/*.c)
ASM = 9.9
ASM_JARS = target/build/asm.jar:target/build/asm-tree.jar:target/build/asm-commons.jar
PACKAGES = gcc libc6-dev make maven clang-format busybox-static curl debootstrap iproute2 nftables \
  util-linux xz-utils zstd bzip2 attr procps strace e2fsprogs user-mode-linux systemd criu
# Read from the files named release: asking every JVM would cost each make a third of a second.
NEWEST_JDK := $(shell awk -F'[".]' '/^JAVA_VERSION=/ && $$2 > newest && $$2 > 17 \
  { newest = $$2; home = FILENAME } END { sub("/release$$", "", home); print home }' \
  /usr/lib/jvm/*/release 2>/dev/null)

.DEFAULT_GOAL = dist

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 18

dist: target/.dist ## build the distribution at target/dist (bin/jstack runs from anywhere)

target/jstack-all.jar: pom.xml $(JAVA_SOURCES)
	@echo "javac, shade"; $(MVN) -DskipTests package
	@touch $@

# Of the versions in the pom alone, so that an edit of the sources does not make it anew.
target/bom.json: pom.xml
	@echo "bill of materials"; $(MVN) cyclonedx:makeBom
	@touch $@

target/build/asm.jar:
	@$(MVN) dependency:copy -Dartifact=org.ow2.asm:asm:$(ASM) -DoutputDirectory=target/build -Dmdep.stripVersion=true
	@$(MVN) dependency:copy -Dartifact=org.ow2.asm:asm-tree:$(ASM) -DoutputDirectory=target/build -Dmdep.stripVersion=true
	@$(MVN) dependency:copy -Dartifact=org.ow2.asm:asm-commons:$(ASM) -DoutputDirectory=target/build -Dmdep.stripVersion=true

$(SHIM)/jstack-shim: $(C_SOURCES) src/test/c/probe.c $(wildcard src/test/c/atk*)
	$(MAKE) --no-print-directory -C src/main/c OUT=$(abspath $(SHIM))

target/.dist: target/jstack-all.jar target/build/asm.jar $(SHIM)/jstack-shim \
    src/main/dist/bin/jstack $(wildcard src/build/java/*.java) src/build/train.sh target/bom.json
	@mkdir -p $(DIST)/bin $(DIST)/lib $(DIST)/schemas
	java -cp $(ASM_JARS) src/build/java/PlainLambdas.java jstack/ target/jstack-all.jar target/build/plain.jar
	java -cp $(ASM_JARS) src/build/java/RaiseClassFiles.java target/build/plain.jar $(DIST)/lib/jstack.jar
	cp $(SHIM)/jstack-shim $(DIST)/lib/jstack-shim
	cp src/main/dist/bin/jstack $(DIST)/bin/jstack
	cp schemas/* $(DIST)/schemas/
	cp LICENSE $(DIST)/
	cp target/bom.json $(DIST)/lib/bom.json
	sh src/build/train.sh $(abspath $(DIST))
	@touch $@

deps: ## install the Debian packages that building and testing need
	@missing=; for p in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	command -v javac >/dev/null || missing="$$missing openjdk-17-jdk-headless"; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then \
	  echo "installing$$missing"; apt-get -q update >/dev/null && \
	  DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $$missing >/dev/null; \
	else echo "run as root: apt-get install --no-install-recommends$$missing" >&2; exit 1; fi

bom: target/bom.json ## list what is built in, with versions, licences and digests: target/bom.json

demo: deps dist ## bring up a jail of bash, show its output, take it down; no network needed
	$(DIST)/bin/jstack up examples/01-jail.yaml
	$(DIST)/bin/jstack ps -a examples/01-jail.yaml
	$(DIST)/bin/jstack down -v examples/01-jail.yaml

TEST = -Djstack.dist=$(abspath $(DIST)) -Djstack.shim=$(abspath $(SHIM))/jstack-shim \
  -Djstack.probe=$(abspath $(SHIM))/probe

# Two Mavens at once would step on each other's toes; what is C, and the Debian, goes beside one.
test: deps ## everything: format, lint, unit, kernel, end to end
	@$(MAKE) --no-print-directory -j2 dist check-c test-c target/debian.tar.gz criu
	@$(MAKE) --no-print-directory check-java test-java test-newest-jdk

check: check-java check-c ## format and lint

check-java:
	$(MVN) spotless:check

check-c:
	clang-format --dry-run -Werror $(C_STYLED)
	$(MAKE) --no-print-directory -C src/main/c analyze

test-c: $(SHIM)/jstack-shim ## the helper's decoder and its fuzzer, receipts
	$(MAKE) --no-print-directory -C src/main/c OUT=$(abspath $(SHIM)) test

KINDS = '-Dtest.kinds=%regex[.*(Test|IT|Scenario)\.class]'

# Two at a time, each in a world of its own: most of a test is waiting. Where no such world can be
# made (not root, say), one after the other.
WORLD = $(abspath target/world/bin/java)
FORKS = $$($(WORLD) -version >/dev/null 2>&1 && echo "-Djvm=$(WORLD) -DforkCount=2" || \
  echo "-Djvm=$$TEST_JAVA")

$(WORLD): src/test/world/java
	@mkdir -p $(@D) && ln -sf $(abspath $<) $@

# Asked each time, since the machine's kernel and criu change: it is a matter of milliseconds.
criu: ## a criu that works on this kernel: the installed one, or a newer Debian's at target/criu
	@mkdir -p target && sh src/build/criu.sh target/criu

CRIU = PATH="$(abspath target/criu/bin):$$PATH"

test-java: dist target/debian.tar.gz criu $(WORLD) ## unit tests, tests on the real kernel, end-to-end tests
	@$(CRIU) criu check >/dev/null 2>&1 || \
	  echo "not run: the tests of restore, because no criu that can be had works on this kernel (criu check)"
	@rm -rf target/walls
	export $(CRIU) TEST_JAVA=$(shell readlink -f "$$(command -v java)"); mvn -B test $(TEST) $(KINDS) $(FORKS) \
	  -Dsurefire.reports=java17 -Dtest.excluded=$$(criu check >/dev/null 2>&1 || echo criu)
	@for suite in attacks archives manifests; do cat target/walls/$$suite.txt || exit 1; done

# What the kernel does is the same whichever JVM asked for it: on the second one run the unit tests
# and the stories of the daily verbs.
NEWEST_KINDS = '-Dtest.kinds=%regex[.*(Test|UpScenario|ExecScenario|LauncherScenario)\.class]'

test-newest-jdk: dist $(WORLD) ## unit tests and the daily verbs on the newest JDK under /usr/lib/jvm
ifneq ($(NEWEST_JDK),)
	$(MVN) test-compile
	export TEST_JAVA=$(NEWEST_JDK)/bin/java; mvn -B surefire:test $(TEST) $(NEWEST_KINDS) $(FORKS) \
	  -Dsurefire.reports=newest -Dtest.excluded=kernel
else
	@echo "no JDK newer than 17 is here"
endif

target/debian.tar.gz:
	@echo "debootstrap a Debian, once"; rm -rf target/debian; mkdir -p target
	@debootstrap --variant=minbase bookworm target/debian >target/debootstrap.log 2>&1 || { \
	  tail -5 target/debootstrap.log; exit 1; }
	@tar -C target/debian --numeric-owner -czf $@.new . && mv $@.new $@ && rm -rf target/debian

bench: dist target/debian.tar.gz ## measure against the peers that are installed
	@$(MVN) test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile=target/test.classpath
	@java -cp target/test-classes:target/classes:$$(cat target/test.classpath) jstack.bench.PeerBench \
	  $(abspath $(DIST)) /bin/busybox $(abspath target/debian.tar.gz)

example-rootfs: deps ## pack a rootfs of busybox and serve it on 127.0.0.1:8765 for examples/02-rootfs.yaml
	sh src/build/example-rootfs.sh target/example
	@echo "serving on http://127.0.0.1:8765/rootfs.tar.gz until Ctrl-C"
	busybox httpd -f -p 127.0.0.1:8765 -h target/example

BIN = $(DESTDIR)$(PREFIX)/bin/jstack
OURS = ../lib/jstack/bin/jstack

# New files take the place of old ones (a jstack may be running from those); the JDK's own tool,
# as in /usr/bin, is never replaced.
install: dist ## install below PREFIX (and DESTDIR)
	@if { [ -e $(BIN) ] || [ -L $(BIN) ]; } && [ "$$(readlink $(BIN))" != $(OURS) ]; then \
	  echo "$(BIN) is another program, the JDK's perhaps; choose another PREFIX" >&2; exit 1; fi
	@mkdir -p $(DESTDIR)$(PREFIX)/lib/jstack $(DESTDIR)$(PREFIX)/bin
	cp -r --remove-destination $(DIST)/. $(DESTDIR)$(PREFIX)/lib/jstack/
	sh src/build/train.sh $(abspath $(DESTDIR)$(PREFIX)/lib/jstack)
	ln -sfn $(OURS) $(BIN)
	@first=$$(command -v jstack || true); \
	echo "note: the JDK ships a tool called jstack, too (thread dumps)."; \
	if [ "$$first" -ef $(BIN) ]; then echo "first on your PATH is this one: $$first"; \
	else echo "first on your PATH is $${first:-none}; put $(PREFIX)/bin before it to get this one"; fi

format: ## format Java and C
	$(MVN) spotless:apply
	clang-format -i $(C_STYLED)

clean: ## remove what was built
	rm -rf target

# The steps share target/: two Mavens at once would tread on each other.
.NOTPARALLEL:
.PHONY: help dist bom deps demo test check check-java check-c test-c test-java test-newest-jdk bench example-rootfs install format clean criu
