#!/bin/sh
# Makes a fresh Debian 12 with Node 20 ready for the demo and the tests; does nothing where all is there already.
#   sh scripts/prepare.sh demo|test
# Works as root, or as an ordinary user with sudo; else it says what must be installed first.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
fail() { printf 'prepare: %s\n' "$*" >&2; exit 1; }

# program:package, what both need: building the binary, the bare machine, real Nix (with its catalog's compiler tools).
wanted='strip:binutils curl:curl debootstrap:debootstrap git:git gzip:gzip ip:iproute2 patchelf:patchelf python3:python3 tmux:tmux unshare:util-linux xz:xz-utils zstd:zstd'
if [ "${1-}" = test ]; then
  # Real shells and their tracer, a second downloader, Python environments, a C compiler for small test programs.
  wanted="$wanted bash:bash dash:dash expect:expect fish:fish gcc:gcc mkfs.ext4:e2fsprogs strace:strace wget:wget zsh:zsh"
fi

# Mounting tools live in sbin, which is not on every user's PATH.
PATH=$PATH:/usr/sbin:/sbin
missing=
for pair in $wanted; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
if [ "${1-}" = test ] && [ ! -e /usr/include/stdio.h ]; then
  missing="$missing libc6-dev"
fi
if [ "${1-}" = test ] && [ -x /usr/bin/python3 ] && ! /usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null; then
  missing="$missing python3-venv"
fi

if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ]; then root=; elif command -v sudo >/dev/null 2>&1; then root=sudo; else
    fail "these packages are missing and there is no sudo. Run this once as root: apt-get install$missing"
  fi
  say "Installing$missing"
  $root apt-get update -qq
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

command -v node >/dev/null 2>&1 || fail 'Node 20 or newer is needed to begin with, with its npm'
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say 'Installing the libraries and Node 24 from the npm registry'
  # Not "npm ci": it refuses the lock file where a registry lacks packages of other platforms, which are optional.
  npm install --no-save --silent --no-fund --no-audit
fi
[ "$(node_modules/.bin/node -p 'process.versions.node.split(".")[0]')" = 24 ] || fail 'npm did not bring Node 24: remove node_modules and run this again'

sh scripts/install-nix.sh
