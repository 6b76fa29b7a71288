#!/usr/bin/env bash
# Makes the secrets of a full installation that are missing, in the folder given (secrets); what is there stays as it is.
# Containers run under accounts of their own, so files are readable and the folder is what keeps others on this host out.
set -euo pipefail
umask 077

readonly folder=${1:-secrets} env_file=${2:-.env} days=825
readonly brokers=DNS:kafka-1,DNS:kafka-2,DNS:kafka-3,DNS:localhost,IP:127.0.0.1

fail() {
    echo "make-secrets: $1" >&2
    exit 1
}

# What the environment says counts more than the file.
setting() {
    local value=${!1:-}
    [[ -n $value || ! -f $env_file ]] || value=$(sed -n "s/^$1=//p" "$env_file" | tail -n 1)
    [[ -n $value ]] || fail "$1 is missing: write it into $env_file (.env.example explains it)."
    echo "$value"
}

# Takes the content from standard input; the name appears when the file is whole.
keep() {
    cat >"$folder/.$1"
    chmod "${2:-444}" "$folder/.$1"
    mv "$folder/.$1" "$folder/$1"
}

missing() {
    [[ ! -s $folder/$1 ]]
}

random() {
    openssl rand -hex 24
}

# What openssl says while it works is of interest only when it fails.
quiet() {
    "$@" 2>"$work/said" || fail "$(<"$work/said")"
}

authority() {
    quiet openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj '/CN=Bangkom authority' \
        -keyout "$work/key" -out "$work/certificate"
    keep authority.key 400 <"$work/key"
    keep authority.pem <"$work/certificate"
}

# A key and its certificate, signed by our authority, in one file: common name, names it stands for, file.
certificate() {
    quiet openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$work/key" -out "$work/request"
    echo "subjectAltName=$2" >"$work/names"
    quiet openssl x509 -req -in "$work/request" -days "$days" -CA "$folder/authority.pem" -CAkey "$folder/authority.key" \
        -set_serial "0x$(openssl rand -hex 16)" -extfile "$work/names" -out "$work/certificate"
    cat "$work/key" "$work/certificate" | keep "$3"
}

command -v openssl >/dev/null || fail "openssl is needed."
address=$(setting BANGKOM_BASE_URL)
alerts=$(setting ALERTS_URL)
[[ $address =~ ^https://([A-Za-z0-9.-]+)(:[0-9]+)?/?$ ]] || fail "BANGKOM_BASE_URL must be https:// and a host name."
readonly host=${BASH_REMATCH[1]}

mkdir -p "$folder"
chmod 700 "$folder"
work=$(mktemp -d)
readonly work
trap 'rm -rf "$work"' EXIT
for name in {postgres,grafana,keycloak_admin}_password kafka_{admin,needs,training,mentoring,evaluation}_password \
    oidc_{needs,training,mentoring,evaluation}_secret; do
    if missing "$name"; then random | keep "$name"; fi
done
for name in needs training mentoring evaluation identity; do
    for account in "$name" "${name}_owner"; do
        if missing "${account}_database_url"; then
            echo "postgresql+asyncpg://bangkom_$account:$(random)@postgres:5432/bangkom_$name" |
                keep "${account}_database_url"
        fi
    done
done
if missing keycloak_database_url; then
    echo "postgresql://bangkom_keycloak:$(random)@postgres:5432/bangkom_keycloak" | keep keycloak_database_url
fi
if missing backup_database_url; then
    echo "postgresql+asyncpg://bangkom_backup:$(random)@postgres:5432/postgres" | keep backup_database_url
fi
if missing alerts_url; then echo "$alerts" | keep alerts_url; fi
if missing authority.pem || missing authority.key; then authority; fi
if missing kafka.pem; then certificate kafka "$brokers" kafka.pem; fi
if missing postgres.pem; then certificate postgres DNS:postgres,DNS:localhost postgres.pem; fi
# Until the agency puts its own in this place, browsers warn about it.
if missing gateway.pem; then certificate "$host" "DNS:$host" gateway.pem; fi
