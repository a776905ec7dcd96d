import type { HookParts } from './hook-parts.ts'

/** The hook for fish 3.1 and later. See docs/environment.md for what it promises. */
export function fishHook({ names, program }: HookParts): string {
  return `# zagi: activates a project's environment while the shell is inside of it. Defines functions and starts nothing.

# Sets __zagi_found to the project that the working folder is in, or to nothing. First up the path as it is shown; where that finds
# nothing, up the real folders, for a working folder that was entered by a link or moved meanwhile. The folders to look into are
# worked out once for each working folder.
function __zagi_find
    if test "$__zagi_at" != "$PWD"; or not test -d "$PWD"
        set -g __zagi_at "$PWD"
        set -g __zagi_folders
        set -l real (builtin realpath . 2>/dev/null)
        test "$real" = "$PWD"; and set real
        for path in "$PWD" $real
            set -l folder
            set -l folders
            for part in (string split / -- (string trim --right --chars=/ -- "$path"))
                set folder "$folder$part"
                set -p folders "$folder"
                set folder "$folder/"
            end
            set -a __zagi_folders $folders
        end
    end
    set -g __zagi_found
    for folder in $__zagi_folders
        if test -r "$folder/.zagi/env/stamp"
            set __zagi_found "$folder"
            test -n "$folder"; or set __zagi_found /
            return
        end
    end
end

# True if this user trusted the project: its token is known in the home folder, and its .zagi is a folder of this user.
function __zagi_trusted --argument-names project
    set -l folder (string trim --right --chars=/ -- "$project")/.zagi
    if test -L "$folder"; or not test -O "$folder"; or not test -r "$folder/state/trust"
        return 1
    end
    read -l token <"$folder/state/trust"
    string match --quiet --regex '^[0-9a-f]{32}$' -- "$token"; or return 1
    set -l home "$ZAGI_HOME"
    test -n "$home"; or set home "$HOME/.zagi"
    test -e "$home/trust/$token"
end

function __zagi_known --argument-names name
    contains -- "$name" ${names.join(' ')}
end

# Sets a variable and notes in __zagi_undo how to take it back. What is only universal shows again when ours is erased.
function __zagi_set --argument-names name value
    if not set -qg $name
        set -a __zagi_undo "-$name"
    else if set -qgx $name
        set -a __zagi_undo "+$name"
        set -gx ZAGI_OLD_$name "$$name"
    else
        set -a __zagi_undo "=$name"
        set -g __zagi_old_$name $$name
    end
    set -gx $name $value
end

function __zagi_enter --argument-names project stamp
    set -l base (string trim --right --chars=/ -- "$project")
    set -g __zagi_undo
    set -l added
    set -l short
    if test -r "$project/.zagi/env/vars"
        while read -l line
            set -l pair (string split --max 1 = -- "$line")
            set -l name "$pair[1]"
            set -l value "$pair[2]"
            if test "$name" = PATH
                set -a added "$base/$value"
            else if test "$name" = short
                set short "$value"
            else if __zagi_known "$name"
                __zagi_set "$name" "$base/$value"
            end
        end <"$project/.zagi/env/vars"
    end
    # A short way to the tools, as long homes need it, is gone after a restart.
    if test -n "$short"; and not test -e "$short"
        ${program} env --json >/dev/null
    end
    set -q PATH; or set -a __zagi_undo -PATH
    set -gx PATH $added $PATH
    set -gx ZAGI_PROJECT "$project"
    set -gx ZAGI_STAMP "$stamp"
    set -gx ZAGI_ADDED (string join : -- $added)
    set -gx ZAGI_UNDO "$__zagi_undo"
    set -e __zagi_undo
end

function __zagi_leave
    for piece in (string split : -- "$ZAGI_ADDED")
        if set -l at (contains --index -- "$piece" $PATH)
            set -e PATH[$at]
        end
    end
    for word in (string split ' ' -- "$ZAGI_UNDO")
        set -l name (string sub --start 2 -- "$word")
        if test "$word" = -PATH; and test (count $PATH) -eq 0
            set -e PATH
        end
        __zagi_known "$name"; or continue
        set -l old ZAGI_OLD_$name
        set -l kept __zagi_old_$name
        set -eg $name
        switch "$word"
            case '+*'
                set -q $old; and set -gx $name "$$old"
            case '=*'
                set -q $kept; and set -g $name $$kept
        end
        set -e $old
        set -e $kept
    end
    set -e ZAGI_PROJECT
    set -e ZAGI_STAMP
    set -e ZAGI_ADDED
    set -e ZAGI_UNDO
end

# Once for each time that the project is entered.
function __zagi_tell --argument-names project text
    if test "$__zagi_told" != "$project"
        set -g __zagi_told "$project"
        echo $text >&2
    end
end

function __zagi_update --on-event fish_prompt --on-variable PWD
    __zagi_find
    set -l project "$__zagi_found"
    set -l stamp
    if test -n "$project"
        read stamp <"$project/.zagi/env/stamp"
    else
        set -g __zagi_told
    end
    # In a new shell inside of an active project the rc files may have changed PATH: there it is done anew.
    if test "$project" = "$ZAGI_PROJECT"; and test "$stamp" = "$ZAGI_STAMP"; and set -q __zagi_ready
        return
    end
    set -g __zagi_ready 1
    if test -n "$ZAGI_PROJECT"
        __zagi_leave
    end
    if test -z "$project"
        return
    end
    if not __zagi_trusted "$project"
        __zagi_tell "$project" 'zagi: this project is not trusted; look at it, then run: zagi trust'
    else if string match --quiet '*:*' -- "$project"
        __zagi_tell "$project" 'zagi: this project cannot be activated: its path has a ":" in it'
    else
        set -g __zagi_told
        __zagi_enter "$project" "$stamp"
    end
end
`
}
