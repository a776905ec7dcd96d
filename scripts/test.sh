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
exec node scripts/run-tests.ts "$@"
