#!/bin/sh
# Records what Hustings @VERSION@ looks at on this machine, for an audit elsewhere. It changes nothing and sends nothing.
# Use, as root for a full picture:    sh record.sh [-b "YOUR NAME"] [DIRECTORY]
# then, where Hustings is installed:  hustings check --recorded DIRECTORY.tar
# It needs a POSIX shell and the basic tools that every Linux has (BusyBox will do), and nothing else.
# Password hashes keep their kind and lose the rest; private keys, password files and values that are called
# passwords, secrets or tokens are left out. Look the directory through before you hand it on.
set -u
umask 077
LC_ALL=C
TZ=UTC0
PATH=@PATH@
export LC_ALL TZ PATH
unset ENV BASH_ENV CDPATH POSIXLY_CORRECT 2>/dev/null
tab=$(printf '\t')
newline='
'
PATIENCE=60           # seconds for one command, or for listing one directory tree
LARGEST=67108864      # bytes of one file
LARGEST_ANSWER=16777216
ENOUGH=1073741824     # bytes of everything
ENTRIES=400000        # below one directory

usage() {
    echo "usage: sh record.sh [-b \"YOUR NAME\"] [DIRECTORY]   (DIRECTORY must not exist yet)" >&2
    exit 2
}
by=
while getopts b: option; do
    case $option in b) by=$OPTARG ;; *) usage ;; esac
done
shift $((OPTIND - 1))
[ $# -le 1 ] || usage
if [ "$(uname -s)" != Linux ]; then
    echo "record: this script records Linux; see hustings record --help" >&2
    exit 2
fi
out=${1:-hustings-recording-$(uname -n)}
case $out in */) out=${out%/} ;; esac
if [ -e "$out.tar" ] || ! mkdir "$out"; then
    echo "record: name a directory that does not exist yet: sh record.sh DIRECTORY" >&2
    exit 2
fi
out=$(cd "$out" && pwd) || exit 3
trap 'rm -rf "$out"; exit 3' HUP INT TERM
work=$out/work
mkdir "$out/files" "$out/commands" "$work" || exit 3
stats=$work/stats
notes=$out/notes
: >"$stats"
: >"$notes"
: >"$work/listed"
kept=0

note() {
    printf '%s\n' "$1" >>"$notes"
}

# One program with a limit of time: its exit code, 124 or 137 where it was ended.
limited() {
    if [ "$have_timeout" = yes ]; then
        timeout -s KILL "$PATIENCE" "$@"
        return
    fi
    "$@" &
    running=$!
    (
        left=$PATIENCE
        while [ "$left" -gt 0 ] && kill -0 "$running"; do
            sleep 1
            left=$((left - 1))
        done
        [ "$left" -gt 0 ] || kill -9 "$running"
    ) >/dev/null 2>&1 &
    watching=$!
    wait "$running"
    ended=$?
    kill "$watching" 2>/dev/null
    return "$ended"
}
have_timeout=no
timeout -s KILL 5 true 2>/dev/null && have_timeout=yes

# A file's bytes; a pipe or a device that took its place is not waited for, where that can be helped.
bytes() {
    if [ "$have_timeout" = yes ]; then timeout -s KILL 5 cat "$1"; else cat "$1"; fi
}

# Kind-less stats of one path: permissions, owner, group, size, last change, target of a link, change of the entry.
# Where stat cannot be told what to print, ls is read: its times are to the minute or the day, never later than true.
if stat -c %a / >/dev/null 2>&1; then
    how="%a${tab}%u${tab}%g${tab}%s${tab}%Y${tab}${tab}%Z"
    how_link="%a${tab}%u${tab}%g${tab}%s${tab}%Y"
else
    how=
