#!/bin/sh
# Makes the class-data archive of a distribution: one JVM runs the verbs once and writes down the
# classes that it met. $1: the distribution. The archive fits the JVM that makes it; another one
# starts without it, a little slower and as quiet.
set -eu
dist=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/train.yaml" <<'M'
name: train
services:
  one:
    rootfs: ./root
    command: [/bin/true]
    environment: {A: "1"}
    mounts: ["./root:/data:ro", {type: tmpfs, target: /tmp, size: 1m}]
    cgroup: {memory: {max: 64m}, cpu: {max: 0.5}, pids: {max: 16}}
    depends_on: [two]
  two:
    rootfs: {path: ./root}
    command: sh -c true
M
mkdir "$work/root"
rm -f "$dist/lib/jstack.jsa"
JSTACK_RUN=$work/run JSTACK_HOME=$work/home "${JAVA_HOME:+$JAVA_HOME/bin/}java" \
  -XX:ArchiveClassesAtExit="$dist/lib/jstack.jsa" -Xlog:disable -Xlog:all=off \
  -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
  -Djstack.shim="$dist/lib/jstack-shim" -Djstack.tty.in=0 -Djstack.tty.out=0 -Djstack.tty.err=0 \
  -cp "$dist/lib/jstack.jar" jstack.cli.Training "$work/train.yaml" >/dev/null
