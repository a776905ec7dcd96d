import type { HookParts } from './hook-parts.ts'

/** The hook for zsh 5.3 and later. See docs/environment.md for what it promises. */
export function zshHook({ names, program }: HookParts): string {
  return `# zagi: activates a project's environment while the shell is inside of it. Defines functions and starts nothing.

# Sets REPLY to the project that the working folder is in, or to nothing. First up the path as it is shown; where that finds
# nothing, up the real folders, for a working folder that was entered by a link or moved meanwhile. The real path is worked out
# once for each working folder.
__zagi_find() {
  local here=.
  __zagi_climb "\${PWD%/}"
  if [[ -n $REPLY ]]; then return 0; fi
  if [[ \${__zagi_at-} != "$PWD" || ! -d $PWD ]]; then
    builtin typeset -g __zagi_at=$PWD __zagi_real=\${here:P}
  fi
  if [[ $__zagi_real != "$PWD" ]]; then __zagi_climb "\${__zagi_real%/}"; fi
}

__zagi_climb() {
  local folder=$1
  while :; do
    if [[ -e $folder/.zagi/env/stamp ]]; then REPLY=\${folder:-/}; return 0; fi
    if [[ $folder != */* ]]; then break; fi
    folder=\${folder%/*}
  done
  REPLY=
}

# True if this user trusted the project "$1": its token is known in the home folder, and its .zagi is a folder of this user.
__zagi_trusted() {
  local token='' folder=\${1%/}/.zagi
  if [[ -L $folder || ! -O $folder ]]; then return 1; fi
  { IFS= builtin read -r token < "$folder/state/trust"; } 2>/dev/null || :
  if [[ \${#token} -ne 32 || $token == *[^0123456789abcdef]* ]]; then return 1; fi
  [[ -e \${ZAGI_HOME:-\${HOME-}/.zagi}/trust/$token ]]
}

__zagi_known() {
  case $1 in
    (${names.join('|')}) return 0 ;;
  esac
  return 1
}

# Sets the variable "$1" to "$2" and notes in "undo" how to take it back.
__zagi_set() {
  local kind=\${(Pt)1-}
  if [[ $kind == *readonly* ]]; then return 0; fi
  if [[ -z $kind ]]; then
    undo="$undo -$1"
  elif [[ $kind == *export* ]]; then
    undo="$undo +$1"
    builtin export "ZAGI_OLD_$1=\${(P)1}"
  else
    undo="$undo =$1"
    builtin typeset -g "__zagi_old_$1=\${(P)1}"
  fi
  builtin export "$1=$2"
}

__zagi_enter() {
  local project=$1 line name value added='' undo='' short=''
  {
    while IFS= builtin read -r line; do
      name=\${line%%=*}
      value=\${line#*=}
      if [[ $name == PATH ]]; then
        added="$added\${added:+:}\${project%/}/$value"
      elif [[ $name == short ]]; then
        short=$value
      elif __zagi_known "$name"; then
        __zagi_set "$name" "\${project%/}/$value"
      fi
    done < "$project/.zagi/env/vars"
  } 2>/dev/null || :
  # A short way to the tools, as long homes need it, is gone after a restart.
  if [[ -n $short && ! -e $short ]]; then ${program} env --json >/dev/null || :; fi
  if [[ -z \${PATH+x} ]]; then undo="$undo -PATH"; fi
  if [[ -n $added ]]; then builtin export PATH="$added\${PATH:+:$PATH}"; fi
  builtin export ZAGI_PROJECT="$project" ZAGI_STAMP="$2" ZAGI_ADDED="$added" ZAGI_UNDO="\${undo# }"
}

__zagi_leave() {
  local piece word name old kept all=":\${PATH-}:"
  for piece in "\${(@s.:.)ZAGI_ADDED-}"; do
    all=\${all/":$piece:"/:}
  done
  all=\${all#:}
  PATH=\${all%:}
  for word in "\${(@s. .)ZAGI_UNDO-}"; do
    name=\${word#?}
    if [[ $word == -PATH && -z $PATH ]]; then builtin unset PATH; fi
    if ! __zagi_known "$name"; then continue; fi
    old=ZAGI_OLD_$name
    kept=__zagi_old_$name
    builtin unset "$name"
    case $word in
      ('+'*) if [[ -n \${(P)old+x} ]]; then builtin export "$name=\${(P)old}"; fi ;;
      ('='*) if [[ -n \${(P)kept+x} ]]; then builtin typeset -g "$name=\${(P)kept}"; fi ;;
    esac
    builtin unset "$old" "$kept"
  done
  builtin unset ZAGI_PROJECT ZAGI_STAMP ZAGI_ADDED ZAGI_UNDO
}

__zagi_update() {
  builtin emulate -L zsh
  local REPLY='' project stamp=''
  __zagi_find
  project=$REPLY
  if [[ -n $project ]]; then
    { IFS= builtin read -r stamp < "$project/.zagi/env/stamp"; } 2>/dev/null || :
  else
    builtin typeset -g __zagi_told=
  fi
  # In a new shell inside of an active project the rc files may have changed PATH: there it is done anew.
  if [[ $project == "\${ZAGI_PROJECT-}" && $stamp == "\${ZAGI_STAMP-}" && -n \${__zagi_ready-} ]]; then return 0; fi
  builtin typeset -g __zagi_ready=1
  if [[ -n \${ZAGI_PROJECT-} ]]; then __zagi_leave; fi
  if [[ -z $project ]]; then return 0; fi
  if ! __zagi_trusted "$project"; then
    __zagi_tell 'zagi: this project is not trusted; look at it, then run: zagi trust'
  elif [[ $project == *:* ]]; then
    __zagi_tell 'zagi: this project cannot be activated: its path has a ":" in it'
  else
    builtin typeset -g __zagi_told=
    __zagi_enter "$project" "$stamp"
  fi
}

# Once for each time that the project is entered, and not where the output of a command is being taken.
__zagi_tell() {
  if [[ \${__zagi_told-} == "$project" || $ZSH_SUBSHELL -gt 0 ]]; then return 0; fi
  builtin typeset -g __zagi_told=$project
  builtin printf '%s\\n' "$1" >&2
}

__zagi_prompt() {
  local code=$?
  __zagi_update || :
  # Under "set -e" a status other than 0 here would end the shell.
  if [[ -o errexit ]]; then return 0; fi
  return $code
}

__zagi_changed() {
  __zagi_update || :
}

() {
  builtin emulate -L zsh
  builtin typeset -ga precmd_functions chpwd_functions
  if (( ! \${precmd_functions[(Ie)__zagi_prompt]} )); then precmd_functions+=(__zagi_prompt); fi
  if (( ! \${chpwd_functions[(Ie)__zagi_changed]} )); then chpwd_functions+=(__zagi_changed); fi
}
`
}
