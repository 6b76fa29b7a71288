#!/usr/bin/env bash
# Puts Keycloak into build/keycloak for `make sso`, which signs in through it: fetched by Maven, prepared to run on this
# machine with a database file of its own. Fetches nothing that is there.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly version=26.4.0 folder=build/keycloak
part=

has_keycloak() {
    [[ -f $folder/.made && $(<"$folder/.made") == "$version" ]]
}

# Java, Maven and Chromium.
deploy/setup-tests.sh
has_keycloak && exit 0
mkdir -p build
part=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$part"' EXIT
mvn -q -B -Dstyle.color=never dependency:get -Dtransitive=false \
    "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:zip"
mvn -q -B -Dstyle.color=never dependency:copy \
    "-Dartifact=org.keycloak:keycloak-quarkus-dist:$version:zip" "-DoutputDirectory=$PWD/$part"
.venv/bin/python -m zipfile -e "$part/keycloak-quarkus-dist-$version.zip" "$part"
chmod 755 "$part/keycloak-$version/bin/kc.sh"
"$part/keycloak-$version/bin/kc.sh" build --db=dev-file --health-enabled=true --http-relative-path=/auth
rm -rf "$folder"
mv "$part/keycloak-$version" "$folder"
# Written last, so that one cut short is never taken for complete.
echo "$version" >"$folder/.made"
