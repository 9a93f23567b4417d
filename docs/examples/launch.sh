#!/usr/bin/env bash
# Ask for a link by which one person enters: bash, openssl and curl. For trying things out.
#
#   openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private.pem
#   openssl pkey -in private.pem -pubout -out public.pem
#   bash launch.sh abc 2026-a private.pem
#
# public.pem is what we register. The words are the channel code, the kid, and the private key (PEM).
set -euo pipefail

SERVICE="${SERVICE:-https://service.example}"
channel=$1 kid=$2 key=$3

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

now=$(date +%s)
jti=$(openssl rand 16 | base64url) # new for every request, for a repeated one too
header=$(printf '{"alg":"ES256","kid":"%s"}' "$kid" | base64url)
claims=$(printf '{"iss":"%s","aud":"nx-flexible-employment","iat":%d,"exp":%d,"jti":"%s","name":"%s","id_number":"%s","phone":"%s"}' \
  "$channel" "$now" "$((now + 60))" "$jti" "马兰" "640104198503120021" "19900000001" | base64url)
signed="$header.$claims"

# The signature comes as DER; a JWS takes r and s, 32 bytes each.
numbers=$(printf '%s' "$signed" | openssl dgst -sha256 -sign "$key" \
  | openssl asn1parse -inform DER | sed -n 's/.*INTEGER *://p')
raw=""
for number in $numbers; do
  padded=$(printf '%064s' "$number" | tr ' ' 0)
  raw+=$(printf '%s' "${padded: -64}" | sed 's/../\\x&/g')
done
signature=$(printf '%b' "$raw" | base64url)

curl --silent --show-error --max-time 10 --fail-with-body \
  --header "Content-Type: application/jose" \
  --data-binary "$signed.$signature" \
  "$SERVICE/open/v1/launches"
echo