fi
from_ls='
    function day(y, m, d,   e) {
        y -= (m <= 2); e = int(y / 400)
        return e * 146097 + (y - e * 400) * 365 + int((y - e * 400) / 4) - int((y - e * 400) / 100) \
            + int((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5) + d - 1 - 719468 }
    function three(r, w, x, s,   n) {
        n = (r == "r") * 4 + (w == "w") * 2 + (x ~ /[xst]/); return n }
    NR == 1 {
        m = $1; special = 0
        if (substr(m, 4, 1) ~ /[sS]/) special += 4
        if (substr(m, 7, 1) ~ /[sS]/) special += 2
        if (substr(m, 10, 1) ~ /[tT]/) special += 1
        mode = (special ? special : "") three(substr(m, 2, 1), substr(m, 3, 1), substr(m, 4, 1)) \
            three(substr(m, 5, 1), substr(m, 6, 1), substr(m, 7, 1)) \
            three(substr(m, 8, 1), substr(m, 9, 1), substr(m, 10, 1))
        size = $5; at = 6
        if (size ~ /,/) { size = 0; at = 7 }
        month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $at) + 2) / 3
        split(today, now, "-"); year = now[1]; clock = 0
        if ($(at + 2) ~ /:/) {
            split($(at + 2), hm, ":"); clock = hm[1] * 3600 + hm[2] * 60
            if (month > now[2] + 0 || (month == now[2] + 0 && $(at + 1) + 0 > now[3] + 1)) year--
        } else year = $(at + 2)
        printf "%s\t%s\t%s\t%s\t%d", mode, $3, $4, size, day(year, month, $(at + 1)) * 86400 + clock }'
plain() {
    if [ -n "$how" ]; then
        stat -c "$how_link" "$1"
    else
        ls -ldn "$1" | awk -v today="$(date -u +%Y-%m-%d)" "$from_ls"
    fi
}
status() {
    if [ -n "$how" ]; then
        stat -c "%n${tab}$2${tab}$how" "$1"
    else
        printf '%s\t%s\t%s\t\n' "$1" "$2" "$(plain "$1")"
    fi
}

# One line of stats for a path, links not followed.
seen() {
    case $1 in *"$tab"*|*"$newline"*) return ;; esac
    if [ -L "$1" ]; then
        target=$(readlink "$1"; echo x)
        target=${target%"${newline}x"}
        case $target in *"$tab"*|*"$newline"*) return ;; esac
        printf '%s\tlink\t%s\t%s\n' "$1" "$(plain "$1")" "$target"
    elif [ -d "$1" ]; then
        status "$1" "${2:-directory}"
    elif [ -f "$1" ]; then
        status "$1" file
    elif [ -e "$1" ]; then
        status "$1" other
    elif ls -d "$1" 2>&1 | grep -q 'ermission denied'; then
        printf '%s\tdenied\n' "$1"
    else
        printf '%s\tnone\n' "$1"
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
        seen "$parent"
        case $parent in /proc/self|/proc/net) continue ;; esac
        if [ -L "$parent" ]; then
            target=$(readlink -f "$parent") && [ -n "$target" ] && ( above "$target/x" )
        fi
    done
}
done=$newline

