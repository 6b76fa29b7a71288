#!/usr/bin/env bash
# Gives each service a database, an account that owns its tables and changes them with a new version, and an account that
# works with what is in them; each with the password in the address in its file, and nobody else a way in. The fifth keeps
# the accounts that people sign in with, the sixth is Keycloak's where it stands beside. May run at any time, any number of times.
#   PGHOST, PGUSER    the server's socket and its superuser
#   POSTGRES_SECRETS  folder with <name>_database_url and <name>_owner_database_url
set -euo pipefail

readonly secrets=${POSTGRES_SECRETS:-/run/secrets}

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

# An account with its password, and the rights given; without any, it may come into no database.
account() {
    local password
    password=$(password "$1")
    sql --dbname=postgres --set=role="bangkom_$1" --set=password="$password" --set=rights="$2" <<'END'
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE :rights PASSWORD :'password';
END
}

for name in needs training mentoring evaluation identity; do
    account "$name" NOREPLICATION
    account "${name}_owner" NOREPLICATION
    sql --dbname=postgres --set=role="bangkom_$name" --set=owner="bangkom_${name}_owner" <<'END'
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 LOCALE ''C'' LOCALE_PROVIDER builtin'
              ' BUILTIN_LOCALE ''C.UTF-8''', :'role', :'owner')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
ALTER DATABASE :"role" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"role" TO :"role";
END
    sql --dbname="bangkom_$name" --set=role="bangkom_$name" --set=owner="bangkom_${name}_owner" <<'END'
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, USAGE, UPDATE ON SEQUENCES TO :"role";
-- Until there were two accounts, the one that works owned the tables.
SELECT EXISTS (SELECT FROM pg_class WHERE relowner = :'role'::regrole) AS owns \gset
\if :owns
REASSIGN OWNED BY :"role" TO :"owner";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"role";
GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO :"role";
\endif
-- What was noted is refused a change by the tables themselves; once they are there, the right to try goes too.
SELECT format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM %I', relname, :'role') FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname IN ('audit_entries', 'audit_seals') \gexec
END
done
# Keycloak makes and keeps its tables itself.
account keycloak NOREPLICATION
sql --dbname=postgres --set=role=bangkom_keycloak <<'END'
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0', :'role', :'role')
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
END
sql --dbname=postgres --command="REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC"

# Copies the whole server, and reads no table.
account backup REPLICATION
sql --dbname=postgres --command="GRANT CONNECT ON DATABASE postgres TO bangkom_backup"
