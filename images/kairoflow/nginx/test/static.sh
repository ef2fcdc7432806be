#!/bin/sh
# Every file that the page names is there, can be read by all, and is not empty.
set -eu
cd "$1"
names=$(grep -oE '(href|src)="/[^"]+"' index.html | cut -d'"' -f2)
test -n "$names"
for name in $names /robots.txt /index.html; do
    test -r ".$name" && test -s ".$name" || { echo "$name: named by the page, but not there" >&2; exit 1; }
done
test -z "$(find . -name '*.php')"