# What of a text may be handed on: hashes of passwords keep their kind, and what is called a password, a
# secret or a token loses its value. The text comes and goes whole, line by line.
clean='
    function zeros(text) { gsub(/[A-Za-z0-9.\/+=]/, "0", text); return text }
    function hashed(text,   part, n, i, said) {
        n = split(text, part, "$"); said = part[1]
        for (i = 2; i <= n; i++)
            said = said "$" (i == 2 || part[i] ~ /^rounds=[0-9]+$/ || (i == 3 && part[2] ~ /^(2.?|sha1)$/ \
                && part[3] ~ /^[0-9]+$/) || (i == 3 && n > 4 && part[2] ~ /^g?y$/) ? part[i] : zeros(part[i]))
        return said }
    function without(line, pattern, kind,   before, found, rest, said, at) {
        said = ""
        while (match(tolower(line), pattern)) {
            before = substr(line, 1, RSTART - 1); found = substr(line, RSTART, RLENGTH); rest = substr(line, RSTART + RLENGTH)
            if (kind == "hash") found = hashed(found)
            else if (kind == "boot") { at = found; sub(/[^.]*\.[^.]*$/, "", at); found = at "0.0" }
            else if (kind == "login") { at = found; sub(/:[^:\/@]*@$/, "", at); found = at ":*@" }
            else if (kind == "value") {
                if (before !~ /[^ \t#;-]/ && found !~ /^-/) rest = rest ~ /[^ \t\r]/ ? "*" : rest
                else if (rest ~ /^"/) { rest = substr(rest, 2); sub(/^[^"]*/, "", rest); rest = "\"*" rest }
                else if (rest ~ /^\047/) { rest = substr(rest, 2); sub(/^[^\047]*/, "", rest); rest = "\047*" rest }
                else sub(/^[^ \t,;"\047]+/, "*", rest) }
            said = said before found; line = rest }
        return said line }
    { line = $0
      line = without(line, "[$](1|2[abxy]?|3|5|6|7|y|gy|md5|sha1|apr1|argon2[a-z]*)[$][^ \t:,;\"\047]*", "hash")
      line = without(line, "grub[.]pbkdf2[.]sha[0-9]+[.][0-9]+[.][0-9a-f]+[.][0-9a-f]+", "boot")
      line = without(line, "://[^/@: \t]*:[^/@ \t]+@", "login")
      line = without(line, "[a-z0-9_.-]*(password|passwd|passphrase|passcode|secret|token|api[_-]?key|access[_-]?key|" \
          "secret[_-]?key|private[_-]?key|auth[_-]?tok|bind_?pw|psk)[\"\047]?[ \t]*[=:][ \t]*", "value")
      if (line ~ /^[ \t]*(password|passwd|bindpw|rootbindpw|secret)[ \t]+[^ \t]/ && line !~ /pam_|include|substack|grub[.]pbkdf2/)
          sub(/[^ \t]+[ \t]*$/, "*", line)
      print line }'
suspect='[$](1|2[abxy]?|3|5|6|7|y|gy|md5|sha1|apr1|argon2[a-z]*)[$]|pbkdf2|://[^/@: ]*:[^/@ ]+@|(password|passwd|passphrase|passcode|secret|token|key|tok|pw|psk)["'"']?[ $tab]*[=:]|^[ $tab]*(password|passwd|bindpw|rootbindpw|secret)[ $tab]"
# The second field of passwd, shadow, group and gshadow: its kind and its length, and nothing else.
clean_field='
    function zeros(text) { gsub(/[A-Za-z0-9.\/]/, "0", text); return text }
    function masked(text,   lead, part, n, i, said) {
        lead = text; sub(/[^!].*$/, "", lead); text = substr(text, length(lead) + 1)
        if (text == "x" || text == "") return lead text
        if (text ~ /^_/) return lead "_" zeros(substr(text, 2))
        if (text ~ /^[{][A-Za-z0-9-]+[}]/) { n = index(text, "}"); return lead substr(text, 1, n) zeros(substr(text, n + 1)) }
        if (text !~ /^[$]/) return lead zeros(text)
        n = split(text, part, "$"); said = ""
        for (i = 2; i <= n; i++)
            said = said "$" (i == 2 || part[i] ~ /^rounds=[0-9]+$/ || (i == 3 && part[2] ~ /^(2.?|sha1)$/ \
                && part[3] ~ /^[0-9]+$/) || (i == 3 && n > 4 && part[2] ~ /^g?y$/) ? part[i] : zeros(part[i]))
        return lead said }
    BEGIN { FS = ":"; OFS = ":" }
    NF > 1 && $1 !~ /^[+-]/ { $2 = masked($2) }
    { print }'

bare=
left_out() {
    note "left out, since it may hold a secret: $1"
}

# The contents of a regular file, unless it is large (more than $2 bytes) or holds a secret.
keep() {
    [ -z "$bare" ] || return 0
    if [ ! -r "$1" ]; then
        printf '%s\tunread\n' "$1" >>"$stats"
        return
    fi
    case $1 in
        *"$newline"*|*"$tab"*|*.ko|*.ko.*) return ;;
        */.pgpass|*/.netrc|*/.my.cnf|*/.git-credentials|*/auth.conf|*/auth.conf.d/*|*/opasswd|*/ssl/private/*|*/htpasswd*|\
        *.keytab|*.p12|*.pfx|*.jks|*.kdbx|*.kwallet|*/.aws/credentials) left_out "$1"; return ;;
        # Whatever a list asks for: voters, mail and backups are never taken.
        /var/lib/postgresql/*|/var/lib/pgsql/*|/var/lib/mysql/*|/var/lib/pgbackrest/*|/var/mail/*|/var/spool/mail/*|\
        /var/backups/*|/srv/*) left_out "$1"; return ;;
    esac
    copy=$out/files$1
    [ -d "${copy%/*}" ] || mkdir -p "${copy%/*}"
    case $1 in
        /sys/*|/proc/*)
            bytes "$1" >"$copy" 2>/dev/null || { rm -f "$copy"; [ -e "$1" ] || printf '%s\tnone\n' "$1" >>"$stats"; return; }
            case $1 in
                /proc/*/cmdline) # what a program was called; its arguments may hold a secret
                    tr '\000' '\n' <"$copy" >"$work/text"
                    IFS= read -r line <"$work/text"
                    printf '%s\000' "$line" >"$copy"
                    [ -s "$work/text" ] || : >"$copy" ;;
                /proc/cmdline) clean_copy "$1" ;;
            esac
            return ;;
    esac
    size=$(wc -c <"$1") || return
    if [ "$size" -gt "$2" ] || [ $((kept + size)) -gt "$ENOUGH" ]; then
        note "left out, since it is too large: $1"
        return
    fi
    kept=$((kept + size))
    if ! bytes "$1" >"$copy" 2>/dev/null; then
        rm -f "$copy"
        [ -e "$1" ] || printf '%s\tnone\n' "$1" >>"$stats"
        return
    fi
    case $1 in
        */passwd|*/passwd-|*/shadow|*/shadow-|*/group|*/group-|*/gshadow|*/gshadow-)
            awk "$clean_field" "$copy" >"$work/text" && unended "$copy" && cat "$work/text" >"$copy" ;;
        */bin/*|*/sbin/*) ;;
        /usr/*|/lib/*|/var/lib/*|/var/cache/*)
            ! grep -q 'PRIVATE KEY' "$copy" || { rm -f "$copy"; left_out "$1"; } ;;
        *) clean_copy "$1" ;;
    esac
}

# awk ends every line: a last one without an end stays so.
unended() {
    [ ! -s "$1" ] || [ -z "$(tail -c 1 "$1")" ] && return
    printf '%s' "$(cat "$work/text")" >"$work/more"
    mv "$work/more" "$work/text"
}

clean_copy() {
    copy=$out/files$1
    if grep -q -e 'PRIVATE KEY' -e 'Private-Lines:' -e 'AGE-SECRET-KEY-' "$copy"; then
        rm -f "$copy"
        left_out "$1"
    elif grep -E -i -q "$suspect" "$copy"; then
        case $1 in */nsswitch.conf|*/sudoers|*/sudoers.d/*|*/auditd.conf|*/audit.rules|*/audit/rules.d/*) return ;; esac
        tr -d '\000' <"$copy" >"$work/text"
        if cmp -s "$work/text" "$copy"; then
            awk "$clean" "$copy" >"$work/text" && unended "$copy"
            cmp -s "$work/text" "$copy" || { cat "$work/text" >"$copy"; note "values hidden in: $1"; }
        else
            rm -f "$copy"
            left_out "$1"
        fi
    fi
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
    [ ! -f "$next" ] || keep "$next" "$LARGEST"
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
    case $dir in
        /usr|/opt|/snap|/root) # too much to go through: what stands in it, and in what stands in it
            names "$dir"
            find "$dir/." ! -name . -prune -type d -print >"$work/tops" 2>/dev/null
            while IFS= read -r top; do names "$dir/${top##*/}"; done <"$work/tops"
            return ;;
    esac
    [ -L "$dir" ] && dir=$(readlink -f "$dir")
    [ -d "$dir" ] || return
    # Names with a tab or a line end cannot be written down; their directories do not count as listed.
    limited find "$dir" -xdev \( -name "*$tab*" -o -name "*$newline*" \) -prune -o -print >"$work/paths" 2>/dev/null
    if [ $? = 124 ] || [ "$(wc -l <"$work/paths")" -gt "$ENTRIES" ]; then
        note "not looked through, since it is too large: $dir"
        return
    fi
    find "$dir" -xdev \( -name "*$tab*" -o -name "*$newline*" \) -prune -exec dirname {} \; >"$work/odd" 2>/dev/null
    while IFS= read -r one; do
        if [ -d "$one" ] && [ ! -L "$one" ] && [ -r "$one" ] && [ -x "$one" ]; then printf '%s\n' "$one"; fi
    done <"$work/paths" >"$work/open"
    awk 'NR == FNR && FILENAME != "-" { odd[$0] = 1; next } !($0 in odd)' "$work/odd" - <"$work/open" >>"$work/listed"
    find "$dir" -xdev \( -name "*$tab*" -o -name "*$newline*" \) -prune -o -type l -print >"$work/links" 2>/dev/null
    if [ -n "$how" ]; then
        find "$dir" -xdev \( -name "*$tab*" -o -name "*$newline*" \) -prune -o ! -type l \
            -exec stat -c "%n${tab}%F${tab}$how" {} + 2>/dev/null |
            awk -F"$tab" 'BEGIN { OFS = FS }
                { $2 = $2 ~ /^regular/ ? "file" : $2 == "directory" ? $2 : "other"; print }' >>"$stats"
        while IFS= read -r one; do seen "$one"; done <"$work/links"
    else
        while IFS= read -r one; do seen "$one"; done <"$work/paths"
    fi
    case $dir in
        /*/*|/boot|/efi) ;;
        *) return ;;
    esac
    case $dir in */bin|*/sbin|/var/log) return ;; esac  # names and permissions are enough
    cat "$work/links" >"$work/leading"
    find "$dir" -xdev \( -name "*$tab*" -o -name "*$newline*" \) -prune -o -type f -print >"$work/paths" 2>/dev/null
    while IFS= read -r one; do
        case $one in
            /sys/firmware/*) keep "$one" 65536 ;;
            /sys/*/config|/sys/*/rom|/sys/*/resource[0-9]*|/sys/*/vpd|/sys/*/remove|/sys/*/rescan|/sys/*/reset) ;;
            /proc/sys/*_key) ;;
            /boot/*.cfg|/boot/*.conf|/boot/*grubenv|/efi/*.cfg|/efi/*.conf|/efi/*grubenv) keep "$one" 1048576 ;;
            /boot/*|/efi/*) ;;
            /sys/*|/proc/sys/*) keep_small "$one" ;;
            *) keep "$one" "$LARGEST_ANSWER" ;;
        esac
    done <"$work/paths"
    case $dir in /sys/*|/proc/*|/lib/modules|/usr/lib/modules) return ;; esac
    while IFS= read -r one; do [ -f "$one" ] && path "$one"; done <"$work/leading"
}

# The names in a directory, each with its own line; once.
names() {
    case $named in *"$newline$1$newline"*) return ;; esac
    named=$named$1$newline
    above "$1/x"
    [ -d "$1" ] && [ -r "$1" ] || return
    ls -A "$1" >"$work/names$(printf %s "$1" | tr / -)"
    printf '%s\n' "$1" >>"$work/listed"
    while IFS= read -r entry; do seen "$1/$entry"; done <"$work/names$(printf %s "$1" | tr / -)"
}
named=$newline

# A path with one * in it: what it may stand for in the directory before it. In /proc these are processes, and
# what ended since it was listed is not there.
pattern() {
    whole=${1%%\**}
    whole=${whole%/*}
    part=${1#"$whole"/}
    case $part in */*) rest=/${part#*/} ;; *) rest= ;; esac
    part=${part%%/*}
    above "$whole/x"
    [ -d "$whole" ] || return
    whole=$(readlink -f "$whole")
    names "$whole"
    list=$work/names$(printf %s "$whole" | tr / -)
    [ -f "$list" ] || return
    while IFS= read -r entry; do
        case $entry in
            $part) ;;
            *) continue ;;
        esac
        one=$whole/$entry$rest
        case $whole in
            /proc)
                [ ! -L "$whole/$entry" ] && [ -z "${entry%%[0-9]*}" ] || continue
                seen "$one"
                [ ! -f "$one" ] || keep "$one" 1048576 ;;
            *) path "$one" ;;
        esac
    done <"$list"
}

# Names, owners and permissions alone, never contents.
bare() {
    bare=yes
    case $1 in
        /\*) ;;
        *\**) for one in ${1%/*}; do [ ! -d "$one" ] || [ -L "$one" ] || names "$one"; done ;;
        */) tree "$1" ;;
        *) path "$1" ;;
    esac
    bare=
}

