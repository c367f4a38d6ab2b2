#!/bin/sh
# Installs, upgrades, rolls back and removes the booth on a device. As root, in the project's folder:
#
#   systemd/appliance.sh install      what `make install` does; again for an upgrade
#   systemd/appliance.sh rollback     to the version before
#   systemd/appliance.sh uninstall    settings and photos stay
#
# Each version is a virtual environment of its own in /opt/framecue/versions; /opt/framecue/venv names the one in
# use, /opt/framecue/before the one before it. A version is switched to in one step, once it is whole and answers.
#
# PACKAGE    what pip installs as Framecue: the project's folder, or a wheel of it where there is no network
# PACKAGES   what apt installs first; empty = nothing
# PIP        more options for pip, such as --no-index --find-links DIR
# EXTRAS     extras of the package: pi (on a Raspberry Pi by default), jetson, imu, tof, arducam
# PYTHON     the Python to use, 3.11 or later
# START=no   install without starting
set -eu

PLACE=/opt/framecue
SETTINGS=/etc/framecue
STATE=/var/lib/framecue
UNITS=/etc/systemd/system
RULES=/etc/udev/rules.d/70-framecue.rules
SOURCE=$(cd "$(dirname "$0")/.." && pwd)

: "${PACKAGE=$SOURCE}"

say() { printf 'framecue: %s\n' "$*"; }
fail() { printf 'framecue: %s\n' "$*" >&2; exit 1; }

board() { cat /proc/device-tree/model 2> /dev/null | tr -d '\0'; }

choose() {
    case "$(board)" in
        *"Raspberry Pi"*) : "${EXTRAS=pi}"; : "${PACKAGES=python3-venv python3-picamera2}" ;;
        *) : "${EXTRAS=}"; : "${PACKAGES=python3-venv}" ;;
    esac
}

packages() {
    missing=
    for package in $PACKAGES; do
        dpkg -s "$package" > /dev/null 2>&1 || missing="$missing $package"
    done
    [ -z "$missing" ] && return
    say "installing$missing"
    # shellcheck disable=SC2086  # a list of words
    apt-get install -qq -y --no-install-recommends $missing > /dev/null ||
        fail "apt could not install$missing; run apt-get update, or set PACKAGES= and install them yourself"
}

# A new version beside those that are there; prints its folder. What breaks off leaves the one in use alone.
build() {
    new=$PLACE/versions/$(date -u +%Y%m%d-%H%M%S)-$$
    mkdir -p "$PLACE/versions"
    trap 'rm -rf "$new"' EXIT
    "${PYTHON-python3}" -m venv --system-site-packages "$new" || fail "no virtual environment; is python3-venv installed?"
    pip="$new/bin/python -m pip install -q --no-warn-script-location --disable-pip-version-check ${PIP-}"
    "$new/bin/python" -m pip uninstall -q -y setuptools 2> /dev/null || true   # an old one that venv brings
    $pip --require-hashes -r "$SOURCE/requirements.lock" || fail "pip could not get the packages; is there a network?"
    $pip --no-deps "$PACKAGE" || fail "pip could not install Framecue"
    [ -z "$EXTRAS" ] || $pip "$PACKAGE[$EXTRAS]" || fail "pip could not install the extras $EXTRAS"
    "$new/bin/framecue" models list > /dev/null || fail "the new version does not answer; the old one stays"
    trap - EXIT
}

name() { ln -sfn "$2" "$1.new" && mv -T "$1.new" "$1"; }   # in one step: a link is never missing

switch() {
    old=$(readlink "$PLACE/venv" || true)
    name "$PLACE/venv" "$1"
    [ -z "$old" ] || [ "$old" = "$1" ] || name "$PLACE/before" "$old"
}

clean() {
    kept=$(readlink "$PLACE/venv" "$PLACE/before" || true)
    for version in "$PLACE"/versions/*; do
        case "$kept" in *"$version"*) ;; *) rm -rf "$version" ;; esac
    done
}

files() {
    cd "$SOURCE/systemd"
    install -D -m 644 -t /etc/sysusers.d sysusers.d/framecue.conf
    install -D -m 644 -t /etc/modules-load.d modules-load.d/framecue.conf
    install -D -m 644 udev/70-framecue.rules "$RULES"
    install -D -m 644 -t "$UNITS" framecue.service framecue-stick@.service
    systemd-sysusers framecue.conf
    install -d -o framecue -g framecue -m 750 "$STATE"
    install -d "$SETTINGS"
    if [ ! -e "$SETTINGS/framecue.toml" ]; then
        sed 's|^folder = "~/Pictures/framecue"|folder = "/var/lib/framecue/album"|' ../config/framecue.toml \
            > "$SETTINGS/framecue.toml"
    fi
    # Yours stays as it is; what is new in this version is here to look up.
    install -m 644 ../config/framecue.toml "$SETTINGS/framecue.toml.new"
    systemctl daemon-reload
    udevadm control --reload 2> /dev/null || true
}

start() {
    [ "${START-yes}" = yes ] || return 0
    systemctl enable -q framecue.service
    # Stopping waits for a shot in flight: the booth keeps what was pressed before it ends.
    systemctl restart framecue.service || fail "it does not start: journalctl -u framecue; back with: $0 rollback"
}

case "${1-}" in
    install)
        choose
        packages
        build
        switch "$new"
        files
        clean
        start
        say "installed $("$PLACE/venv/bin/python" -c 'from importlib.metadata import version; print(version("framecue"))')," \
            "settings in $SETTINGS/framecue.toml, photos below $STATE"
        ;;
    rollback)
        [ -x "$PLACE/before/bin/framecue" ] || fail "there is no version before this one"
        switch "$(readlink "$PLACE/before")"
        start
        say "back on $(basename "$(readlink "$PLACE/venv")")"
        ;;
    uninstall)
        systemctl disable -q --now framecue.service 2> /dev/null || true
        rm -rf "$PLACE" "$UNITS/framecue.service" "$UNITS/framecue-stick@.service" "$RULES" \
            /etc/sysusers.d/framecue.conf /etc/modules-load.d/framecue.conf "$SETTINGS/framecue.toml.new"
        systemctl daemon-reload
        say "removed; settings stay in $SETTINGS, photos below $STATE"
        ;;
    *) fail "say install, rollback or uninstall" ;;
esac
