import type { SystemName } from '../base/index.ts'
import { rcMark, shellFunctions } from './installer-functions.ts'

/** A binary that the installer may fetch: `path` is relative to the server's URL. */
export interface InstallableBinary {
  system: SystemName
  path: string
  /** Of the compressed file. */
  sha256: string
  size: number
}

/**
 * The POSIX shell script behind `curl -sf URL | sh`. All of it is functions until the last line, so that a script
 * that arrives cut short does nothing. It holds no secret.
 * @param url this server as the client sees it, checked by `parsePublicUrl`
 */
export function installerScript(url: string, binaries: InstallableBinary[]): string {
  return String.raw`#!/bin/sh
# Installs zagi for this user: one file, and one line in the rc file of each shell. Run it again to update.
# ZAGI_INSTALL_DIR moves the file; it goes to ~/.local/bin otherwise.

url='${url}'
${shellFunctions}
# Sets sha256, size and path for the system named by $1.
choose() {
  case "$1" in
${binaries.map(choice).join('')}    *) fail "This server has no zagi for $1${available(binaries)}" ;;
  esac
}

# Sets system.
find_system() {
  case "$(uname -s)" in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) fail "zagi does not run on $(uname -s), only on Linux and macOS" ;;
  esac
  case "$(uname -m)" in
    x86_64 | amd64) system=$system-x64 ;;
    aarch64 | arm64) system=$system-arm64 ;;
    *) fail "zagi does not run on $(uname -m), only on x86-64 and ARM64 processors" ;;
  esac
}

# Prints the SHA-256 of the file $1 in hex.
sha256_of() {
  if has sha256sum; then
    set -- $(sha256sum <"$1")
  elif has shasum; then
    set -- $(shasum -a 256 <"$1")
  elif has openssl; then
    set -- $(openssl dgst -sha256 -r <"$1")
  else
    fail 'Found none of sha256sum, shasum and openssl to check the download with; install one of them'
  fi
  printf '%s\n' "$1"
}

fetch() {
  if has curl; then
    curl -fsSL --retry 2 -o "$2" "$1" </dev/null
  elif has wget; then
    wget -q -O "$2" "$1" </dev/null
  else
    fail 'Found neither curl nor wget to download with; install one of them'
  fi
}

# Downloads, checks and tries the program in a private folder beside its place, then renames it in: $dir/zagi is
# the old program or the new one at any moment.
put_program() {
  [ ! -d "$dir/zagi" ] || fail "\"$dir/zagi\" is a folder"
  has gzip || fail 'Found no gzip to unpack with; install it'
  mkdir -p "$dir" || fail "Could not make the folder \"$dir\""
  temporary=$dir/.zagi-install-$$
  (umask 077 && mkdir "$temporary") || fail "Could not write in \"$dir\""
  trap 'rm -rf "$temporary"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  say "Downloading zagi for $system from $url ($(megabytes "$size"))"
  fetch "$url/$path" "$temporary/zagi.gz" || fail "Could not download $url/$path; nothing was changed"
  got=$(sha256_of "$temporary/zagi.gz") || exit 1
  [ "$got" = "$sha256" ] ||
    fail "The download is damaged: its SHA-256 is $got, not $sha256; nothing was changed, try again"
  gzip -dc <"$temporary/zagi.gz" >"$temporary/zagi" || fail 'Could not unpack the download (is the disk full?)'
  chmod 755 "$temporary/zagi" || exit 1
  version=$("$temporary/zagi" --version </dev/null 2>&1) ||
    fail "The program does not run on this machine: $version"
  mv -f "$temporary/zagi" "$dir/zagi" || fail "Could not write \"$dir/zagi\""
}

# $1 is the shell, $2 its rc file, $3 the line.
hook_shell() {
  if ! has "$1" && [ "$(basename "$SHELL")" != "$1" ]; then return; fi
  hooked=yes
  if (put_line "$2" "$3") 2>/dev/null; then
    say "  $1: one line in $(tilde "$2")"
  else
    say "  $1: $(tilde "$2") could not be written; add this line yourself: $3"
  fi
}

hook_shells() {
  hooked=no
  posix="if [ -x \"$shown/zagi\" ]; then case \":\$PATH:\" in *\":$shown:\"*) ;; *) export PATH=\"$shown:\$PATH\" ;; esac"
  fish="if status is-interactive; and test -x \"$shown/zagi\"; contains -- \"$shown\" \$PATH; or set -gx PATH \"$shown\" \$PATH"
  hook_shell bash "$bash_rc" "$posix; eval \"\$(\"$shown/zagi\" hook bash)\"; fi ${rcMark}"
  hook_shell zsh "$zsh_rc" "$posix; eval \"\$(\"$shown/zagi\" hook zsh)\"; fi ${rcMark}"
  hook_shell fish "$fish_rc" "$fish; \"$shown/zagi\" hook fish | source; end ${rcMark}"
  [ $hooked = yes ] || say "  no bash, zsh or fish here: put $dir on your PATH"
}

main() {
  find_places
  find_system
  choose "$system"
  put_program
  say "Installed $version: $(tilde "$dir/zagi") ($(megabytes "$(wc -c <"$dir/zagi")"))"
  hook_shells
  "$dir/zagi" server "$url" </dev/null >/dev/null || fail "zagi is installed, but could not record $url as its server"
  say "  server: $url is where it clones from and pushes to"
  say 'Open a new shell, then: zagi clone OWNER/NAME'
  say "To remove it again: $(one_line uninstall)"
}

main
`
}

function choice(binary: InstallableBinary): string {
  return `    ${binary.system}) sha256=${binary.sha256} size=${binary.size} path=${binary.path} ;;\n`
}

function available(binaries: InstallableBinary[]): string {
  if (binaries.length === 0) return ' nor for any other system; tell whoever runs it'
  return `, only for ${binaries.map((binary) => binary.system).join(', ')}`
}
