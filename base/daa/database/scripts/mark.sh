# Each hour: writes a mark into the database, then waits until the log that holds it is in the archive. So the archive
# is proven to take what is written, and verify.sh can tell whether a restored copy has all of it.
set -eu

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }

began=$(date +%s)
mark=$(ask <<'SQL'
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS backups;
CREATE TABLE IF NOT EXISTS backups.marks (at timestamptz PRIMARY KEY, is_archived boolean NOT NULL DEFAULT false);
DELETE FROM backups.marks WHERE at < now() - interval '30 days';
INSERT INTO backups.marks VALUES (now()) RETURNING at;
SQL
)
segment=$(ask --command='SELECT pg_walfile_name(pg_current_wal_lsn())')
# Where only an administrator may end a segment, archive_timeout does.
ask --command="SELECT pg_switch_wal() WHERE has_function_privilege('pg_switch_wal()', 'execute')" > /dev/null
until [ "$(ask --command="SELECT left(last_archived_wal, 24) >= '$segment' FROM pg_stat_archiver")" = t ]; do
    if [ $(($(date +%s) - began)) -gt "${ARCHIVE_SECONDS:-600}" ]; then
        echo "$segment is not in the archive after ${ARCHIVE_SECONDS:-600} s" >&2
        exit 1
    fi
    sleep 1
done
ask --command="UPDATE backups.marks SET is_archived = true WHERE at = '$mark'"
echo "the mark of $mark is in the archive ($segment) after $(($(date +%s) - began)) s"
