"""The pool: so many pages at once, each in a context of its own, with a limit of time and of bytes."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.async_api import Error

from browser_pool import metrics
from browser_pool.addresses import ForbiddenError
from browser_pool.egress import Egress
from browser_pool.pages import MOST_TEXT, MOST_TITLE, Page, UnreachableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page as BrowserPage
    from playwright.async_api import Request, Response

    from browser_pool.chromium import Chromium
    from browser_pool.configuration import Configuration
    from browser_pool.pages import PageRequest

_LARGEST_SCREENSHOT = 1024 * 1024
_QUALITIES = (80, 50, 20)
_TEXT = "most => (document.body ? document.body.innerText : '').slice(0, most)"


class BusyError(Exception):
    """All pages are taken, and enough others wait."""


class CrashedError(Exception):
    """The browser died under the page; another try may go well."""


class Pool:
    """Renders pages."""

    def __init__(self, chromium: Chromium, configuration: Configuration) -> None:
        self._chromium = chromium
        self._configuration = configuration
        self._slots = asyncio.Semaphore(configuration.max_pages)
        self._waiting = 0

    async def render(self, wanted: PageRequest) -> Page:
        """Render a page. Raises BusyError, CrashedError, ForbiddenError and UnreachableError."""
        try:
            async with self._slot():
                with metrics.SECONDS.time(), metrics.OPEN.track_inprogress():
                    page = await self._render(wanted)
        except Exception as error:
            metrics.PAGES.labels(type(error).__name__.removesuffix("Error").lower()).inc()
            raise
        metrics.PAGES.labels("rendered").inc()
        return page

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        if self._slots.locked() and self._waiting >= self._configuration.max_waiting:
            raise BusyError("all pages are taken")
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._slots.release()

    async def _render(self, wanted: PageRequest) -> Page:
        seconds, most = self._configuration.page_seconds, self._configuration.page_bytes
        async with Egress(self._configuration.allowed_networks, most) as egress:
            try:
                async with asyncio.timeout(seconds) as limit, self._page(wanted, egress) as page:
                    egress.when_exhausted = partial(limit.reschedule, 0)
                    return await _Visit(page, egress).make(wanted)
            except TimeoutError:
                what = f"{most} bytes" if egress.bytes_left <= 0 else f"{seconds:g} s"
                raise UnreachableError(f"it took more than {what}") from None
            except Error as error:
                raise CrashedError(error.message.splitlines()[0]) from None

    @contextlib.asynccontextmanager
    async def _page(self, wanted: PageRequest, egress: Egress) -> AsyncIterator[BrowserPage]:
        browser = await self._chromium.browser()
        context = await browser.new_context(
            proxy={"server": egress.url, "bypass": "<-loopback>"},
            viewport={"width": wanted.width, "height": wanted.height},
            service_workers="block",
            accept_downloads=False,
        )
        try:
            yield await context.new_page()
        finally:
            with contextlib.suppress(Error, TimeoutError):
                await asyncio.wait_for(asyncio.shield(context.close()), 5)


class _Visit:
    """One visit of one page: follows where the main frame goes, to say why it did not get there."""

    def __init__(self, page: BrowserPage, egress: Egress) -> None:
        self._page = page
        self._egress = egress
        self._host = ""
        page.on("request", self._note)

    async def make(self, wanted: PageRequest) -> Page:
        response = await self._go(wanted)
        title = (await self._page.title())[:MOST_TITLE]
        text = await self._page.evaluate(_TEXT, MOST_TEXT + 1)
        screenshot = await self._screenshot()
        self._check()  # the page may have gone elsewhere in the meantime
        status = response.status if response else 0
        return Page(self._page.url, status, title, text[:MOST_TEXT], len(text) > MOST_TEXT, screenshot)

    async def _go(self, wanted: PageRequest) -> Response | None:
        try:
            response = await self._page.goto(str(wanted.url), wait_until=wanted.wait, timeout=0)
        except Error as error:
            self._check()
            if self._page.is_closed() or "crashed" in error.message or "has been closed" in error.message:
                raise
            reason = error.message.splitlines()[0].removeprefix("Page.goto: ").partition(" at ")[0]
            raise UnreachableError(reason) from None
        self._check()
        return response

    def _note(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._host = urlsplit(request.url).hostname or ""

    def _check(self) -> None:
        problem = self._egress.problems.get(self._host)
        if isinstance(problem, ForbiddenError):
            raise problem
        if problem:
            raise UnreachableError(str(problem) or "no connection") from None

    async def _screenshot(self) -> bytes:
        for quality in _QUALITIES:
            picture = await self._page.screenshot(type="jpeg", quality=quality, animations="disabled", timeout=0)
            if len(picture) <= _LARGEST_SCREENSHOT:
                return picture
        raise UnreachableError("its screenshot is too large")
