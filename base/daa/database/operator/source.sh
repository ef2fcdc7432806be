# Where backups come from: the object store that the operator writes to, asked with the role of the service account.
store="--cloud-provider aws-s3"
RESTORE_COMMAND="barman-cloud-wal-restore $store $BACKUP_DESTINATION database %f %p"

# fetch_backup FOLDER: the newest backup that is complete.
fetch_backup() {
    newest=$(barman-cloud-backup-list $store --format json "$BACKUP_DESTINATION" database | python3 -c '
import json, sys
done = [one for one in json.load(sys.stdin)["backups_list"] if one["status"] == "DONE"]
print(max((one["backup_id"] for one in done), default=""))')
    if [ -z "$newest" ]; then
        echo "there is no complete backup in $BACKUP_DESTINATION" >&2
        exit 1
    fi
    echo "restoring the backup of $newest"
    barman-cloud-restore $store "$BACKUP_DESTINATION" database "$newest" "$1"
}
