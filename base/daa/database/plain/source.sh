# Where backups come from: the volume that backup.sh and archive.sh write to.
RESTORE_COMMAND='cp /backups/wal/%f %p'

# fetch_backup FOLDER: the newest backup, or the newest that was complete at $RECOVERY_TARGET_TIME.
fetch_backup() {
    limit=$(date --utc --date="${RECOVERY_TARGET_TIME:-tomorrow}" +%Y%m%dT%H%M%SZ)
    newest=$(ls /backups/base | grep -x '[0-9]*T[0-9]*Z' | sort | awk -v limit="$limit" '$0 <= limit' | tail -n 1)
    if [ -z "$newest" ]; then
        echo "there is no backup from before $limit" >&2
        exit 1
    fi
    echo "restoring the backup of $newest"
    cp --archive "/backups/base/$newest" "$1"
}
