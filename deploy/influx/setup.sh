#!/bin/sh
# Makes what gtc needs in InfluxDB 2.x and is not there yet: the three buckets
# with their retention, the mappings that let InfluxQL see them as databases,
# and two tokens: one for the hub (read and write the three buckets), one for
# Grafana (read gtc and gtc_rollup; never gtc_private). Run it again at will.
#
# Needs INFLUX_HOST, INFLUX_ORG and the operator's token in INFLUX_TOKEN or in
# /run/secrets/influx_operator_token. Tokens are written below OUT (/out).
set -eu

OUT=${OUT:-/out}
HUB_UID=${HUB_UID:-65532}
GRAFANA_UID=${GRAFANA_UID:-472}
if [ -z "${INFLUX_TOKEN:-}" ]; then
  INFLUX_TOKEN=$(cat /run/secrets/influx_operator_token)
fi
export INFLUX_TOKEN

bucket_id() {
  influx bucket list --name "$1" --hide-headers 2>/dev/null | awk '{print $1}'
}

# bucket NAME RETENTION SHARDS: as in internal/influx/schema.go.
bucket() {
  if [ -z "$(bucket_id "$1")" ]; then
    influx bucket create --name "$1" --retention "$2" --shard-group-duration "$3"
  else
    influx bucket update --id "$(bucket_id "$1")" --retention "$2" --shard-group-duration "$3"
  fi
  id=$(bucket_id "$1")
  if ! influx v1 dbrp list --bucket-id "$id" --hide-headers 2>/dev/null | awk -v db="$1" '$2 == db && $4 == "autogen"' | grep -q .; then
    influx v1 dbrp create --bucket-id "$id" --db "$1" --rp autogen --default
  fi
}

# token FILE OWNER DESCRIPTION ARGUMENTS…: a token is shown once, when made.
token() {
  file=$1 owner=$2 description=$3
  shift 3
  if [ -s "$file" ]; then
    return
  fi
  umask 077
  mkdir -p "$(dirname "$file")"
  made=$(influx auth create --description "$description" "$@" --json | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
  if [ -z "$made" ]; then
    echo "setup: make token $description: no token in the answer" >&2
    exit 1
  fi
  printf '%s\n' "$made" >"$file"
  chown "$owner" "$file"
  chmod 0400 "$file"
}

bucket gtc 1096d 28d
bucket gtc_rollup 0 364d
bucket gtc_private 396d 28d

raw=$(bucket_id gtc)
rollup=$(bucket_id gtc_rollup)
private=$(bucket_id gtc_private)

token "$OUT/hub/influx-token" "$HUB_UID" "gtc hub" \
  --read-bucket "$raw" --write-bucket "$raw" \
  --read-bucket "$rollup" --write-bucket "$rollup" \
  --read-bucket "$private" --write-bucket "$private" \
  --read-dbrps
token "$OUT/grafana/influx-token" "$GRAFANA_UID" "gtc grafana" \
  --read-bucket "$raw" --read-bucket "$rollup" --read-dbrps

echo "setup: buckets gtc, gtc_rollup, gtc_private and their tokens are there"
