#!/bin/sh
# Checks what `make run` (no argument) and `make test` (argument: test) need.
# As root on Debian it installs what is missing; otherwise it says what to do.
set -eu

die() { printf 'missing: %s\n' "$*" >&2; exit 1; }

command -v git >/dev/null || die "git (apt-get install git)"
command -v go >/dev/null || die "Go 1.26 or newer; see https://go.dev/doc/install"
have=$(go env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
case "$(printf '1.26\n%s\n' "$have" | sort -V | head -n 1)" in
1.26) ;;
*) die "Go 1.26 or newer (this is $have)" ;;
esac

[ "${1:-}" = test ] || exit 0

# program or file → Debian package
missing=""
need() { [ -e "$1" ] || command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need gcc gcc # the race detector
need chromium chromium
need /usr/sbin/mosquitto mosquitto
need mosquitto_pub mosquitto-clients
need /usr/lib/python3/dist-packages/pymodbus python3-pymodbus
need /usr/include/modbus/modbus.h libmodbus-dev # a slave of somebody else, over TCP and RTU
need socat socat # the pair of pseudo terminals it is read over
need node nodejs
need npm npm # the Grafana plugin; axe-core, for the accessibility check; Modbus servers of others
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing from Debian:$missing"
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of package names
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
	exit 0
fi
if [ -n "${CI:-}" ]; then
	die "Debian packages:$missing"
fi
echo "not installed:$missing"
echo "tests that need them are skipped; to run them: sudo apt-get install$missing"
