"""Images in a small project, and layers made by hand."""

from __future__ import annotations

import io
import json
import tarfile
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tasks.images.archive import Saved
from tasks.images.folders import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

BASE = f"docker.io/library/python:3.11-slim@sha256:{'a' * 64}"
DOCKERFILE = f"""\
ARG PYTHON_IMAGE={BASE}
ARG VERSION=1.2.0

FROM ${{PYTHON_IMAGE}} AS build
COPY shop/web/app.py /app.py

FROM ${{PYTHON_IMAGE}}
COPY --from=build /app.py /app.py
USER 1000:1000
"""
WEB = Image("shop", "web")


@pytest.fixture
def images(project: Path) -> Path:
    """Give the folder images/ of the project, with one image."""
    folder = project / "images"
    (folder / "shop/web").mkdir(parents=True)
    (folder / "budgets.yaml").write_text("default: 500\n")
    (folder / "shop/web/Dockerfile").write_text(DOCKERFILE)
    (folder / "shop/web/Dockerfile.dockerignore").write_text("*\n!shop/web/*.py\n")
    (folder / "shop/web/app.py").write_text("print('hello')\n")
    return folder


def layer(files: Mapping[str, Any], *, time: int = 7) -> io.BytesIO:
    """Make a layer: path → text, bytes, or an entry without content."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name, info.mtime, info.uname = name, time, "someone"
            data = content.encode() if isinstance(content, str) else content if isinstance(content, bytes) else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    made.seek(0)
    return made


@pytest.fixture
def saved() -> Callable[..., Saved]:
    """Make an image of layers: `saved({"app.py": "…"}, user="1000")`."""

    def make(*layers: Mapping[str, Any], user: str = "1000:1000", env: tuple[str, ...] = (), time: int = 7) -> Saved:
        written = tuple(layer(files, time=time) for files in layers)
        config = {
            "architecture": "amd64",
            "os": "linux",
            "created": f"2026-01-01T00:00:0{time}Z",
            "container": str(time),
            "config": {"User": user, "Env": list(env), "Hostname": str(time)},
            "history": [{"created": f"2026-01-01T00:00:0{time}Z", "created_by": "COPY"}],
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{sha256(one.getvalue()).hexdigest()}" for one in written],
            },
        }
        return Saved(json.dumps(config).encode(), written)

    return make
