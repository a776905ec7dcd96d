import type { HookParts } from './hook-parts.ts'

/** The hook for bash 3.2 and later. See docs/environment.md for what it promises. */
export function bashHook({ names, program }: HookParts): string {
  return `# zagi: activates a project's environment while the shell is inside of it. Defines functions and starts nothing.

# Sets REPLY to the project that the working folder is in, or to nothing. First up the path as it is shown; where that finds
# nothing, up the real folders, for a working folder that was entered by a link or moved meanwhile.
__zagi_find() {
  local shown=\${PWD%/} real=.
  REPLY=
  while :; do
    if [[ -e $shown/.zagi/env/stamp ]]; then REPLY=\${shown:-/}; return 0; fi
    if [[ $shown != */* ]]; then break; fi
    shown=\${shown%/*}
  done
  while [[ \${#real} -lt 200 ]]; do
    if [[ -e $real/.zagi/env/stamp ]]; then
      if [[ -z \${__zagi_real-} || ! $__zagi_real -ef $real ]]; then
        # The one place that forks: once for each such project.
        __zagi_real=$(builtin cd -P -- "$real" && builtin pwd -P)
      fi
      REPLY=$__zagi_real
      return 0
    fi
    if [[ $real -ef / ]]; then return 0; fi
    if [[ $real == . ]]; then real=..; else real=../$real; fi
  done
}

# True if this user trusted the project "$1": its token is known in the home folder, and its .zagi is a folder of this user.
__zagi_trusted() {
  local token='' folder=\${1%/}/.zagi
  if [[ -L $folder || ! -O $folder ]]; then return 1; fi
  { IFS= builtin read -r token < "$folder/state/trust"; } 2>/dev/null || :
  if [[ \${#token} -ne 32 || $token == *[!0123456789abcdef]* ]]; then return 1; fi
  [[ -e \${ZAGI_HOME:-\${HOME-}/.zagi}/trust/$token ]]
}

__zagi_known() {
  case $1 in
    ${names.join('|')}) return 0 ;;
  esac
  return 1
}

# Sets the variable "$1" to "$2" and notes in "undo" how to take it back.
__zagi_set() {
  local old=ZAGI_OLD_$1 kept=__zagi_old_$1 attributes=x
  if [[ -z \${!1+x} ]]; then
    undo="$undo -$1"
  else
    # Older versions of bash cannot tell: there a variable counts as exported.
    if [[ \${BASH_VERSINFO[0]}\${BASH_VERSINFO[1]} -ge 44 ]]; then attributes=\${!1@a}; fi
    if [[ $attributes == *r* ]]; then return 0; fi
    if [[ $attributes == *x* ]]; then
      undo="$undo +$1"
      builtin export "$old=\${!1}"
    else
      undo="$undo =$1"
      builtin printf -v "$kept" %s "\${!1}"
    fi
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
  local rest=\${ZAGI_ADDED-} piece word name old kept path=":\${PATH-}:"
  while [[ -n $rest ]]; do
    piece=\${rest%%:*}
    path=\${path/":$piece:"/:}
    if [[ $rest == *:* ]]; then rest=\${rest#*:}; else rest=; fi
  done
  path=\${path#:}
  PATH=\${path%:}
  rest="\${ZAGI_UNDO-} "
  while [[ -n $rest ]]; do
    word=\${rest%% *}
    rest=\${rest#* }
    name=\${word#?}
    if [[ $word == -PATH && -z $PATH ]]; then builtin unset -v PATH; fi
    if ! __zagi_known "$name"; then continue; fi
    old=ZAGI_OLD_$name
    kept=__zagi_old_$name
    builtin unset -v "$name"
    case $word in
      '+'*) if [[ -n \${!old+x} ]]; then builtin export "$name=\${!old}"; fi ;;
      '='*) if [[ -n \${!kept+x} ]]; then builtin printf -v "$name" %s "\${!kept}"; fi ;;
    esac
    builtin unset -v "$old" "$kept"
  done
  builtin unset -v ZAGI_PROJECT ZAGI_STAMP ZAGI_ADDED ZAGI_UNDO
}

__zagi_update() {
  local IFS=' ' REPLY='' project stamp=''
  __zagi_find
  project=$REPLY
  if [[ -n $project ]]; then
    { IFS= builtin read -r stamp < "$project/.zagi/env/stamp"; } 2>/dev/null || :
  fi
  if [[ -z $project ]]; then __zagi_told=; fi
  # In a new shell inside of an active project the rc files may have changed PATH: there it is done anew.
  if [[ $project == "\${ZAGI_PROJECT-}" && $stamp == "\${ZAGI_STAMP-}" && -n \${__zagi_ready-} ]]; then return 0; fi
  __zagi_ready=1
  if [[ -n \${ZAGI_PROJECT-} ]]; then __zagi_leave; fi
  if [[ -z $project ]]; then return 0; fi
  if ! __zagi_trusted "$project"; then
    __zagi_tell 'zagi: this project is not trusted; look at it, then run: zagi trust'
  elif [[ $project == *:* ]]; then
    __zagi_tell 'zagi: this project cannot be activated: its path has a ":" in it'
  else
    __zagi_told=
    __zagi_enter "$project" "$stamp"
  fi
}

# Once for each time that the project is entered, and not where the output of a command is being taken.
__zagi_tell() {
  if [[ \${__zagi_told-} == "$project" || \${BASH_SUBSHELL-0} -gt 0 ]]; then return 0; fi
  __zagi_told=$project
  builtin printf '%s\\n' "$1" >&2
}

__zagi_prompt() {
  local status=$?
  __zagi_update || :
  # Under "set -e" a status other than 0 here would end the shell.
  if [[ $- == *e* ]]; then return 0; fi
  return $status
}

if [[ "\${PROMPT_COMMAND[*]-}" != *__zagi_prompt* ]]; then
  if [[ "$(builtin declare -p PROMPT_COMMAND 2>/dev/null)" == 'declare -a'* ]]; then
    PROMPT_COMMAND=(__zagi_prompt "\${PROMPT_COMMAND[@]+"\${PROMPT_COMMAND[@]}"}")
  else
    PROMPT_COMMAND="__zagi_prompt\${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
  fi
fi

# So that "cd my-app && node index.js" works on one line. Whoever has functions or aliases of that name keeps them.
if [[ "$(builtin type -t cd)$(builtin type -t pushd)$(builtin type -t popd)" == builtinbuiltinbuiltin ]]; then
  cd() { builtin cd "$@" || return; __zagi_update || :; }
  pushd() { builtin pushd "$@" || return; __zagi_update || :; }
  popd() { builtin popd "$@" || return; __zagi_update || :; }
fi
`
}
