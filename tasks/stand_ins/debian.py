"""The roots of Debian that stand-ins begin with: what each is made from, without making it.

A root trusts the certificate authorities that this machine was given beside the public ones, so that packages can be
installed behind a site's proxy. Nothing else of the machine gets into it.
"""

from __future__ import annotations

import json
import os
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tasks.images.errors import ImageError

AUTHORITIES = Path("/usr/local/share/ca-certificates")
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PACKAGES = ("ca-certificates",)
VARIANT = "minbase"
# Part of every digest: raised when another root is made from the same suite.
_MAKER = 1
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----\n?")
_MIRRORS = {
    "IMBRICATE_DEBIAN_MIRROR": "http://deb.debian.org/debian",
    "IMBRICATE_DEBIAN_SECURITY_MIRROR": "http://deb.debian.org/debian-security",
}
_INDEXES = {
    "IMBRICATE_PYPI_MIRROR": "PIP_INDEX_URL",
    "IMBRICATE_NPM_MIRROR": "NPM_CONFIG_REGISTRY",
    "IMBRICATE_GO_MIRROR": "GOPROXY",
}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SETTINGS = {
    "etc/apt/apt.conf.d/90stand-in": """\
Acquire::Languages "none";
Binary::apt::APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
""",
    "etc/dpkg/dpkg.cfg.d/stand-in": """\
force-unsafe-io
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/groff/*
path-exclude /usr/share/info/*
path-exclude /usr/share/linda/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
""",
    "usr/sbin/policy-rc.d": "#!/bin/sh\n# No package starts a service here.\nexit 101\n",
}


class Root(NamedTuple):
    """One root: its suite, where its packages come from, and the authorities that it trusts beside the public ones.

    `indexes` are variables that tell pip, npm and Go of a site's mirrors.
    """

    suite: str
    mirror: str
    security_mirror: str
    indexes: tuple[str, ...]
    authorities: tuple[str, ...]

    @property
    def files(self) -> dict[str, str]:
        """Give the files that are written into it: path → text."""
        sources = (
            f"deb {self.mirror} {self.suite} main\n"
            f"deb {self.mirror} {self.suite}-updates main\n"
            f"deb {self.security_mirror} {self.suite}-security main\n"
        )
        certificates = {
            f"{AUTHORITIES.relative_to('/')}/site-{number}.crt": text for number, text in enumerate(self.authorities, 1)
        }
        return {"etc/apt/sources.list": sources, **_SETTINGS, **certificates}

    @property
    def environment(self) -> tuple[str, ...]:
        """Give its variables: pip and Node know only authorities of their own unless they are told."""
        told = ("NODE_EXTRA_CA_CERTS", "PIP_CERT", "SSL_CERT_FILE") if self.authorities else ()
        return (f"PATH={_PATH}", *(f"{name}={_BUNDLE}" for name in told), *self.indexes)

    @property
    def digest(self) -> str:
        """Give one SHA-256 of all that it is made from."""
        inputs = [_MAKER, self.suite, self.mirror, VARIANT, PACKAGES, self.files, self.environment]
        return sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def root(suite: str) -> Root:
    """Describe the root of a suite, as this machine would make it. Raises ImageError."""
    mirror, security_mirror = (_address(variable) or usual for variable, usual in _MIRRORS.items())
    addresses = {name: _address(variable) for variable, name in _INDEXES.items()}
    indexes = tuple(f"{name}={address}" for name, address in addresses.items() if address)
    return Root(suite, mirror, security_mirror, indexes, _authorities())


def _address(variable: str) -> str:
    """Read the address of a mirror, empty if there is none."""
    address = os.environ.get(variable, "").rstrip("/")
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise ImageError(
            f"{variable}: the address has a user or a password, which every image would keep; leave it out"
        )
    if address and (parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", address)):
        raise ImageError(f"{variable}={address}: expected the http or https address of a mirror")
    return address


def _authorities() -> tuple[str, ...]:
    """Give the certificates, and nothing else, that the machine's administrator has added."""
    try:
        texts = [path.read_text(errors="replace") for path in sorted(AUTHORITIES.rglob("*.crt"))]
    except OSError as error:
        raise ImageError(f"{error.filename} cannot be read: {error.strerror}") from None
    return tuple(dict.fromkeys(found for text in texts for found in _CERTIFICATE.findall(text)))
