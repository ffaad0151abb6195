#!/bin/sh
# For SystemdScenario, with systemd as the first process (UML_SYSTEMD=1 of run.sh): a stack is called
# for by a service and by a login that both end, then by its generated unit; what the kernel and
# systemd show of it, as lines of NAME=TEXT.
#
#   systemd.sh JSTACK FOLDER MANIFEST UNIT
set -u
jstack=$1 folder=$2 manifest=$3 text=$4
tree=/sys/fs/cgroup
scope=$tree/system.slice/jstack.scope
unit=jstack-demo.service
show() { echo "$1=$2"; }
first() { head -n1 "$1/cgroup.procs"; } # the init of a container
state() { systemctl show --property=ActiveState --value "$1"; }
await() { # SECONDS COMMAND...
  left=$(($1 * 10))
  shift
  until "$@"; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.1
  done
}
gone() { [ ! -e "$1" ]; }
ours() { find $tree -path '*jstack*' -type d; }

# A disk of memory whose file system can map ids, as tmpfs cannot before Linux 6.3.
busybox insmod "/usr/lib/uml/modules/$(uname -r)/kernel/drivers/block/brd.ko" rd_nr=1 rd_size=65536
mkfs.ext4 -q /dev/ram0
mkdir -p /var/lib/jstack "$folder"
mount -t ext4 /dev/ram0 /var/lib/jstack
mkdir -p /var/lib/jstack/root/bin
cp /bin/busybox /var/lib/jstack/root/bin/sh
ln -s sh /var/lib/jstack/root/bin/sleep
mkdir "$folder/root"
mount --bind /var/lib/jstack/root "$folder/root"
cd "$folder" || exit
echo "$manifest" >jstack.yaml
echo "$text" >/run/units/$unit

# A service that ends, and a login.
place=$scope/jstack/demo
systemd-run --quiet --unit=caller.service --property=Type=oneshot --property=RemainAfterExit=yes \
  --setenv=JSTACK_JAVA --property=StandardError=append:/run/first \
  "$jstack" up -d -f "$PWD/jstack.yaml"
cat /run/first >&2
web=$(first $place/web-1)
supervisors=$(cat $scope/supervisors/cgroup.procs)
show supervisors "$(echo "$supervisors" | wc -l)"
show scope "$(systemctl show --property=ActiveState,Delegate,TasksMax,Slice jstack.scope | sort | tr '\n' ' ')"
show between "$(cat $scope/cgroup.procs)"
show memory.max "$(cat $place/web-1/memory.max)"
show cpu.weight "$(cat $place/web-1/cpu.weight)"
show stack.pids.max "$(cat $place/pids.max)"
systemctl stop caller.service
show caller "$(state caller.service)"
systemd-run --quiet --scope --slice=user.slice --unit=session-7.scope sh -c \
  'cat /proc/self/cgroup >/run/login; "$1" up -d 2>/run/again; echo >/run/done; exec sleep 1000' \
  sh "$jstack" &
await 60 [ -e /run/done ]
show login "$(cat /run/login)"
show again "$(cat /run/again)"
systemctl stop session-7.scope
wait
show session "$(state session-7.scope)"
show survivors "$([ "$web" = "$(first $place/web-1)" ] &&
  [ "$supervisors" = "$(cat $scope/supervisors/cgroup.procs)" ] && kill -0 "$web" && echo all)"
"$jstack" down -t 0 || exit
await 20 gone $scope
show ended "$(state jstack.scope)"
show left "$(ours)"

# The generated unit.
home=$tree/system.slice/$unit
place=$home/jstack/demo
systemctl daemon-reload
systemctl start $unit
show started "$(state $unit)"
web=$(first $place/web-1) db=$(first $place/db-1)
show within "$(cat $place/web-1/memory.max)"
show beside "$(wc -l <$home/supervisors/cgroup.procs)"
show no-scope "$(state jstack.scope)"
sed -i 's/ROUND: 1/ROUND: 2/' jstack.yaml
systemctl reload $unit
show reloaded "$(state $unit)"
show kept "$([ "$web" = "$(first $place/web-1)" ] && echo web)"
show changed "$(tr '\0' '\n' <"/proc/$(tail -n1 $place/db-1/cgroup.procs)/environ" | grep ROUND)"
show old "$(kill -0 "$db" 2>/dev/null && echo "$db")"
systemctl stop $unit
show stopped "$(systemctl show --property=ActiveState,Result $unit | sort | tr '\n' ' ')"
show rest "$(ours)"
show processes "$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c -e jstack-shim -e sleep)"
