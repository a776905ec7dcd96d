#!/bin/sh
# Installs what the tests and the demo need to build tools: Nix from Debian, single user, without a daemon.
#   sh scripts/install-nix.sh
# May be run again at any time. Works as root, or as an ordinary user with sudo; else it says what to install.
# The store then belongs to whoever ran this, so that nothing afterwards needs root. An existing configuration
# of Nix is left as it is.
set -eu

marker='# zagi tests: single-user Nix without a binary cache'
packages='nix-bin patchelf xz-utils ca-certificates'
config=/etc/nix/nix.conf
owner=$(id -un)

say() { printf '%s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# sudo may ask for the password where a person sits at a terminal.
can_be_root() {
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

programs_present() {
  for program in nix nix-store patchelf xz; do
    command -v "$program" >/dev/null 2>&1 || return 1
  done
}

# Without a writable /nix/var/nix, newer versions of Nix silently use another store in the home folder.
store_usable() {
  [ -w /nix/store ] && [ -w /nix/var/nix ] && nix-store --init >/dev/null 2>&1
}

config_usable() {
  [ -f "$config" ] || return 1
  nix eval --expr '1 + 1' >/dev/null 2>&1
}

refuse() {
  say "Nix is needed and cannot be installed as \"$owner\" without sudo. Run this once as root:" >&2
  say "  apt-get update && apt-get install --no-install-recommends $packages" >&2
  say "  sh scripts/install-nix.sh && chown -R $owner /nix" >&2
  exit 1
}

# The generator of the test catalog asks apt where packages are: lists older than a day may name files that are gone.
refresh_lists() {
  # Each update touches this folder, also one that finds nothing new.
  if [ -z "$(find /var/lib/apt/lists/partial -maxdepth 0 -mtime -1 2>/dev/null)" ] ||
    [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' 2>/dev/null | head -n 1)" ]; then
    say 'Refreshing the package lists'
    as_root apt-get update -qq
  fi
}

install_packages() {
  command -v apt-get >/dev/null 2>&1 || {
    say "This machine has no apt-get: install Nix and patchelf yourself, then run this again" >&2
    exit 1
  }
  refresh_lists
  say "Installing $packages"
  # Recommended packages would bring the daemon, its users and its services.
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
}

write_config() {
  if [ -f "$config" ] && ! grep -qxF "$marker" "$config"; then
    return 0
  fi
  as_root mkdir -p /etc/nix
  as_root tee "$config" >/dev/null <<CONFIG
$marker
build-users-group =
sandbox = false
substituters =
experimental-features = nix-command flakes
flake-registry =
use-registries = false
warn-dirty = false
max-jobs = 2
cores = 1
CONFIG
}

own_store() {
  as_root mkdir -p /nix/store /nix/var/nix
  as_root chown -R "$owner" /nix
}

programs_present || { can_be_root || refuse; install_packages; }
if can_be_root && command -v apt-get >/dev/null 2>&1; then refresh_lists; fi
config_usable || { can_be_root || refuse; write_config; }
store_usable || { can_be_root || refuse; own_store; }
store_usable || { say 'Nix is installed, but its store cannot be used: see nix-store --init' >&2; exit 1; }
config_usable || { say "Nix is installed, but $config lacks: experimental-features = nix-command flakes" >&2; exit 1; }
say "$(nix --version) is ready, its store belongs to $owner"
