#!/bin/sh
# A bare machine: a minimal Debian root in namespaces of its own, on which an ordinary user (u, uid 1000) has nothing
# but a shell and curl: no Node, no npm, no Nix, no compiler, and a network that reaches only this host's end of a cable.
#
#   bare-machine.sh root            makes the cached root file system (once, about a minute), prints its path
#   bare-machine.sh up DIR N        a machine in DIR (copy-on-write over the root); its cable is 10.77.N.2 -> host 10.77.N.1
#   bare-machine.sh run DIR CMD…    runs a command there as u, in /home/u, with the caller's terminal
#   bare-machine.sh down DIR        takes the machine away
#
# Needs root (or sudo) for the mounts and the cable only; what runs inside is an ordinary user.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/zagi-tests
# The name carries the recipe's version: a changed package list makes a new root.
root=$cache/bare-root-1
packages=bash,ca-certificates,curl,fish,procps,wget,zsh

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

fail() {
  echo "bare-machine: $1" >&2
  exit 1
}

make_root() {
  if [ ! -e "$root/.complete" ]; then
    command -v debootstrap >/dev/null || fail "debootstrap is not installed: apt-get install debootstrap"
    mkdir -p "$cache"
    as_root rm -rf "$root"
    as_root debootstrap --variant=minbase --include="$packages" bookworm "$root" >"$cache/debootstrap.log" 2>&1 ||
      fail "debootstrap failed, see $cache/debootstrap.log"
    echo 'u:x:1000:1000::/home/u:/bin/bash' | as_root tee -a "$root/etc/passwd" >/dev/null
    echo 'u:x:1000:' | as_root tee -a "$root/etc/group" >/dev/null
    printf '127.0.0.1 localhost\n127.0.1.1 bare\n' | as_root tee "$root/etc/hosts" >/dev/null
    as_root rm -rf "$root/var/cache/apt" "$root/var/lib/apt/lists"
    as_root touch "$root/.complete"
  fi
  echo "$root"
}

# A machine's names: everything that must be taken away again is derived from its folder.
names() {
  folder=$(realpath "$1")
  number=$(cat "$folder/number")
  namespace=zagi-bare-$number
  cable=zagib$number
}

up() {
  make_root >/dev/null
  mkdir -p "$1/upper" "$1/work" "$1/machine"
  echo "$2" >"$1/number"
  names "$1"
  as_root chmod 755 "$folder"
  as_root mount -t overlay overlay -o "lowerdir=$root,upperdir=$folder/upper,workdir=$folder/work" "$folder/machine"
  as_root mkdir -p "$folder/machine/home/u"
  as_root chown 1000:1000 "$folder/machine/home/u"
  as_root ip netns add "$namespace"
  as_root ip link add "$cable" type veth peer name eth0 netns "$namespace"
  as_root ip addr add "10.77.$number.1/30" dev "$cable"
  as_root ip link set "$cable" up
  as_root ip -n "$namespace" addr add "10.77.$number.2/30" dev eth0
  as_root ip -n "$namespace" link set eth0 up
  as_root ip -n "$namespace" link set lo up
}

inside='
  m=$1; shift
  mount -t proc proc "$m/proc"
  mount -t tmpfs -o mode=755 tmpfs "$m/dev"
  for n in null zero urandom random tty full; do touch "$m/dev/$n"; mount --bind "/dev/$n" "$m/dev/$n"; done
  mkdir "$m/dev/shm" "$m/dev/pts"; chmod 1777 "$m/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$m/dev/pts"; ln -s pts/ptmx "$m/dev/ptmx"
  ln -s /proc/self/fd "$m/dev/fd"
  hostname bare
  exec chroot --userspec=1000:1000 --groups= "$m" /usr/bin/env -i HOME=/home/u USER=u SHELL=/bin/bash LANG=C.UTF-8 \
    PATH=/usr/bin:/bin TERM="${TERM:-dumb}" sh -c "cd && exec \"\$@\"" sh "$@"'

run() {
  names "$1"
  shift
  as_root ip netns exec "$namespace" unshare -m -p -f -i -u --kill-child --propagation private \
    sh -c "$inside" inside "$folder/machine" "$@"
}

down() {
  [ -e "$1/number" ] || return 0
  names "$1"
  as_root ip netns pids "$namespace" 2>/dev/null | while read -r pid; do as_root kill "$pid" 2>/dev/null || true; done
  as_root ip link del "$cable" 2>/dev/null || true
  as_root ip netns del "$namespace" 2>/dev/null || true
  as_root umount -l "$folder/machine" 2>/dev/null || true
  as_root rm -rf "$folder"
}

case ${1-} in
  root) make_root ;;
  up) up "$2" "$3" ;;
  run) shift; run "$@" ;;
  down) down "$2" ;;
  *) fail "usage: bare-machine.sh root | up DIR N | run DIR CMD… | down DIR" ;;
esac
