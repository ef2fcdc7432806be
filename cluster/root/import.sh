#!/usr/bin/env bash
# Runs inside the root of a node, in a mount namespace of its own: containerd, without its part for the kubelet, reads
# the container images of the control plane from /images. No privileged container is needed for that.
set -euo pipefail

mount -t proc proc /proc
mkdir -p /run/import
cat > /run/import/config.toml <<'C'
version = 2
state = "/run/import"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "/run/import/sock"
C
containerd --config /run/import/config.toml 2> /run/import/log &
pid=$!
trap 'kill $pid; wait $pid || true; umount /proc' EXIT
for _ in $(seq 50); do
  ctr -a /run/import/sock version > /dev/null 2>&1 && break
  sleep 0.1
done
for image in /images/*.tar; do
  ctr -a /run/import/sock -n k8s.io images import --no-unpack --all-platforms "$image" || { tail -5 /run/import/log >&2; exit 1; }
done
