#!/usr/bin/env bash
# Starts PostgreSQL; makes the cluster on the first start, from the variables that the published image knows.
set -euo pipefail

fail() {
    echo "postgres: $*" >&2
    exit 1
}

# setting NAME [DEFAULT]: what $NAME says, or the file that $NAME_FILE names.
setting() {
    local file=${1}_FILE
    [ -z "${!1:-}" ] || [ -z "${!file:-}" ] || fail "$1 and $file are both set"
    if [ -n "${!file:-}" ]; then cat "${!file}"; else printf %s "${!1:-${2:-}}"; fi
}

# Root prepares the folders, then goes on as postgres; any other user finds them prepared.
become_postgres() {
    [ "$(id -u)" = 0 ] || return 0
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 0700 "$PGDATA"
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres:postgres {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
}

make_cluster() {
    local -a options=(--username="$user")
    [ -z "${POSTGRES_INITDB_WALDIR:-}" ] || options+=(--waldir="$POSTGRES_INITDB_WALDIR")
    local -a more="(${POSTGRES_INITDB_ARGS:-})"
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA" || true  # a volume's own folder may belong to another user
    if [ -n "$password" ]; then
        initdb "${options[@]}" --pwfile=<(printf '%s\n' "$password") "${more[@]}"
    else
        initdb "${options[@]}" "${more[@]}"
    fi
    printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
}

query() {
    psql --set=ON_ERROR_STOP=1 --no-psqlrc --no-password --username="$user" "$@"
}

make_database() {
    local found
    found=$(query --dbname=postgres --set=name="$database" --tuples-only <<< "SELECT 1 FROM pg_database WHERE datname = :'name'")
    [ -n "${found// /}" ] || query --dbname=postgres --set=name="$database" <<< 'CREATE DATABASE :"name"'
}

run_scripts() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case $file in
            *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) query --dbname="$database" --file="$file" ;;
            *.sql.gz) gunzip --stdout "$file" | query --dbname="$database" ;;
            */\*) ;;
            *) echo "postgres: $file is no .sh, .sql or .sql.gz: left out" ;;
        esac
    done
}

# The server listens to nobody else until everything is there.
first_start() {
    user=$(setting POSTGRES_USER postgres)
    password=$(setting POSTGRES_PASSWORD)
    database=$(setting POSTGRES_DB "$user")
    [ -n "$password" ] || [ "${POSTGRES_HOST_AUTH_METHOD:-}" = trust ] ||
        fail "POSTGRES_PASSWORD is missing: give it or POSTGRES_PASSWORD_FILE, or POSTGRES_HOST_AUTH_METHOD=trust"
    make_cluster
    export PGPASSWORD=$password
    pg_ctl --wait --options="$(printf '%q ' "$@" -c listen_addresses= -p 5432)" start
    make_database
    export POSTGRES_USER=$user POSTGRES_DB=$database
    run_scripts
    pg_ctl --wait --mode=fast stop
    unset PGPASSWORD
}

case ${1-} in -*) set -- postgres "$@" ;; esac
[ "${1-}" = postgres ] || exec "$@"
case " $* " in *" --help "* | *" -? "* | *" --version "* | *" -V "* | *" --describe-config "*) exec "$@" ;; esac
become_postgres "$@"
[ -s "$PGDATA/PG_VERSION" ] || first_start "${@:2}"
exec "$@"
