/** Ends every line that the installer puts into an rc file: by it the line is found again. */
export const rcMark = '# added by the zagi installer'

/** POSIX shell functions that the installer and the uninstaller share. They expect $url. */
export const shellFunctions = String.raw`
say() {
  printf '%s\n' "$*"
}

fail() {
  printf 'zagi installer: %s\n' "$*" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

megabytes() {
  if [ "$1" -lt 1000000 ]; then say "$1 bytes"; else say "$((($1 + 500000) / 1000000)) MB"; fi
}

# Sets dir, shown (the same as it is written into rc files) and the rc files.
find_places() {
  [ -n "$HOME" ] && [ -d "$HOME" ] || fail 'HOME does not name a folder'
  dir=$HOME/.local/bin shown='$HOME/.local/bin'
  if [ -n "$ZAGI_INSTALL_DIR" ]; then dir=$ZAGI_INSTALL_DIR shown=$ZAGI_INSTALL_DIR; fi
  case "$dir" in /*) ;; *) fail "ZAGI_INSTALL_DIR must start with a slash, not be \"$dir\"" ;; esac
  case "$ZAGI_INSTALL_DIR" in
    *[!A-Za-z0-9/._+@\ -]*) fail "ZAGI_INSTALL_DIR has characters that rc files could misread: \"$dir\"" ;;
  esac
  bash_rc=$HOME/.bashrc zsh_rc=$HOME/.zshrc fish_rc=$HOME/.config/fish/conf.d/zagi.fish
  if [ -n "$ZDOTDIR" ]; then zsh_rc=$ZDOTDIR/.zshrc; fi
  if [ -n "$XDG_CONFIG_HOME" ]; then fish_rc=$XDG_CONFIG_HOME/fish/conf.d/zagi.fish; fi
}

# Prints the path $1 with ~ for the home folder.
tilde() {
  case "$1" in
    "$HOME"/*) say "~${'$'}{1#"$HOME"}" ;;
    *) say "$1" ;;
  esac
}

# Prints how to run the script $1 of this server.
one_line() {
  if has curl; then get='curl -sf'; else get='wget -qO-'; fi
  if [ -n "$ZAGI_INSTALL_DIR" ]; then
    say "$get $url/$1 | ZAGI_INSTALL_DIR='$dir' sh"
  else
    say "$get $url/$1 | sh"
  fi
}

# Takes the installer's lines out of the file $1. It is written in place, because an rc file may be a symbolic link;
# what it is to hold is on the disk before.
drop_lines() {
  [ -f "$1" ] && grep -q '${rcMark}$' "$1" || return 0
  kept=$(grep -v '${rcMark}$' "$1"; printf x)
  printf '%s' "${'$'}{kept%x}" >"$1.zagi-$$" && cat "$1.zagi-$$" >"$1" && rm -f "$1.zagi-$$"
}

# Makes $2 the installer's only line in the file $1.
put_line() {
  if [ -f "$1" ] && grep -qxF -- "$2" "$1"; then return 0; fi
  mkdir -p "$(dirname "$1")" || return 1
  drop_lines "$1" || return 1
  if [ -s "$1" ] && [ -n "$(tail -c 1 "$1")" ]; then printf '\n' >>"$1" || return 1; fi
  printf '%s\n' "$2" >>"$1"
}
`
