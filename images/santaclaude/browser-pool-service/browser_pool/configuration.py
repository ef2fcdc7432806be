"""The service's variables."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import NoDecode

from chassis import Settings


class Configuration(Settings):
    """Times are in seconds, sizes in bytes.

    `enable_sandbox`: Chromium's own sandbox needs user namespaces, which a container without capabilities and with the
    default seccomp profile does not get; there the container is the sandbox.
    `allowed_networks`: addresses that are not public and may be visited all the same, `10.96.0.0/16,…`.
    """

    redis_url: SecretStr
    message_queue_url: HttpUrl
    enable_sandbox: bool = False
    chromium: Path = Path("/usr/lib/chromium/chromium-headless-shell")
    max_pages: int = Field(default=4, ge=1, le=32)
    max_waiting: int = Field(default=16, ge=0, le=1000)
    page_seconds: float = Field(default=20, gt=0, le=120)
    page_bytes: int = Field(default=20 * 1024 * 1024, ge=1024)
    shared_memory_bytes: int = Field(default=128 * 1024 * 1024, ge=0)
    allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
