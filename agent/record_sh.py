"""The recorder for Linux: a POSIX shell script that needs nothing but the system's own basic tools.

What it records comes from the collectors' declarations. Of a directory right below the root (``/etc/``)
it keeps names and permissions alone; private keys are never copied, and password hashes are zeroed
behind the part that names their kind.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from collectors.host.live import MORE_DIRECTORIES, PROGRAM_DIRECTORIES

DIRECTORIES = (*PROGRAM_DIRECTORIES, *MORE_DIRECTORIES)

_HEAD = """\
#!/bin/sh
# Records what Hustings looks at on this machine, for an audit elsewhere. It changes nothing and sends nothing.
# Use, as root for a full picture:   sh record.sh [DIRECTORY]
# then, where Hustings is installed:  hustings check --recorded DIRECTORY
# Private keys are not copied and password hashes are zeroed. Look the directory through before you hand it on.
set -u
umask 077
LC_ALL=C
PATH=@PATH@
export LC_ALL PATH
unset ENV BASH_ENV CDPATH
tab=$(printf '\\t')
newline='
'
how="%a${tab}%u${tab}%g${tab}%s${tab}%Y"
if [ "$(uname -s)" != Linux ]; then
    echo "record: this script records Linux; see hustings record --help" >&2
    exit 2
fi
out=${1:-hustings-recording-$(uname -n)}
if ! mkdir "$out"; then
    echo "record: name a directory that does not exist yet: sh record.sh DIRECTORY" >&2
    exit 2
fi
out=$(cd "$out" && pwd) || exit 3
mkdir "$out/files" "$out/commands" || exit 3
stats=$out/stats.new
: >"$stats"

# One line of stats for a path that exists, links not followed.
seen() {
    case $1 in *"$tab"*|*"$newline"*) return ;; esac
    if [ -L "$1" ]; then
        printf '%s\\t%s\\n' "$(stat -c "%n${tab}link${tab}$how" "$1")" "$(readlink "$1")"
    elif [ -d "$1" ]; then
        stat -c "%n${tab}${2:-directory}${tab}$how" "$1"
    elif [ -f "$1" ]; then
        stat -c "%n${tab}file${tab}$how" "$1"
    elif [ -e "$1" ]; then
        stat -c "%n${tab}other${tab}$how" "$1"
    elif stat "$1" 2>&1 | grep -q 'ermission denied'; then
        printf '%s\\tdenied\\n' "$1"
    else
        printf '%s\\tnone\\n' "$1"
    fi >>"$stats" 2>/dev/null
}

