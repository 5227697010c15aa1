#!/usr/bin/env bash
# Prints the header line that opens files with a service account:
#
#   curl --fail --remote-name --header "$(bash token.sh)" ADDRESS
#
# Reads service-account.json beside it in the current folder, or the file that it is given. Needs bash and openssl.
set -euo pipefail

file=${1:-service-account.json}
text=$(tr -d '\n' <"$file")

# The value of a member, a number or a text.
member() {
    printf '%s' "$text" | sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*"\{0,1\}\([^",}]*\).*/\1/p'
}

base64url() {
    openssl base64 -A | tr '+/' '-_' | tr -d '='
}

account_id=$(member account_id | tr -d '[:space:]')
key_id=$(member key_id)
private_key=$(member private_key | sed 's|\\/|/|g')
if [[ -z $account_id || -z $key_id || -z $private_key ]]; then
    echo "token.sh: $file is not the file of a service account" >&2
    exit 1
fi

# Five minutes: a download may take longer, it only has to begin by then.
now=$(date +%s)
header=$(printf '{"alg":"RS256","typ":"JWT","kid":"%s"}' "$key_id" | base64url)
claims=$(printf '{"iss":%s,"iat":%s,"exp":%s}' "$account_id" "$now" "$((now + 300))" | base64url)

# The key goes through a pipe: it stands in no list of processes and in no other file.
signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha256 -sign <(printf '%b' "$private_key") | base64url)
printf 'Authorization: Bearer %s.%s.%s\n' "$header" "$claims" "$signature"
