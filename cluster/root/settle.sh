#!/usr/bin/env bash
# Runs inside a Debian root that becomes a kind node: what is started, what is not, and nothing of the installation left.
set -euo pipefail

systemctl -q set-default multi-user.target
# nothing that belongs to a whole machine: devices, kernel modules and settings, terminals, timers
systemctl -q mask systemd-{binfmt,sysctl,modules-load,random-seed,pstore,firstboot,repart,logind,networkd-wait-online}.service \
  kmod-static-nodes.service getty.target remote-fs.target timers.target console-getty.service \
  proc-sys-fs-binfmt_misc.automount sys-kernel-{debug,tracing,config}.mount sys-fs-fuse-connections.mount dev-hugepages.mount
systemctl -q enable containerd.service kubelet.service
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/log/* /usr/share/{doc,man,locale} /etc/apt/sources.list*
# empty, not missing: each node makes its own id, and it is no "first boot", which would enable the units of Debian
rm -f /var/lib/dbus/machine-id /etc/hostname
: > /etc/machine-id
