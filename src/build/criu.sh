#!/bin/sh
# A newer Debian's criu below $1, for a kernel that the installed one cannot work on: Debian 12's
# needs one before 6.13, and Debian 13's keeps no sockets from 6.16 on. It comes from Debian's own
# archive, checked by apt against Debian's own keys, and runs with the libraries that it was built
# for; the machine's packages stay as they are.
# $1/bin/criu is there afterwards, or the reason why it is not is said.
set -eu
SUITE=forky
VERSION=4.2.1-1
out=$1

# From 6.16 on its own check does not say that it is too old.
works() {
  "$1" check >/dev/null 2>&1 || return 1
  has=$("$1" --version | sed -n 's/^Version: *//p')
  least=$(printf '%s\n' 6.16 "$(uname -r)" | sort -V | head -1)
  [ "$least" != 6.16 ] || [ "$(printf '%s\n' 4.2 "$has" | sort -V | head -1)" = 4.2 ]
}

installed=$(command -v criu || true)
if [ -n "$installed" ] && ! [ "$installed" -ef "$out/bin/criu" ] && works "$installed"; then
  rm -rf "$out"
  exit 0
fi
[ "$(id -u)" = 0 ] || { echo "no criu: only root can ask whether one works" >&2; exit 0; }
works "$out/bin/criu" && exit 0

echo "apt-get criu $VERSION of Debian $SUITE, once"
new=$out.new
rm -rf "$out" "$new"
mkdir -p "$new/apt/lists/partial" "$new/apt/cache/archives/partial" "$new/root" "$new/bin"
new=$(cd "$new" && pwd)
: >"$new/apt/status" # as if nothing were installed: libc comes along
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
  "http://deb.debian.org/debian $SUITE main" >"$new/apt/sources.list"
cat >"$new/apt/conf" <<C
Dir::State::lists "$new/apt/lists";
Dir::State::status "$new/apt/status";
Dir::Cache "$new/apt/cache";
Dir::Etc::sourcelist "$new/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Debug::NoLocking "true";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
C
export APT_CONFIG="$new/apt/conf"
unpack() {
  apt-get -q update && apt-get -q -y --download-only install "criu=$VERSION" || return 1
  for package in "$new"/apt/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$new/root" || return 1
  done
}
if ! unpack >"$new/log" 2>&1; then
  tail -3 "$new/log" >&2
  echo "no criu: Debian's archive does not give criu $VERSION" >&2
  rm -rf "$new"
  exit 0
fi
rm -rf "$new/apt" "$new/root/usr/share"
# By its own loader, and from wherever this directory is moved to.
cat >"$new/bin/criu" <<'C'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/../root
for loader in "$root"/usr/lib/*/ld-linux-*.so.*; do
  exec "$loader" --library-path "${loader%/*}" "$root/usr/sbin/criu" "$@"
done
C
chmod +x "$new/bin/criu"
if ! works "$new/bin/criu"; then
  "$new/bin/criu" check 2>&1 | tail -3 >&2 || true
  echo "no criu: that of Debian $SUITE cannot work on this kernel either" >&2
  rm -rf "$new"
  exit 0
fi
mv "$new" "$out"
