# web-1: 116 steps

# the supervisor's settings
#   jstack.yaml:1:5  services.web.logging
log-limit 10485760 3
#   jstack.yaml:1:5  services.web.stop_signal
stop 15 10000
#   jstack.yaml:1:5  services.web.tty
terminal 0
#   jstack.yaml:1:5  services.web.stdin_open
stdin 0
#   jstack.yaml:1:5  services.web
control /run/jstack/.control/00000000
echo -250 > /proc/self/oom_score_adj  # once it runs
#   jstack.yaml:6:5  services.web.cgroup
kill-with /sys/fs/cgroup/unified/jstack/demo/web-1

# on the host, before the container exists
#   jstack.yaml:6:5  services.web.cgroup
mkdir -p /sys/fs/cgroup/memory/jstack/demo/web-1
mkdir -p /sys/fs/cgroup/cpu/jstack/demo/web-1
mkdir -p /sys/fs/cgroup/cpuacct/jstack/demo/web-1
mkdir -p /sys/fs/cgroup/pids/jstack/demo/web-1
mkdir -p /sys/fs/cgroup/unified/jstack/demo/web-1
#   jstack.yaml:1:5  services.web
bpftool cgroup attach /sys/fs/cgroup/unified/jstack/demo/web-1 cgroup_device @devices multi  # all but c 1:3 rwm, c 1:5 rwm, c 1:7 rwm, c 1:8 rwm, c 1:9 rwm, c 5:0 rwm, c 5:2 rwm, c 136:* rwm
#   jstack.yaml:7:5  services.web.cgroup.memory.max
echo 104857600 > /sys/fs/cgroup/memory/jstack/demo/web-1/memory.limit_in_bytes
#   jstack.yaml:6:5  services.web.cgroup.memory.swap_max
echo 104857600 > /sys/fs/cgroup/memory/jstack/demo/web-1/memory.memsw.limit_in_bytes
#   jstack.yaml:8:5  services.web.cgroup.memory.swappiness
echo 0 > /sys/fs/cgroup/memory/jstack/demo/web-1/memory.swappiness
#   jstack.yaml:9:5  services.web.cgroup.cpu.max
echo 100000 > /sys/fs/cgroup/cpu/jstack/demo/web-1/cpu.cfs_period_us
echo 50000 > /sys/fs/cgroup/cpu/jstack/demo/web-1/cpu.cfs_quota_us
#   jstack.yaml:6:5  services.web.cgroup.cpu.weight
echo 2048 > /sys/fs/cgroup/cpu/jstack/demo/web-1/cpu.shares
#   jstack.yaml:10:5  services.web.cgroup.pids.max
echo 64 > /sys/fs/cgroup/pids/jstack/demo/web-1/pids.max
#   jstack.yaml:1:5  services.web.namespaces
unshare --mount --uts --ipc --pid --net --fork  # born in /sys/fs/cgroup/unified/jstack/demo/web-1

# process 1 of the container, while the host's files are still in view
#   jstack.yaml:6:5  services.web.cgroup
echo 0 > /sys/fs/cgroup/memory/jstack/demo/web-1/cgroup.procs
echo 0 > /sys/fs/cgroup/cpu/jstack/demo/web-1/cgroup.procs
echo 0 > /sys/fs/cgroup/cpuacct/jstack/demo/web-1/cgroup.procs
echo 0 > /sys/fs/cgroup/pids/jstack/demo/web-1/cgroup.procs
#   jstack.yaml:1:5  services.web.namespaces.cgroup
unshare --cgroup
#   jstack.yaml:1:5  services.web.namespaces.mount
mount --make-rprivate /
#   jstack.yaml:2:5  services.web.rootfs
mount -t overlay -o lowerdir=/var/lib/jstack/rootfs/sha256/abc/root,upperdir=/var/lib/jstack/containers/demo/web-1/abc/upper,workdir=/var/lib/jstack/containers/demo/web-1/abc/work overlay /run/jstack/demo/web-1/root
#   jstack.yaml:1:5  services.web
mount --bind /dev/null @0
#   jstack.yaml:21:9  services.web.mounts[1]
mount --rbind /srv/b.txt @1
#   jstack.yaml:20:9  services.web.mounts[0]
mount --rbind -o ro=recursive /srv/a @2
#   jstack.yaml:2:5  services.web.rootfs
cd /run/jstack/demo/web-1/root && pivot_root . . && umount -l .

