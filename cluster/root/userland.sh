#!/usr/bin/env bash
# Runs inside a Debian root: writes everyday programs with their libraries, as a tar archive to standard output: the base
# of small container images. Links (Debian's alternatives) become plain files.
set -euo pipefail

programs=(bash sh cat cp mv ls mkdir rm rmdir ln chmod chown touch sleep date env echo printf true false head tail wc
  sort uniq tr cut tee seq id uname hostname mktemp stat df du dd sync md5sum sha256sum timeout nproc grep sed awk find
  xargs ps curl jq ip ss nft conntrack iptables iptables-save iptables-restore ip6tables ip6tables-save
  ip6tables-restore xtables-nft-multi getent)
files=$(for program in "${programs[@]}"; do type -P "$program"; done)
extensions=$(find /usr/lib/*/xtables -name '*.so')
libraries=$(ldd $files $extensions 2> /dev/null | grep -oE '/lib[^ ]+' | grep -v ':$' | sort -u)
tar -chf - /etc/{passwd,group,nsswitch.conf,protocols,services,ssl/certs/ca-certificates.crt} $files $extensions $libraries \
  2> /dev/null
