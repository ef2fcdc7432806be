# Puts a backup in the place of the primary's data, and replays the log from the archive up to $RECOVERY_TARGET_TIME, or to
# its end. The data that was there is kept beside it until the next restore.
set -eu
. /opt/backup/source.sh

new=$PGDATA.restoring
log=$new.log
ask() { psql --host=/tmp --no-psqlrc --quiet --tuples-only --no-align --command="$1"; }

if [ -e "$PGDATA/postmaster.pid" ]; then
    echo "a server runs on $PGDATA: scale database-primary to 0 first" >&2
    exit 1
fi
rm -rf "$new"
fetch_backup "$new"
chmod 0700 "$new"
touch "$new/recovery.signal"
# On the command line, so that nothing of it stays: who copies this database later must not stop at the same moment.
set -- -c listen_addresses= -c unix_socket_directories=/tmp -c hba_file=/opt/database/verify_hba.conf \
    -c archive_mode=on -c archive_command="'sh /opt/backup/archive.sh %p %f'" \
    -c restore_command="'$RESTORE_COMMAND'" -c recovery_target_action=promote \
    ${RECOVERY_TARGET_TIME:+-c recovery_target_time="'$RECOVERY_TARGET_TIME'"}
pg_ctl --pgdata="$new" --wait --timeout="${RESTORE_SECONDS:-3000}" --silent --log="$log" --options="$*" start || {
    tail -n 20 "$log" >&2
    exit 1
}
while [ "$(ask 'SELECT pg_is_in_recovery()')" = t ]; do sleep 1; done
pg_ctl --pgdata="$new" --mode=fast --wait --silent stop
grep -E 'recovery stopping|last completed transaction|archive recovery complete' "$log"
rm -rf "$PGDATA.replaced" "$log"
[ ! -e "$PGDATA" ] || mv "$PGDATA" "$PGDATA.replaced"
mv "$new" "$PGDATA"
echo "restored to ${RECOVERY_TARGET_TIME:-the end of the log}"
