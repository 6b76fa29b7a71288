#!/usr/bin/env bash
# Starts Keycloak with the realm of Bangkom, which is made at the first start and then left alone.
#   BANGKOM_BASE_URL   where people reach Bangkom; Keycloak stands below it at /auth
#   KEYCLOAK_HOME      where Keycloak is
#   KEYCLOAK_SECRETS   folder with keycloak_admin_password, oidc_<service>_secret and, unless KC_DB says otherwise,
#                      keycloak_database_url and authority.pem, which signed the server's certificate
#   OIDC_<SERVICE>_INSIDE  where Keycloak reaches a service to end sessions there
set -euo pipefail

readonly home=${KEYCLOAK_HOME:-/opt/keycloak} secrets=${KEYCLOAK_SECRETS:-/run/secrets}

KC_BOOTSTRAP_ADMIN_USERNAME=admin
KC_BOOTSTRAP_ADMIN_PASSWORD=$(<"$secrets/keycloak_admin_password")
export KC_BOOTSTRAP_ADMIN_USERNAME KC_BOOTSTRAP_ADMIN_PASSWORD
for service in needs training mentoring evaluation; do
    name=OIDC_${service^^}
    inside=${name}_INSIDE
    export "${name}_SECRET=$(<"$secrets/oidc_${service}_secret")" "$inside=${!inside:-http://$service-web:8000}"
done
if [[ ${KC_DB:-postgres} == postgres ]]; then
    address=$(<"$secrets/keycloak_database_url")
    [[ $address =~ ^[^:]+://([^:]+):([^@]+)@(.+)$ ]] || { echo "start: keycloak_database_url is no address" >&2; exit 1; }
    export KC_DB_USERNAME=${BASH_REMATCH[1]} KC_DB_PASSWORD=${BASH_REMATCH[2]}
    export KC_DB_URL="jdbc:postgresql://${BASH_REMATCH[3]}?sslmode=verify-full&sslrootcert=$secrets/authority.pem"
fi
# Behind the gateway; people and services reach it at different addresses.
export KC_HOSTNAME=${KC_HOSTNAME:-$BANGKOM_BASE_URL/auth}
exec "$home/bin/kc.sh" start --optimized --import-realm --http-enabled=true --proxy-headers=xforwarded \
    --hostname-backchannel-dynamic=true --cache=local