# The directories above a path.
above() {
    parent=$1
    while [ "$parent" != / ] && [ -n "$parent" ]; do
        parent=${parent%/*}
        [ -n "$parent" ] || parent=/
        case $done in *"$newline$parent$newline"*) return ;; esac
        done=$done$parent$newline
        if [ -L "$parent" ]; then
            seen "$parent"
            target=$(readlink -f "$parent") && [ -n "$target" ] && ( above "$target/x" )
        else
            seen "$parent"
        fi
    done
}
done=$newline

# The contents of a regular file, unless it is large (more than $2 bytes) or holds a private key.
keep() {
    if [ ! -r "$1" ]; then
        printf '%s\\tdenied\\n' "$1" >>"$stats"
        return
    fi
    case $1 in
        *"$newline"*|*"$tab"*|*.ko|*.ko.*|*/ssl/private/*) return ;;
        /sys/*|/proc/*) ;;
        *)
            [ "$(wc -c <"$1")" -le "$2" ] || return
            grep -q 'PRIVATE KEY' "$1" 2>/dev/null && return ;;
    esac
    mkdir -p "$out/files${1%/*}"
    case $1 in
        /etc/shadow|/etc/gshadow)
            awk -F: 'BEGIN { OFS = ":" }
                { n = split($2, part, "$"); last = part[n]
                  if (n > 1 || last ~ /^[.\\/0-9A-Za-z]{13}$/ || length(last) == 13) {
                      gsub(/[.\\/0-9A-Za-z]/, "0", last); $2 = ""
                      for (i = 1; i < n; i++) $2 = $2 part[i] "$"
                      $2 = $2 last }
                  print }' "$1" >"$out/files$1" ;;
        *)
            timeout 5 cat "$1" >"$out/files$1" 2>/dev/null && return
            rm -f "$out/files$1"
            [ -e "$1" ] || printf '%s\\tnone\\n' "$1" >>"$stats" ;;
    esac
}

# A small file of the kernel's, without starting a program for it.
keep_small() {
    [ -r "$1" ] || return
    case $1 in *"$newline"*) return ;; esac
    text=
    while IFS= read -r line || [ -n "$line" ]; do text=$text$line$newline; done 2>/dev/null <"$1" || return
    dir=$out/files${1%/*}
    [ -d "$dir" ] || mkdir -p "$dir"
    printf '%s' "$text" >"$out/files$1"
}

# A path, and what it leads to where it is a link.
path() {
    above "$1"
    hops=0
    next=$1
    while :; do
        seen "$next"
        [ -L "$next" ] && [ "$hops" -lt 9 ] || break
        target=$(readlink "$next")
        case $target in /*) next=$target ;; *) next=${next%/*}/$target ;; esac
        case $next in */../*) next=$(readlink -f "${next%/*}" 2>/dev/null)/${next##*/} ;; esac
        above "$next"
        hops=$((hops + 1))
    done
    [ ! -f "$next" ] || keep "$next" 67108864
    case $1 in
        /sys/*)
            parent=${1%/*}
            while [ "$parent" != /sys ]; do
                case $parent in /sys/devices*) ;; *) names "$parent" ;; esac
                parent=${parent%/*}
            done ;;
    esac
}

# A directory and all below it on the same file system. Contents too, unless it stands right below the root
# or is one of programs.
tree() {
    dir=${1%/}
    path "$dir"
    [ -L "$dir" ] && dir=$(readlink -f "$dir")
    [ -d "$dir" ] || return
    find "$dir" -xdev >"$out/paths" 2>/dev/null
    while IFS= read -r one; do
        if [ -d "$one" ] && [ ! -L "$one" ] && [ -r "$one" ] && [ -x "$one" ]; then printf '%s\\n' "$one"; fi
    done <"$out/paths" >>"$out/listed"
    find "$dir" -xdev ! -type l -exec stat -c "%n${tab}%F${tab}$how" {} + 2>/dev/null |
        awk -F"$tab" 'BEGIN { OFS = FS }
            { $2 = $2 ~ /^regular/ ? "file" : $2 == "directory" ? $2 : "other"; print }' >>"$stats"
    find "$dir" -xdev -type l -print >"$out/links" 2>/dev/null
    while IFS= read -r one; do seen "$one"; done <"$out/links"
    case $dir in
        /*/*) ;;
        *) return ;;
    esac
    case $dir in */bin|*/sbin) return ;; esac
    find "$dir" -xdev -type f >"$out/paths" 2>/dev/null
    while IFS= read -r one; do
        case $one in
            /sys/firmware/*) keep "$one" 65536 ;;
            /sys/*/config|/sys/*/rom|/sys/*/resource[0-9]*|/sys/*/vpd|/sys/*/remove|/sys/*/rescan|/sys/*/reset) ;;
            /proc/sys/*_key) ;;
            /sys/*|/proc/sys/*) keep_small "$one" ;;
            *) keep "$one" 16777216 ;;
        esac
    done <"$out/paths"
    case $dir in /sys/*|/proc/*|/lib/modules|/usr/lib/modules) return ;; esac
    while IFS= read -r one; do [ -f "$one" ] && path "$one"; done <"$out/links"
}

# The names in a directory, each with its own line; once.
names() {
    case $named in *"$newline$1$newline"*) return ;; esac
    named=$named$1$newline
    above "$1/x"
    [ -d "$1" ] && [ -r "$1" ] || return
    ls -A "$1" >"$out/names$(printf %s "$1" | tr / -)"
    printf '%s\\n' "$1" >>"$out/listed"
    while IFS= read -r entry; do seen "$1/$entry"; done <"$out/names$(printf %s "$1" | tr / -)"
}
named=$newline

# A file in every directory of one: /proc/*/cmdline. What ended since it was listed is not there.
pattern() {
    whole=${1%%/\\**}
    names "$whole"
    [ -f "$out/names$(printf %s "$whole" | tr / -)" ] || return
    while IFS= read -r entry; do
        [ ! -L "$whole/$entry" ] && case $whole in /proc) [ -z "${entry%%[0-9]*}" ] ;; esac || continue
        one=$whole/$entry/${1##*\\*/}
        seen "$one"
        [ ! -f "$one" ] || keep "$one" 1048576
    done <"$out/names$(printf %s "$whole" | tr / -)"
}

