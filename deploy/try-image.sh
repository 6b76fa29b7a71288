#!/usr/bin/env bash
# Builds the image without a container engine, as root on Debian, and has its programs carry a need through the loop: under
# the account and on the read-only files that they have in a container. The base is made here, of Debian's own Python.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly store=$PWD/build/image
base=$(sed -n 's/^FROM \(python:[^ ]*\).*/\1/p' deploy/Dockerfile | sort -u)
image=$(sed -n 's/^  image: \(bangkom:.*\)/\1/p' docker-compose.yml)
readonly base image

fail() {
    echo "try-image: $1" >&2
    exit 1
}

buildah() {
    command buildah --storage-driver vfs --root "$store/root" --runroot "$store/run" "$@"
}

make_base() {
    debootstrap --variant=minbase --include=ca-certificates,python-is-python3,python3-pip,python3-venv bookworm \
        "$store/base" >"$store/base.log" || fail "see $store/base.log"
    printf 'FROM scratch\nCOPY . /\n' >"$store/Dockerfile"
    buildah bud --isolation chroot --signature-policy "$store/policy.json" --tag "localhost/$base" \
        --file "$store/Dockerfile" "$store/base" >>"$store/base.log" || fail "see $store/base.log"
    rm -rf "$store/base"
}

((EUID == 0)) || fail "only root can put a folder in the place of /."
for program in buildah debootstrap; do
    [[ -n $(type -P "$program") ]] || apt-get -qq install -y --no-install-recommends "$program" >/dev/null
done
mkdir -p "$store"
trap 'rm -rf "$store"' EXIT
echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$store/policy.json"
make_base

# How this machine reaches packages is its own affair and stays out of the image.
ways=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
if [[ -f /etc/pip.conf ]]; then ways+=(--volume /etc/pip.conf:/etc/pip.conf:ro); fi
buildah bud --isolation chroot --pull-never --signature-policy "$store/policy.json" "${ways[@]}" \
    --ignorefile deploy/Dockerfile.dockerignore --tag "localhost/$image" --file deploy/Dockerfile . >"$store/image.log" ||
    { tail -n 20 "$store/image.log" >&2; fail "the image cannot be built."; }

root=$(buildah mount "$(buildah from --pull-never --signature-policy "$store/policy.json" "localhost/$image")")
for shell in sh bash dash; do
    if [[ -e $root/usr/bin/$shell || -e $root/bin/$shell ]]; then fail "there is a $shell in the image."; fi
done
# Engines put it there.
echo '127.0.0.1 localhost' >"$root/etc/hosts"
# The mounts end with the shell that made them.
BANGKOM_TEST_IMAGE=$root unshare --mount bash -euc '
    mount --bind "$BANGKOM_TEST_IMAGE" "$BANGKOM_TEST_IMAGE"
    mount --bind /tmp "$BANGKOM_TEST_IMAGE/tmp"
    mount -o remount,bind,ro "$BANGKOM_TEST_IMAGE"
    .venv/bin/python -m pytest tests/deploy/test_full_run.py
'
