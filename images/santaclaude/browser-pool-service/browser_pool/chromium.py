"""Chromium: started when it is needed, and again when it died."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from playwright.async_api import Error, async_playwright

from browser_pool import metrics

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Playwright

_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-breakpad",
    "--dns-prefetch-disable",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # names are the proxy's to look up
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)
# Playwright keeps Chromium off /dev/shm, which is too small in most containers; ours has a volume there.
_NOT_THESE = ("--disable-dev-shm-usage",)
_START_SECONDS = 30


class Chromium:
    """One browser process and its children."""

    def __init__(self, path: Path, *, sandbox: bool) -> None:
        self._path = path
        self._sandbox = sandbox
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._starting = asyncio.Lock()

    async def browser(self) -> Browser:
        """Give the browser, started anew if it is not there."""
        async with self._starting:
            if not self._browser or not self._browser.is_connected():
                self._browser = await self._start()
            return self._browser

    async def ping(self) -> None:
        """Raise unless the browser opens a context."""
        context = await (await self.browser()).new_context()
        await context.close()

    async def close(self) -> None:
        """End the browser."""
        with contextlib.suppress(Error):
            if self._browser:
                await self._browser.close()
            if self._playwright:
                await self._playwright.stop()
        self._browser = self._playwright = None

    async def _start(self) -> Browser:
        await self.close()
        self._playwright = await async_playwright().start()
        metrics.STARTS.inc()
        return await self._playwright.chromium.launch(
            executable_path=self._path,
            args=_ARGUMENTS,
            ignore_default_args=_NOT_THESE,
            chromium_sandbox=self._sandbox,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=_START_SECONDS * 1000,
        )