number=0
# A command: what it said, and how it ended.
run() {
    number=$((number + 1))
    place=$out/commands/$number
    mkdir "$place"
    printf '%s\\n' "$@" >"$place/argv"
    if ! command -v "$1" >/dev/null 2>&1; then
        echo absent >"$place/code"
        return
    fi
    if command -v timeout >/dev/null 2>&1; then
        timeout 60 "$@" >"$place/stdout" 2>"$place/stderr" </dev/null
    else
        "$@" >"$place/stdout" 2>"$place/stderr" </dev/null
    fi
    code=$?
    [ "$code" != 124 ] || code=timeout
    echo "$code" >"$place/code"
}

# A command once for each file a pattern stands for.
run_each() {
    pattern=$1
    shift
    for one in $pattern; do
        [ ! -e "$one" ] || run "$@" "$one"
    done
}

sockets() {
    command -v ss >/dev/null 2>&1 || return
    ss -Hlntup >"$out/ss" 2>/dev/null || return
    awk 'BEGIN { printf "[" }
        { protocol = $1; address = $5; port = address; sub(/.*:/, "", port); sub(/:[^:]*$/, "", address)
          gsub(/[\\[\\]]/, "", address); sub(/%.*/, "", address); if (address == "*") address = "::"
          pid = "null"; program = ""
          if (match($0, /\\(\\("[^"]*",pid=[0-9]+/)) {
              owner = substr($0, RSTART + 3, RLENGTH - 3); program = owner; sub(/".*/, "", program)
              pid = owner; sub(/.*pid=/, "", pid) }
          gsub(/[^ -~]/, "?", program); gsub(/\\\\/, "/", program)
          printf "%s{\\"protocol\\":\\"%s\\",\\"address\\":\\"%s\\",\\"port\\":%d,\\"pid\\":%s,\\"program\\":\\"%s\\"}",
              (NR > 1 ? "," : ""), protocol, address, port, pid, program }
        END { print "]" }' "$out/ss" >"$out/sockets.json"
}

printf '{"schema":"hustings.recording/1","platform":"linux","recorded_at":"%s"}\\n' \\
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$out/host.json"
[ "$(id -u)" = 0 ] || echo "record: not root, so much will be recorded as refused" >&2
seen /
path /etc/hostname
"""

_TAIL = """\
sockets
# /proc/self is whoever asks: here it stands for the machine's own first process.
sed "/^\\/proc\\/self${tab}link/d" "$stats" >"$out/stats.more"
printf '/proc/self\\tdirectory\\t555\\t0\\t0\\t0\\t0\\n' >>"$out/stats.more"
touch "$out/listed"
awk -F"$tab" 'BEGIN { OFS = FS }
    NR == FNR { listed[$1] = 1; next }
    $2 == "directory" && ($1 in listed) { $2 = "listed" }
    { print }' "$out/listed" "$out/stats.more" >"$out/stats"
rm -f "$out/stats.new" "$out/stats.more" "$out/listed" "$out/paths" "$out/links" "$out/ss" "$out"/names-*
echo "recorded in $out"
"""


def script(reads: Iterable[str], runs: Iterable[str]) -> str:
    """The script that records these paths and command lines (as ``Collector`` declares them)."""
    lines = [_read(one) for one in sorted(set(reads))]
    lines += [line for one in sorted(set(runs)) if (line := _run(one))]
    return _HEAD.replace("@PATH@", ":".join(DIRECTORIES)) + "\n".join(lines) + "\n" + _TAIL


def _read(declared: str) -> str:
    if "*" in declared:
        return f"pattern {shlex.quote(declared)}"
    if declared.startswith("/proc/self/"):
        return f"mkdir -p \"$out/files/proc/self\"; cat {declared} >\"$out/files{declared}\""
    return f"tree {shlex.quote(declared)}" if declared.endswith("/") else f"path {shlex.quote(declared)}"


def _run(declared: str) -> str:
    words = declared.split(" ")
    if "*" in words:
        return f"# not recorded, since its arguments depend on the machine: {words[0]}"
    if "*" in words[-1] and words[-1].startswith("/"):
        return "run_each " + " ".join(shlex.quote(one) for one in (words[-1], *words[:-1]))
    return "run " + " ".join(shlex.quote(one) for one in words)
