# Restores the newest backup and all of the log since into an empty folder, starts a server on it that nobody else can
# reach, and compares it with the database: its tables, the marks that mark.sh wrote, its pages and indexes.
set -eu
. "$SOURCE"      # fetch_backup FOLDER, RESTORE_COMMAND

copy=$WORK/copy
log=$WORK/server.log
fail() {
    [ ! -e "$log" ] || tail -n 20 "$log" >&2
    echo "the backup is not good: $*" >&2
    exit 1
}
live() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
restored() { PGHOST=/tmp PGPORT=5433 PGUSER=${RESTORED_SUPERUSER:-$PGUSER} live "$@"; }

newest=$(live --command='SELECT max(at) FROM backups.marks WHERE is_archived')
[ -n "$newest" ] || fail "there is no mark in the database: did mark.sh ever run?"
marks="SELECT count(*) || ', the newest ' || max(at) FROM backups.marks
       WHERE at BETWEEN timestamptz '$newest' - interval '29 days' AND '$newest'"
tables="SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY schemaname, tablename) FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
wanted="$(live --command="$marks") in $(live --command="$tables")"

began=$(date +%s)
fetch_backup "$copy"
chmod 0700 "$copy"
rm -f "$copy/standby.signal"
touch "$copy/recovery.signal"
# On the command line, where it comes before whatever the copy's own configuration says.
set -- -p 5433 -c listen_addresses= -c unix_socket_directories=/tmp -c hba_file=/opt/database/verify_hba.conf \
    -c ssl=off -c archive_mode=off -c logging_collector=off -c shared_preload_libraries= -c shared_buffers=64MB \
    -c primary_conninfo= -c primary_slot_name= -c synchronous_standby_names= -c recovery_target_action=promote
pg_ctl --pgdata="$copy" --wait --timeout="${RESTORE_SECONDS:-3000}" --silent --log="$log" \
    --options="$* -c restore_command='$RESTORE_COMMAND'" start || fail "no server starts on it"
trap 'pg_ctl --pgdata="$copy" --mode=immediate --silent stop' EXIT
while [ "$(restored --command='SELECT pg_is_in_recovery()')" = t ]; do sleep 1; done
echo "restored in $(($(date +%s) - began)) s: $(du --summarize --human-readable "$copy" | cut --fields=1)"

found="$(restored --command="$marks") in $(restored --command="$tables")"
[ "$found" = "$wanted" ] || fail "the database has marks: $wanted; the restored copy: $found"
restored --command='SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS amcheck'
pg_amcheck --host=/tmp --port=5433 --username="${RESTORED_SUPERUSER:-$PGUSER}" --no-password --heapallindexed \
    "$PGDATABASE" || fail "pg_amcheck has found damage"
echo "verified: marks: $found"
