"""Three stages to promote through, and digests of two builds of an image."""

from __future__ import annotations

OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
ENVIRONMENTS = """\
environments:
- {name: dev, cluster: kind, kubernetes: "1.34", secrets: generated}
- {name: staging, cluster: s.example.com, kubernetes: "1.34", secrets: external}
- {name: prod, cluster: p.example.com, kubernetes: "1.34", secrets: external}
"""