# process 1, after the pivot: every path is the container's
#   jstack.yaml:1:5  services.web
mkdir -p /proc  # no part may be a link
mount -t proc -o rw,nosuid,nodev,noexec proc /proc
mkdir -p /sys  # no part may be a link
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys
mkdir -p /dev  # no part may be a link
mount -t tmpfs -o rw,nosuid,noexec,mode=0755,size=64k,nr_inodes=1k tmpfs /dev
mknod -m 0666 /dev/null c 1 3
mknod -m 0666 /dev/zero c 1 5
mknod -m 0666 /dev/full c 1 7
mknod -m 0666 /dev/random c 1 8
mknod -m 0666 /dev/urandom c 1 9
mknod -m 0666 /dev/tty c 5 0
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
ln -s pts/ptmx /dev/ptmx
mkdir -p /dev/pts  # no part may be a link
mount -t devpts -o rw,nosuid,noexec,ptmxmode=0666,mode=0620,gid=5 devpts /dev/pts
#   jstack.yaml:1:5  services.web.shm_size
mkdir -p /dev/shm  # no part may be a link
mount -t tmpfs -o rw,nosuid,nodev,noexec,mode=1777,size=67108864 tmpfs /dev/shm
#   jstack.yaml:1:5  services.web
mkdir -p /dev/mqueue  # no part may be a link
mount -t mqueue -o rw,nosuid,nodev,noexec mqueue /dev/mqueue
#   jstack.yaml:4:5  services.web.hostname
hostname web
#   jstack.yaml:1:5  services.web.namespaces.network
ip link set lo up
sysctl -w net.ipv4.ip_unprivileged_port_start=0
sysctl -w 'net.ipv4.ping_group_range=0 2147483647'
#   jstack.yaml:22:9  services.web.mounts[2]
mkdir -p /data
mount -t tmpfs -o rw,nosuid,nodev,mode=1777,size=1048576 tmpfs /data
#   jstack.yaml:21:9  services.web.mounts[1]
touch /data/b.txt
mount --move @1 /data/b.txt
#   jstack.yaml:20:9  services.web.mounts[0]
mkdir -p /data/deep/er
mount --move @2 /data/deep/er
#   jstack.yaml:1:5  services.web
mount --bind -o ro /dev/null /proc/acpi  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/asound  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/interrupts  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/kcore  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/keys  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/latency_stats  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/sched_debug  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/scsi  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/sysrq-trigger  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/timer_list  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /proc/timer_stats  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /sys/dev/block  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /sys/devices/virtual/powercap  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /sys/firmware  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /sys/fs/selinux  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /sys/kernel/debug  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /sys/kernel/security  # a directory: an empty tmpfs
mount --bind -o ro /dev/null /sys/kernel/tracing  # a directory: an empty tmpfs
mount --rbind -o ro=recursive /proc/bus /proc/bus
mount --rbind -o ro=recursive /proc/fs /proc/fs
mount --rbind -o ro=recursive /proc/irq /proc/irq
mount --rbind -o ro=recursive /proc/sys /proc/sys
mount -o remount,bind,ro /dev
#   jstack.yaml:1:5  services.web.read_only
mount -o remount,bind,ro /

# the command's own process, last steps
#   jstack.yaml:1:5  services.web
rlimit 4 0 0
lower-rlimit 7 1024 4096
lower-rlimit 8 65536 65536
#   jstack.yaml:1:5  services.web.umask
umask 0022
#   jstack.yaml:1:5  services.web
bounding 1275
#   jstack.yaml:11:5  services.web.user
user 0:0
#   jstack.yaml:12:5  services.web.working_dir
cd /
#   jstack.yaml:1:5  services.web
capabilities 1275 1275 0 0
no-new-privileges
#   jstack.yaml:5:5  services.web.environment
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOSTNAME=web 'A=it'\''s' \
#   jstack.yaml:1:5  services.web.security_opt
seccomp  # default filter for x86_64, 292 allowed, 5 by argument, 20 refused with ENOSYS, 67 refused with EPERM, 110 BPF instructions, sha256 73dc99b12ce0
#   jstack.yaml:3:5  services.web.command
  /bin/httpd -f

# on the host, when the last process is gone
#   jstack.yaml:6:5  services.web.cgroup
rmdir /sys/fs/cgroup/unified/jstack/demo/web-1
rmdir /sys/fs/cgroup/unified/jstack/demo
rmdir /sys/fs/cgroup/unified/jstack
rmdir /sys/fs/cgroup/memory/jstack/demo/web-1
rmdir /sys/fs/cgroup/memory/jstack/demo
rmdir /sys/fs/cgroup/memory/jstack
rmdir /sys/fs/cgroup/cpu/jstack/demo/web-1
rmdir /sys/fs/cgroup/cpu/jstack/demo
rmdir /sys/fs/cgroup/cpu/jstack
rmdir /sys/fs/cgroup/cpuacct/jstack/demo/web-1
rmdir /sys/fs/cgroup/cpuacct/jstack/demo
rmdir /sys/fs/cgroup/cpuacct/jstack
rmdir /sys/fs/cgroup/pids/jstack/demo/web-1
rmdir /sys/fs/cgroup/pids/jstack/demo
rmdir /sys/fs/cgroup/pids/jstack

