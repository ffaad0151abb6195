#!/bin/sh
# Makes the class-data archives of a distribution: a JVM runs the verbs once and writes down the
# classes that it met. $1: the distribution. An archive fits the JVM that makes it, so each JDK of
# this machine makes one: the build's own is jstack.jsa, another's has its version in the name. Any
# other JVM starts without, a little slower and as quiet.
set -eu
dist=$1
unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/train.yaml" <<'M'
name: train
services:
  one:
    rootfs: &host {host: {binaries: [/bin/true, /bin/sleep]}}
    command: [/bin/true]
    environment: {A: "1"}
    mounts: ["./root:/data:ro", {type: tmpfs, target: /tmp, size: 1m}]
    cgroup: {memory: {max: 64m}, cpu: {max: 0.5}, pids: {max: 16}}
    depends_on: [two]
  two:
    rootfs: *host
    command: sleep 1000
    stop_grace_period: 0s
  three:
    rootfs: ./train.tar.gz
    network_mode: none
    command: [/shim, version]
M
# Nothing is left to do for it the second time, so that the third does not even plan.
cat > "$work/settled.yaml" <<'M'
name: settled
services:
  one:
    rootfs: {host: {binaries: [/bin/sleep]}}
    command: sleep 1000
    stop_grace_period: 0s
M
mkdir "$work/root"
cp "$dist/lib/jstack-shim" "$work/shim" # static: a rootfs of one file
tar -C "$work" -czf "$work/train.tar.gz" root shim train.yaml
rm -f "$dist"/lib/jstack*.jsa

# train JAVA ARCHIVE
train() {
  JSTACK_RUN=$work/run JSTACK_HOME=$work/home "$1" \
    -XX:ArchiveClassesAtExit="$2" -Xlog:disable -Xlog:all=off \
    -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Djstack.shim="$dist/lib/jstack-shim" \
    -Djstack.tty.in=0 -Djstack.tty.out=0 -Djstack.tty.err=0 \
    -cp "$dist/lib/jstack.jar" jstack.cli.Training "$work/train.yaml" "$work/train.tar.gz" "$work/settled.yaml" >/dev/null
}

own=java
if [ -n "${JAVA_HOME:-}" ] && [ -x "$JAVA_HOME/bin/java" ]; then own=$JAVA_HOME/bin/java; fi
train "$own" "$dist/lib/jstack.jsa"

version() { sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$1/release"; }
path=$(readlink -f "$(command -v "$own")")
done=" $(version "${path%/bin/java}" 2>/dev/null || true) "
for release in /usr/lib/jvm/*/release; do
  jdk=${release%/release}
  [ -x "$jdk/bin/java" ] || continue
  version=$(version "$jdk")
  [ "${version%%.*}" -ge 17 ] 2>/dev/null || continue
  case $done in *" $version "*) continue ;; esac
  done="$done$version "
  # One that cannot (no default archive of its own, say) has none.
  train "$jdk/bin/java" "$dist/lib/jstack-$version.jsa" 2>/dev/null ||
    rm -f "$dist/lib/jstack-$version.jsa"
done
