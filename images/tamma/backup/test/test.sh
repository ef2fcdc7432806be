#!/bin/sh
# What the scripts do without a server: they parse, name what is missing, and refuse what is no dump.
set -eu
for script in backup restore; do
    sh -n "/usr/local/bin/$script"
    test -x "/usr/local/bin/$script"
done

refuses() { # what it has to say, then the command
    expected=$1
    shift
    if said=$("$@" 2>&1); then
        echo "$*: should have failed" >&2
        exit 1
    fi
    case $said in
        *"$expected"*) ;;
        *)
            echo "$*: expected '$expected', said '$said'" >&2
            exit 1
            ;;
    esac
}

store=/tmp/store
mkdir -p "$store/dumps"
settings="PGHOST=127.0.0.1 PGPORT=1 PGUSER=tamma PGDATABASE=tamma BUCKET=dumps RETENTION=30d RCLONE_CONFIG_STORE_TYPE=alias
    RCLONE_CONFIG_STORE_REMOTE=$store"
refuses 'PGHOST: is missing' backup
refuses 'BUCKET: is missing' env PGHOST=127.0.0.1 PGUSER=tamma PGDATABASE=tamma backup
refuses 'refused' env $settings backup
refuses 'there is no finished dump of tamma in dumps' env $settings restore
refuses 'is no name of a dump' env $settings BACKUP=../etc/passwd restore

echo half > "$store/dumps/tamma-20260101T000000Z.dump"
refuses 'there is no finished dump' env $settings restore
refuses 'was never finished' env $settings BACKUP=tamma-20260101T000000Z.dump restore
echo 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  tamma-20260101T000000Z.dump' \
    > "$store/dumps/tamma-20260101T000000Z.dump.sha256"
refuses 'is not what was backed up' env $settings restore
test "$(ls "$store/dumps" | wc -l)" = 2
echo 'backup and restore refuse what they should'
