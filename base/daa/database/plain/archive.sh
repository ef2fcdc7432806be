# Puts a finished segment of the log, $1, into the archive as $2. Whole or not at all, and never over another one.
set -eu
archive=/backups/wal
mkdir -p "$archive"
if [ -e "$archive/$2" ]; then
    cmp -s "$1" "$archive/$2" && exit
    echo "$archive/$2 is there already, with other contents" >&2
    exit 1
fi
cp "$1" "$archive/.$2.part"
sync "$archive/.$2.part"
mv "$archive/.$2.part" "$archive/$2"