# What the asker reads of itself: here it stands for the machine's own view.
own() {
    mkdir -p "$out/files${1%/*}"
    cat "$1" >"$out/files$1" 2>/dev/null || rm -f "$out/files$1"
}

number=0
# A command: what it said, and how it ended.
run() {
    number=$((number + 1))
    place=$out/commands/$number
    mkdir "$place"
    printf '%s\n' "$@" >"$place/argv"
    if ! command -v "$1" >/dev/null 2>&1; then
        echo absent >"$place/code"
        return
    fi
    limited "$@" >"$place/stdout" 2>"$place/stderr" </dev/null
    code=$?
    case $code in 124|137|143) code=timeout ;; 126) code=denied ;; esac
    size=$(wc -c <"$place/stdout")
    kept=$((kept + size))
    if [ "$size" -gt "$LARGEST" ] || [ "$kept" -gt "$ENOUGH" ]; then
        : >"$place/stdout"
        code=truncated
    elif grep -E -i -q "$suspect" "$place/stdout"; then
        case $1 in
            apt-helper|rpm|dnf|zypper|dpkg*) ;;
            *) awk "$clean" "$place/stdout" >"$work/text" && cat "$work/text" >"$place/stdout" ;;
        esac
    fi
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
    ss -Hlntup >"$work/ss" 2>/dev/null || return
    awk 'BEGIN { printf "[" }
        { protocol = $1; address = $5; port = address; sub(/.*:/, "", port); sub(/:[^:]*$/, "", address)
          gsub(/[\[\]]/, "", address); sub(/%.*/, "", address); if (address == "*") address = "::"
          pid = "null"; program = ""
          if (match($0, /\(\("[^"]*",pid=[0-9]+/)) {
              owner = substr($0, RSTART + 3, RLENGTH - 3); program = owner; sub(/".*/, "", program)
              pid = owner; sub(/.*pid=/, "", pid) }
          gsub(/[^ -~]/, "?", program); gsub(/\\/, "/", program)
          printf "%s{\"protocol\":\"%s\",\"address\":\"%s\",\"port\":%d,\"pid\":%s,\"program\":\"%s\"}",
              (NR > 1 ? "," : ""), protocol, address, port, pid, program }
        END { print "]" }' "$work/ss" >"$out/sockets.json"
}

# A name fit for JSON.
word() {
    printf '%s' "$1" | tr -d '\000-\037\177"\\'
}
version_of() {
    word "$("$1" --version 2>&1 </dev/null | head -n 1)"
}

sum=
for one in sha256sum 'openssl dgst -sha256 -r'; do
    [ -n "$sum" ] || ! $one /dev/null >/dev/null 2>&1 || sum=$one
done
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
user=$(id -un 2>/dev/null || id -u)
[ "$(id -u)" = 0 ] || echo "record: not root, so much will be recorded as refused" >&2
seen /
path /etc/hostname
@LOOKS@
sockets
# /proc/self, and what leads there, is whoever asks: here it stands for the machine's own first process.
sed -e "/^\/proc\/self${tab}link/d" -e "/^\/proc\/net${tab}link/d" "$stats" >"$work/stats.more"
printf '/proc/self\tdirectory\t555\t0\t0\t0\t0\n/proc/net\tdirectory\t555\t0\t0\t0\t0\n' >>"$work/stats.more"
awk -F"$tab" 'BEGIN { OFS = FS }
    NR == FNR && FILENAME != "-" { listed[$1] = 1; next }
    $2 == "directory" && ($1 in listed) { $2 = "listed" }
    { print }' "$work/listed" - <"$work/stats.more" >"$out/stats"
printf '{"schema":"hustings.recording/1","platform":"linux","recorded_at":"%s","finished_at":"%s","version":"%s",
"host":"%s","kernel":"%s","user":"%s","uid":%d,"login":"%s","by":"%s","tools":["%s","%s","%s"],"manifest":%s}\n' \
    "$started" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "@VERSION@" "$(word "$(uname -n)")" "$(word "$(uname -srm)")" \
    "$(word "$user")" "$(id -u)" "$(word "${SUDO_USER:-${DOAS_USER:-$(logname 2>/dev/null)}}")" "$(word "$by")" \
    "$(version_of stat)" "$(version_of find)" "$(version_of awk)" \
    "$([ -n "$sum" ] && echo true || echo false)" >"$out/host.json"
rm -rf "$work"
trap - HUP INT TERM
if [ -n "$sum" ]; then
    ( cd "$out" && find . -type f ! -name manifest -exec $sum {} + >manifest )
    said=$($sum "$out/manifest")
    echo "the manifest's SHA-256, to be written down: ${said%% *}"
else
    echo "record: neither sha256sum nor openssl is here: the recording has no checksums" >&2
fi
echo "recorded in $out"
if ( cd "${out%/*}/" && tar cf "${out##*/}.tar" "${out##*/}" ) 2>/dev/null || ( cd "${out%/*}/" && pax -w -f "${out##*/}.tar" "${out##*/}" ) 2>/dev/null; then
    echo "packed in $out.tar"
else
    rm -f "$out.tar"
    echo "record: neither tar nor pax is here: hand on the directory" >&2
fi
