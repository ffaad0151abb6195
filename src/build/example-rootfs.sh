#!/bin/sh
# Packs a small rootfs of busybox: $1/rootfs.tar.gz.
set -eu
out=$1
mkdir -p "$out"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/var" "$root/root"
chmod 1777 "$root/tmp"
cp /bin/busybox "$root/bin/busybox"
for applet in sh ls cat echo ps sleep hostname id mount ip wget httpd kill true false env uname; do
  ln -s busybox "$root/bin/$applet"
done
echo "root:x:0:0:root:/root:/bin/sh" > "$root/etc/passwd"
echo "root:x:0:" > "$root/etc/group"
echo "a rootfs of busybox, made by make example-rootfs" > "$root/etc/rootfs-release"
tar -C "$root" --numeric-owner --owner=0 --group=0 -czf "$out/rootfs.tar.gz.new" .
mv "$out/rootfs.tar.gz.new" "$out/rootfs.tar.gz"
