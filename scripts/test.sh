#!/bin/sh
# All checks and all tests, from a fresh clone: installs what they need first. Ends with "N passed, N failed".
#   sh scripts/test.sh [PART-OF-A-TEST-FILE-NAME…]
set -eu
cd "$(dirname "$0")/.."
sh scripts/prepare.sh test
PATH=$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin
export PATH
if [ $# -eq 0 ]; then
  for check in lint types imports docs knip; do
    echo "Checking: $check"
    npm run --silent "$check"
  done
fi
npm run --silent build
sh scripts/bare-machine.sh root >/dev/null

# Root's tests become other users for a while, who must be able to read the checkout: one in /root is copied.
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
if [ "$(id -u)" = 0 ] && ! as_nobody test -r "$PWD/package.json"; then
  copy=$(mktemp -d /tmp/zagi-checkout.XXXXXX)
  trap 'rm -rf "$copy"' EXIT
  trap 'exit 130' INT TERM
  chmod 755 "$copy"
  cp -a . "$copy"
  cd "$copy"
  PATH=$copy/node_modules/.bin:$PATH
fi
node scripts/run-tests.ts "$@"
