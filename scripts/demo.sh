#!/bin/sh
# The main job from end to end: a developer makes a web app with zagi, and a bare machine clones it and runs it.
#   sh scripts/demo.sh
# Can be run again and again. Everything it makes is in one temporary folder (tools: below /nix, downloads: ~/.cache).
set -eu
cd "$(dirname "$0")/.."

bold=$(tput bold 2>/dev/null || true)
plain=$(tput sgr0 2>/dev/null || true)
started=$(date +%s)
say() { printf '\n%s[%3ss] %s%s\n' "$bold" "$(($(date +%s) - started))" "$*" "$plain"; }
show() { printf '$ %s\n' "$*"; }

sh scripts/prepare.sh demo
PATH=$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin
repository=$PWD
project_home=$HOME

work=$(mktemp -d /tmp/zagi-demo.XXXXXX)
chmod 755 "$work"
number=$((($$ % 200) + 20))
server=http://10.77.$number.1:7070
server_pid=

clean_up() {
  [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
  sh "$repository/scripts/bare-machine.sh" down "$work/bare"
  # Materialised tools are read-only folders.
  chmod -R u+w "$work" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say 'Building the one binary that both sides use'
npm run --silent build
ls -lh dist/zagi-linux-x64 dist/zagi-linux-x64.gz | awk '{ print $5, $9 }'

say 'A bare machine: minimal Debian, an ordinary user, no Node, no npm, no Nix, no registry'
sh scripts/bare-machine.sh root >/dev/null
sh scripts/bare-machine.sh up "$work/bare" "$number"
on_bare() { sh "$repository/scripts/bare-machine.sh" run "$work/bare" "$@"; }
on_bare sh -c 'echo "user $(id -un), uid $(id -u)"; for p in node npm nix docker git sudo; do command -v $p || echo "no $p"; done; ls -d /nix 2>/dev/null || echo "no /nix"'

say 'The server: one folder as object storage, real Nix behind the catalog of tools'
catalog=$(node scripts/make-catalog-sources.ts)
show "zagi serve --data server --listen 10.77.$number.1:7070 --catalog CATALOG"
dist/zagi-linux-x64 serve --data "$work/server" --listen "10.77.$number.1:7070" --catalog "$catalog" 2>"$work/server.log" &
server_pid=$!
for _ in $(seq 100); do
  curl -sf "$server/ready" >/dev/null && break
  sleep 0.1
done
curl -sf "$server/ready" >/dev/null || { cat "$work/server.log"; exit 1; }

# The developer's machine is this one, with a home folder of its own. npm keeps its settings from the real one, and
# trusts the certificate authorities that this machine trusts.
developer() {
  env -i HOME="$work/dev" USER=dev LANG=C.UTF-8 TERM=dumb PATH="$work/dev/.local/bin:/usr/bin:/bin" SHELL=/bin/bash \
    npm_config_userconfig="$project_home/.npmrc" npm_config_cache="$project_home/.npm" \
    NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$@"
}
mkdir -p "$work/dev/my-app"

say 'The developer installs zagi and signs in'
show "curl -sf $server | sh"
developer sh -c "curl -sf $server | sh"
dist/zagi-linux-x64 token create --data "$work/server" --note demo 2>/dev/null | developer zagi login "$server"

say 'The developer makes a real Express app with Node 22 from the catalog'
in_app() { show "$*"; (cd "$work/dev/my-app" && developer "$@"); }
in_app zagi init
in_app zagi add node@22
in_app zagi run -- npm init -y >/dev/null
in_app zagi run -- npm install --no-fund --no-audit express
cat >"$work/dev/my-app/index.js" <<'APP'
const express = require('express')
const app = express()
app.get('/', (_, response) => response.send(`Hello from Node ${process.version} and Express\n`))
app.listen(process.env.PORT || 3000, () => console.log('Listening'))
APP
in_app zagi commit -m first
in_app zagi push demo/my-app
in_app zagi log

say 'The bare machine: three lines'
show "curl -sf $server | sh"
on_bare sh -c "curl -sf $server | sh"
show 'zagi clone demo/my-app && cd my-app   # in a new shell: the hook makes the environment active'
show 'node index.js'
before=$(date +%s%N)
on_bare bash -c "exec bash -i 2>&1" <<'SHELL' | sed 's/^/  /'
PS1='bare> '
zagi clone demo/my-app && cd my-app
node index.js &
sleep 1; curl -s http://127.0.0.1:3000/; kill %1
which node; npm --version; ls -d /nix
exit
SHELL
echo "  All of this took $((($(date +%s%N) - before) / 1000000)) ms on the bare machine"

say 'Sharing: a second clone of the same project'
on_bare sh -c '.local/bin/zagi clone demo/my-app again; du -sh .zagi my-app again'

say 'Plain Git sees ordinary commits'
show "git clone $server/demo/my-app.git"
git clone -q "$server/demo/my-app.git" "$work/plain"
git -C "$work/plain" log --oneline
git -C "$work/plain" fsck --strict

say 'Done'
