#!/bin/sh
# For PureV2Scenario, under the kernel of run.sh: one stack up, what the kernel shows of it as lines
# of NAME=TEXT, the stack down.
#
#   limits.sh JSTACK PROBE MANIFEST SERVICE/FILE...
set -u
jstack=$1 probe=$2 manifest=$3
shift 3
tree=/sys/fs/cgroup
ours=$tree/jstack/v2
show() { echo "$1=$2"; }
await() { # SECONDS COMMAND...
  left=$(($1 * 5))
  shift
  until "$@"; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.2
  done
}

# What this kernel has not got; it may be another one day, so it is looked for.
cannot() { show cannot "$1"; }
grep -qw cpuset $tree/cgroup.controllers || cannot "cpuset: no such controller"
[ -e /proc/self/ns/time ] || cannot "time namespaces: not in this kernel"
[ -e /proc/pressure ] || cannot "pressure (PSI): not in this kernel"
[ "$(nproc)" -gt 1 ] || cannot "more than one processor: cpus above 1"
[ "$(wc -l </proc/swaps)" -gt 1 ] || cannot "swap: none here; its limit is written, not felt"
nft list tables >/dev/null 2>&1 || cannot "networks and ports: no netfilter for nft"

# A disk of memory whose file system can map ids, as tmpfs cannot before Linux 6.3.
modules=/usr/lib/uml/modules/$(uname -r)/kernel
busybox insmod "$modules/drivers/block/brd.ko" rd_nr=1 rd_size=65536
mkfs.ext4 -q /dev/ram0
mkdir -p /var/lib
mount -t ext4 /dev/ram0 /var/lib
mkdir -p /var/lib/stack/root/bin /var/lib/stack/start
cd /var/lib/stack || exit
cp /bin/busybox root/bin/sh
for name in cat head sleep tail; do ln -s sh root/bin/$name; done
mkfifo -m 666 start/light start/heavy start/capped
echo "$manifest" >jstack.yaml
mounts=$(cat /proc/mounts)

"$jstack" up -d || exit
mkdir $tree/none
[ -e $tree/none/io.weight ] || cannot "io.weight: no such file"
rmdir $tree/none
"$jstack" ps --format json | sed 's/.*"name":"\([^"]*\)".*"state":"\([^"]*\)".*/\1=\2/'
inner() { grep -qw pids $ours/nested-1/cgroup.subtree_control; }
await 60 inner
"$jstack" exec nested cat /proc/self/cgroup /proc/self/uid_map /proc/self/status |
  sed -n '1,2s/^ */inside=/p; s/^Seccomp:[^0-9]*/seccomp=/p'
# What was delegated is shared out below; the limits themselves stay the machine's.
"$jstack" exec -T nested sh -c 'cd /sys/fs/cgroup
  raise() { chmod 666 $1; echo $2 >$1 && echo "wrote=$1"; }
  for file in pids.max memory.max cpu.max cpu.weight io.max cgroup.freeze cgroup.max.depth; do
    raise $file max
    raise ../$file max
  done 2>/dev/null
  raise in/pids.max 100' 2>&1
# As deep as it likes, which is no hindrance to the end.
"$jstack" exec -T nested sh -c 'd=d; for i in 1 2 3 4 5 6 7; do d=$d/$d; done
  mkdir -p /sys/fs/cgroup/$d /sys/fs/cgroup/in/.hidden'
show nests "$(find $ours/nested-1 -type d | wc -l)"
show nested "$(cat $ours/nested-1/pids.max $ours/nested-1/in/pids.max | tr '\n' ' ')"
for file; do
  show "$file" "$(cat "$ours/${file%%/*}-1/${file#*/}")"
done

killed() { grep -q 'oom_kill [1-9]' $ours/hog-1/memory.events; }
await 60 killed
show hog "$(grep oom_kill $ours/hog-1/memory.events)"
refused() { grep -q 'max [1-9]' $ours/bomb-1/pids.events; }
await 60 refused
show bomb "$(cat $ours/bomb-1/pids.current)"

# Three loops want the one processor.
usage() { sed -n 's/usage_usec //p' "$ours/$1-1/cpu.stat"; }
for name in light heavy capped; do : >start/$name; done
light=$(usage light) heavy=$(usage heavy) capped=$(usage capped)
now() { tr -d . </proc/uptime | cut -d' ' -f1; }
since=$(now)
sleep 3
show light $(($(usage light) - light))
show heavy $(($(usage heavy) - heavy))
show capped $(($(usage capped) - capped))
show wall $((($(now) - since) * 10000))

# Other limits for those who run: one below what is in use is refused, and everything with it.
pid() { sed -n 's/^pid=//p' "/run/jstack/v2/$1-1/status"; }
before=$(pid limits)
sed -i 's/max: 64m/max: 96m/; s/max: 0.5/max: 0.4/; s/max: 48m/max: 8m/' jstack.yaml
"$jstack" up -d >refused 2>&1
show refused $?
show why "$(grep error: refused)"
show live "$(cat $ours/limits-1/memory.max $ours/limits-1/cpu.max $ours/held-1/memory.max | tr '\n' ' ')"
sed -i 's/max: 8m/max: 64m/' jstack.yaml
"$jstack" up -d 2>/dev/null || exit
show live "$(cat $ours/limits-1/memory.max $ours/limits-1/cpu.max $ours/held-1/memory.max | tr '\n' ' ')"
show same "$([ "$before" = "$(pid limits)" ] && echo pid)"

"$probe" detach-devices $ours/limits-1
"$probe" attach-devices $ours/light-1 1
"$jstack" verify | sed -n 's/^\([a-z0-9-]*\)  *cgroup.devices: .* is wanted, \(.*\) is there.*/drift=\1: \2/p'

"$jstack" stop -t 0 2>/dev/null || exit
"$jstack" report --format json | sed 's/^/receipt=/'

"$jstack" down -v || exit
show groups "$(find $tree -mindepth 1 -type d)"
show processes "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c jstack-shim)"
[ "$mounts" = "$(cat /proc/mounts)" ] && show mounts same
exit 0
