#!/usr/bin/env bash
# Gives each service a database and a role of its own, with the password in the address in its file, and nobody else a way
# in. The fifth keeps the accounts that people sign in with. May run at any time, any number of times.
#   PGHOST, PGPORT, PGUSER  the server and its superuser
#   POSTGRES_SECRETS        folder with postgres_password and <name>_database_url
set -euo pipefail

readonly secrets=${POSTGRES_SECRETS:-/run/secrets}
PGPASSWORD=$(<"$secrets/postgres_password")
export PGPASSWORD

sql() {
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@"
}

# The password in the address of an account.
password() {
    local address
    address=$(<"$secrets/$1_database_url")
    [[ $address =~ ^[^:]+://bangkom_$1:([^@]+)@ ]] ||
        { echo "databases: $1_database_url is no address of bangkom_$1" >&2; exit 1; }
    echo "${BASH_REMATCH[1]}"
}

for name in needs training mentoring evaluation identity; do
    password=$(password "$name")
    sql --dbname=postgres --set=role="bangkom_$name" --set=password="$password" <<'END'
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 LOCALE ''C'' LOCALE_PROVIDER builtin'
              ' BUILTIN_LOCALE ''C.UTF-8''', :'role', :'role')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
END
    sql --dbname="bangkom_$name" --command="REVOKE ALL ON SCHEMA public FROM PUBLIC"
done
sql --dbname=postgres --command="REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC"

# Copies the whole server, and reads no table.
password=$(password backup)
sql --dbname=postgres --set=password="$password" <<'END'
SELECT 'CREATE ROLE bangkom_backup' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bangkom_backup') \gexec
ALTER ROLE bangkom_backup LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE REPLICATION PASSWORD :'password';
GRANT CONNECT ON DATABASE postgres TO bangkom_backup;
END
