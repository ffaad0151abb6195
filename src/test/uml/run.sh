#!/bin/sh
# Runs a command under a kernel of its own that has cgroup v2 alone: user-mode Linux, an ordinary
# process of this machine (Debian's package user-mode-linux).
#
#   sudo src/test/uml/run.sh COMMAND [ARGUMENT...]
#
# The command sees this machine's files, read-only, and its own working directory and environment;
# /tmp, /run and /var are empty and its own. Output and exit code are the command's; 124: it was not
# done after UML_SECONDS (300), 125: the kernel did not get as far. UML_MEMORY is 1G, taken as used.
#
# With UML_SYSTEMD=1 systemd is the first process, with no more units than it needs: the command is
# /run/units/job.service, and more unit files may be written beside that one.
set -eu
[ $# -gt 0 ] || { echo "usage: ${0##*/} COMMAND [ARGUMENT...]" >&2; exit 64; }
command -v linux.uml >/dev/null || { echo "${0##*/}: install user-mode-linux" >&2; exit 69; }

quote() { printf "'"; printf %s "$1" | sed "s/'/'\\\\''/g"; printf "' "; }

work=$(mktemp -d)
kernel=
trap 'rm -rf "$work"' EXIT
trap '[ -z "$kernel" ] || { kill -ALRM "$kernel"; wait "$kernel" || :; }; exit 143' HUP INT TERM
{ export -p; printf 'exec '; for word; do quote "$word"; done; echo; } >"$work/command"

# The first process there. The root is hostfs, so /proc is the host's until another covers it: a
# busybox before that would find its own program to be this machine's /proc/self/exe.
here=$(quote "$PWD")
cat >"$work/init" <<INIT
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for own in /tmp /run /var; do mount -t tmpfs -o mode=755 tmpfs \$own; done
chmod 1777 /tmp
busybox insmod /usr/lib/uml/modules/\$(uname -r)/kernel/fs/overlayfs/overlay.ko
ip link set lo up
mkdir -p $work $here
mount -t hostfs -o $work hostfs $work
[ $here = / ] || mount -t hostfs -o ro,$here hostfs $here
cd $here
INIT
cat >"$work/job" <<JOB
sh $work/command </dev/null >$work/out 2>$work/err
echo \$? >$work/code
echo o >/proc/sysrq-trigger # power off
sleep 60
JOB
if [ -z "${UML_SYSTEMD:-}" ]; then
  echo ". $work/job" >>"$work/init"
else
  [ -x /lib/systemd/systemd ] || { echo "${0##*/}: install systemd" >&2; exit 69; }
  cat >>"$work/init" <<'INIT'
umount /sys/fs/cgroup # systemd mounts it itself
mkdir -p /run/units /run/systemd/transient
for target in sysinit basic sockets network-online multi-user shutdown umount final; do
  printf '[Unit]\nDefaultDependencies=no\n' >/run/units/$target.target
done
INIT
  cat >>"$work/init" <<INIT
cat >/run/units/job.service <<UNIT
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
WorkingDirectory=\$PWD
ExecStart=/bin/sh $work/job
UNIT
printf '[Unit]\nDefaultDependencies=no\nWants=job.service\n' >/run/units/job.target
# Instead of all that this machine would start.
export SYSTEMD_UNIT_PATH=/run/systemd/transient:/run/units
export SYSTEMD_GENERATOR_PATH=/run/none SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/run/none
exec /lib/systemd/systemd --unit=job.target --log-target=kmsg --show-status=0
INIT
fi
chmod +x "$work/init"
: >"$work/out" >"$work/err"

preload=
if grep -qw amx_tile /proc/cpuinfo; then
  preload=LD_PRELOAD=$work/xstate.so
  cc -shared -fPIC -O2 -o "$work/xstate.so" "$(dirname "$0")/xstate.c"
fi

# A pid namespace, because the kernel's processes would outlive a kill of their first. To timeout, an
# ALRM says that the time is up.
timeout -s KILL "${UML_SECONDS:-300}" unshare --pid --fork --kill-child \
  env $preload linux.uml mem="${UML_MEMORY:-1G}" root=/dev/root rootfstype=hostfs rootflags=/ ro \
  init="$work/init" con=null con0=null,fd:1 uml_dir="$work/" </dev/null >"$work/kernel" 2>&1 &
kernel=$!
ended=0
wait "$kernel" || ended=$?
cat "$work/out"
cat "$work/err" >&2
if [ -s "$work/code" ]; then exit "$(cat "$work/code")"; fi
[ "$ended" = 137 ] && exit 124
tail -20 "$work/kernel" >&2
exit 125
