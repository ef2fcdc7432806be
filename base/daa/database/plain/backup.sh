# Each day: a full copy of the database that can be restored without anything else, checked against its own manifest.
# Full copies are kept 30 days. The log is kept 8 days, so that every moment of the last 7 can be restored.
set -eu
mkdir -p /backups/base
part=/backups/base/.part
rm -rf "$part"
began=$(date +%s)
pg_basebackup --pgdata="$part" --checkpoint=fast --wal-method=stream --no-password
pg_verifybackup "$part"
name=$(date --utc +%Y%m%dT%H%M%SZ)
mv "$part" "/backups/base/$name"
echo "$name is complete after $(($(date +%s) - began)) s: $(du --summarize --human-readable "/backups/base/$name" | cut --fields=1)"

find /backups/base -mindepth 1 -maxdepth 1 -mtime +30 -print -exec rm -rf {} +
find /backups/wal -type f -mtime +8 ! -name '*.history' -print -delete
