import { rcMark, shellFunctions } from './installer-functions.ts'

/**
 * The POSIX shell script behind `curl -sf URL/uninstall | sh`: takes away what the installer made. The user's store
 * goes only with ZAGI_PURGE=1: projects may have changes there that were never pushed.
 */
export function uninstallerScript(url: string): string {
  return `#!/bin/sh
# Removes zagi: the program and its line in the rc files. ~/.zagi stays unless ZAGI_PURGE=1.

url='${url}'
${shellFunctions}
unhook() {
  if [ ! -f "$1" ] || ! grep -q '${rcMark}$' "$1"; then return; fi
  if ! drop_lines "$1" 2>/dev/null; then
    say "  $(tilde "$1") could not be written; remove the line that ends with: ${rcMark}"
    return
  fi
  if [ -s "$1" ]; then
    say "  removed the line in $(tilde "$1")"
  else
    rm -f "$1"
    say "  removed $(tilde "$1"), which had nothing else in it"
  fi
}

purge() {
  chmod -R u+w "$root" && rm -rf "$root" || fail "Could not remove $(tilde "$root")"
  say "  removed $(tilde "$root")"
}

main() {
  find_places
  root=$HOME/.zagi
  if [ -n "$ZAGI_HOME" ]; then root=$ZAGI_HOME; fi
  if [ -f "$dir/zagi" ]; then
    rm -f "$dir/zagi" || fail "Could not remove $(tilde "$dir/zagi")"
    say "Removed $(tilde "$dir/zagi")"
  else
    say "There is no $(tilde "$dir/zagi")"
  fi
  unhook "$bash_rc"
  unhook "$zsh_rc"
  unhook "$fish_rc"
  if [ ! -d "$root/store" ]; then return; fi
  if [ "$ZAGI_PURGE" = 1 ]; then
    purge
  else
    say "$(tilde "$root") stays: the store and the tools of your projects. To remove it too: ZAGI_PURGE=1"
  fi
}

main
`
}
