#!/usr/bin/env bash
# Starts the server with its image's own script, and with TLS: the key must be in a file that nobody else may read.
#   POSTGRES_SECRETS  folder with postgres.pem, a key and its certificate
set -euo pipefail
umask 077

readonly pem=${TMPDIR:-/tmp}/postgres.pem
cat "${POSTGRES_SECRETS:-/run/secrets}/postgres.pem" >"$pem"
exec docker-entrypoint.sh "$@" --ssl=on --ssl_cert_file="$pem" --ssl_key_file="$pem"
