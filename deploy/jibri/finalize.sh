#!/bin/sh
# Hands recordings of Jibri over to Reelgate: jibri.recording.finalize-script of jibri.conf.
#
#   finalize.sh <session directory>              Jibri calls this; it returns at once, and the upload goes on behind it
#   finalize.sh --now <session directory>        the same, and waits
#   finalize.sh --retry <recordings directory>   from cron: everything that has not arrived yet
#
# Settings come from the environment, or from the file $REELGATE_CONF (/etc/jitsi/jibri/reelgate.conf), lines of sh:
#   REELGATE_URL=https://recordings.example.com
#   REELGATE_PROJECT=...   the project's id
#   REELGATE_KEY=...       identifier:secret of an API secret of that project that may write
# Needs curl; with jq, participants are sent too. A session that has arrived has the file .uploaded in its directory;
# one that Reelgate refuses for good has .refused, with the reason.
set -u
umask 077
conf=${REELGATE_CONF:-/etc/jitsi/jibri/reelgate.conf}
[ ! -r "$conf" ] || . "$conf"
say() { echo "reelgate: $*" >&2; }

# Every byte, so that no name can leave its place in the address.
encode() { printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }

# sha256sum writes hexadecimal digits, Content-Digest wants base64.
digest() {
    # shellcheck disable=SC2059 # The format is the bytes.
    printf "$(sha256sum <"$1" | awk '{ for (i = 1; i < 64; i += 2) printf "\\%03o",
        (index("123456789abcdef", substr($1, i, 1))) * 16 + index("123456789abcdef", substr($1, i + 1, 1)) }')" | base64
}

utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

# The moments of a recording: begun as its name says in the recorder's own time, ended when it was last written to.
moments() {
    ended=$(date -r "$1" +%s) || return 0
    printf '&ended_at=%s' "$(utc "$ended")"
    named=$(printf %s "$1" | sed -n 's/.*_\([0-9]\{4\}-[0-9][0-9]-[0-9][0-9]\)-\([0-9][0-9]\)-\([0-9][0-9]\)-\([0-9][0-9]\)\.mp4$/\1 \2:\3:\4/p')
    begun=$(date -d "${named:-none}" +%s 2>/dev/null) || return 0
    [ "$begun" -gt "$ended" ] || printf '&started_at=%s' "$(utc "$begun")"
}

# put <directory> <file> <name> <query>: 0 it is there, 1 another time, 2 never.
put() {
    answer=$(mktemp) || return 1
    # The secret goes over standard input: arguments can be seen by everybody.
    status=$(printf 'user = "%s"\n' "$REELGATE_KEY" | curl -K - -sS -o "$answer" -w '%{http_code}' -T "$2" \
        -H "Content-Digest: sha-256=:$(digest "$2"):" \
        "$REELGATE_URL/api/v1/projects/$REELGATE_PROJECT/sessions/$room/$(encode "$(basename "$1")")/files/$(encode "$3")?$4")
    case $status in
    200 | 201) outcome=0 ;;
    409 | 410 | 413 | 415 | 422) outcome=2 && { echo "$3: $status"; cat "$answer"; } >>"$1/.refused" ;;
    *) outcome=1 ;;
    esac
    [ $outcome -eq 0 ] || say "$1/$3 was not taken: $status $(head -c 500 "$answer")"
    rm -f "$answer"
    return $outcome
}

deliver() (
    dir=${1%/}
    [ ! -e "$dir/.uploaded" ] && [ ! -e "$dir/.refused" ] || return 0
    url=$(sed -n 's/.*"meeting_url"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$dir/metadata.json" 2>/dev/null | head -n 1)
    room=$(printf %s "$url" | sed 's/[?#].*//; s,/*$,,; s,.*/,,')
    case $room in
    '') room=jibri ;;
    *[!A-Za-z0-9%._~-]*) room=$(encode "$room") ;;
    esac
    query="external_id=$(encode "$(basename "$dir")")"
    for recording in "$dir"/*.mp4; do
        [ -f "$recording" ] || continue
        query="external_id=$(encode "$(basename "$dir")")$(moments "$recording")"
        put "$dir" "$recording" "$(basename "$recording")" "kind=live&$query" || return
    done
    if [ -f "$dir/metadata.json" ] && command -v jq >/dev/null; then
        # Names only. What else the client put in there may be secret (upload_credentials).
        people=$(mktemp) || return 1
        jq -c '{participants: [.participants[]? | .user | select(. != null) | {name: (.name // .id)}]}' \
            "$dir/metadata.json" >"$people" && put "$dir" "$people" metadata.json "$query"
        outcome=$?
        rm -f "$people"
        [ $outcome -eq 0 ] || return $outcome
    fi
    : >"$dir/.uploaded"
    say "$dir has arrived"
)

[ $# -ge 1 ] || { say "usage: $0 [--now | --retry] <directory>"; exit 64; }
case $1 in
--now | --retry)
    : "${2:?a directory}" "${REELGATE_URL:?}" "${REELGATE_PROJECT:?}" "${REELGATE_KEY:?}"
    [ "$1" = --retry ] || { deliver "$2"; exit; }
    for session in "$2"/*/; do
        # One that was written to just now is still being recorded.
        [ -d "$session" ] && [ -z "$(find "$session" -name '*.mp4' -mmin -5)" ] && deliver "$session"
    done
    exit 0
    ;;
*)
    # A session of its own: Jibri waits for the script, and for whoever holds its output.
    setsid "$0" --now "$1" </dev/null >>"${REELGATE_LOG:-/dev/null}" 2>&1 &
    ;;
esac
