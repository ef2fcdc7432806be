"""The page of doit report in a browser: on a telephone, in the dark, by keyboard, without network, without script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.tasks.conftest import FILES, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DIGEST = "sha256:" + "0123456789abcdef" * 4
MORE = {
    "base/shop/kustomization.yaml": "resources:\n- deployment.yaml\n- service.yaml\n- api.yaml\n- policy.yaml\n",
    "base/shop/api.yaml": """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: an-api-with-quite-a-long-name-of-its-own}
spec:
  serviceName: api
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: registry.example.com/shop/an-image-with-a-long-name:2.0.0-0123456789abcdef
        ports: [{name: http, containerPort: 8080}]
        env: [{name: WEB_URL, value: "http://web"}, {name: API_TOKEN, value: hidden}]
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {type: LoadBalancer, selector: {app: api}, ports: [{name: http, port: 80, targetPort: http}]}
""",
    "base/shop/policy.yaml": """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
""",
    "overlays/dev/shop/kustomization.yaml": f"""\
resources:
- ../../../base/shop
namespace: shop-in-development-with-a-long-name
images:
- {{name: shop/web, newTag: "2.0", digest: "{DIGEST}"}}
- {{name: nothing-of-this-name, newTag: "2.0"}}
""",
}
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
CONTRAST = """() => {
  const parsed = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const level = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * level(r) + 0.7152 * level(g) + 0.0722 * level(b);
  const behind = (at) => {
    for (; at; at = at.parentElement) {
      const box = at.tagName === "g" && at.classList.contains("node") ? at.querySelector("rect") : null;
      const style = getComputedStyle(box || at);
      const found = box ? (style.fill === "none" ? [] : parsed(style.fill)) : parsed(style.backgroundColor);
      if (found.length && found[3] !== 0) return found;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const owner = walker.currentNode.parentElement;
    const isSeen = walker.currentNode.data.trim() && owner.getClientRects().length && !owner.closest("script, title");
    if (!isSeen) continue;
    const style = getComputedStyle(owner);
    const front = light(parsed(owner.closest("svg") ? style.fill : style.color));
    const back = light(behind(owner));
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    found.push([Math.round(ratio * 100) / 100, walker.currentNode.data.trim().slice(0, 40)]);
  }
  return found.sort((one, other) => one[0] - other[0]);
}"""


def _doit(project: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(
        [sys.executable, "-m", "doit", *arguments], cwd=project, env=environment, check=False, capture_output=True
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the address of a page on which there is some of everything."""
    project = tmp_path_factory.mktemp("shop")
    for name, text in {**FILES, **MORE}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    for name in ("dodo.py", "pyproject.toml", "tasks", "imbricate"):
        (project / name).symlink_to(ROOT / name)
    _doit(project, "render", "env=prod")
    output = project / "gitops/prod/shop/manifests.yaml"
    output.write_text(output.read_text().replace("replicas: 3", "replicas: 4").replace("type: Recreate", "x: y"))
    dev = project / "gitops/dev/shop/manifests.yaml"
    dev.parent.mkdir(parents=True, exist_ok=True)
    dev.write_text(output.read_text().replace("shop/web:1.0", f"shop/web:2.0@{DIGEST}") + "---\n")
    _doit(project, "report")
    return (project / "build/report/index.html").as_uri()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Give the browser."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Open the page in a window of its own; whatever it complains of or asks for is kept in `page.noted`."""
    contexts = []

    def open_page(width: int = 1280, scheme: str = "light", **options: Any) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.noted = []
        page.on("console", lambda message: page.noted.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: page.noted.append(f"error: {error}"))
        page.on("request", lambda request: page.noted.append(f"request: {request.url}"))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_complete_and_quiet(opened: Callable[..., Any], address: str, width: int, scheme: str) -> None:
    page = opened(width, scheme)

    assert page.noted == [f"request: {address}"]
    assert page.locator("h2").all_text_contents() == [
        "State",
        "Findings",
        "Images",
        "Differences between stages",
        "Who talks to whom",
        "Time to render",
    ]
    assert page.locator("svg.graph .node").count() >= 3
    assert page.locator("svg.graph:not(.sample) .refused").count() >= 1
    assert page.locator("#findings ~ .scroll tbody tr").count() >= 3


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_itself_never_scrolls_sideways(opened: Callable[..., Any], width: int) -> None:
    page = opened(width)

    page.evaluate(OPEN_ALL)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_told_from_what_is_behind_it(opened: Callable[..., Any], scheme: str) -> None:
    page = opened(scheme=scheme)
    page.evaluate(OPEN_ALL)

    found = page.evaluate(CONTRAST)

    assert len(found) > 150
    assert [one for one in found if one[0] < 4.5] == []
    is_dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"
    assert is_dark == (scheme == "dark")


def test_every_control_can_be_reached_and_seen_by_keyboard(opened: Callable[..., Any]) -> None:
    page = opened()
    seen = []
    for _ in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate("""() => {
          const at = document.activeElement;
          if (at === document.body) return null;
          const style = getComputedStyle(at), box = at.getBoundingClientRect();
          return [at.tagName, at.className || at.id, style.outlineStyle, parseFloat(style.outlineWidth),
            box.bottom > 0 && box.top < innerHeight && box.right > 0];
        }""")
        if found is None or (seen and found[1] == "skip"):
            break
        seen.append(found)

    assert seen[0][:2] == ["A", "skip"]
    assert {one[0] for one in seen} == {"A", "INPUT", "DIV", "SUMMARY"}
    assert page.locator("summary:visible").count() == sum(one[0] == "SUMMARY" for one in seen)
    assert page.locator(".scroll:visible").count() == sum(one[0] == "DIV" for one in seen)
    assert [one for one in seen if one[2] == "none" or one[3] < 2 or not one[4]] == []


def test_the_skip_link_leads_past_the_head(opened: Callable[..., Any]) -> None:
    page = opened()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_difference_opens_by_keyboard(opened: Callable[..., Any]) -> None:
    page = opened()
    block = page.locator("details.gap").first

    block.locator("summary").focus()
    page.keyboard.press("Enter")

    assert block.locator("pre").is_visible()


def test_the_filter_works_without_a_mouse(opened: Callable[..., Any]) -> None:
    page = opened()
    everything = page.locator("[data-item]:visible").count()

    page.keyboard.press("/")
    page.keyboard.type("LONG-NAME  registry")

    assert page.evaluate("document.activeElement.id") == "filter"
    visible = page.locator("[data-item]:visible")
    assert 0 < visible.count() < everything
    assert all("long-name" in text.lower() for text in visible.all_text_contents())
    assert page.locator("#matches").inner_text().split(" of ")[0].isdigit()

    page.keyboard.press("Escape")

    assert page.locator("[data-item]:visible").count() == everything
    assert page.locator("#matches").inner_text() == ""


def test_the_filter_says_when_nothing_matches(opened: Callable[..., Any]) -> None:
    page = opened()

    page.locator("#filter").fill("no such thing anywhere")

    assert page.locator("[data-item]:visible").count() == 0
    assert page.locator("#matches").inner_text().startswith("0 of ")


def test_links_lead_to_what_they_name(opened: Callable[..., Any]) -> None:
    page = opened()

    page.locator("#state ~ .scroll a", has_text="finding").first.click()

    assert page.evaluate("location.hash").startswith("#findings-")
    assert page.locator(page.evaluate("location.hash")).count() == 1


def test_without_script_all_is_there_but_the_filter(opened: Callable[..., Any]) -> None:
    page = opened(java_script_enabled=False)

    assert not page.locator("#filter").is_visible()
    assert page.locator("section").count() == 6


def test_on_paper_everything_is_unfolded_and_dark_text_on_white(opened: Callable[..., Any]) -> None:
    page = opened(scheme="dark")
    page.emulate_media(media="print")

    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert page.locator("details:not([open])").count() == 0
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert [one for one in page.evaluate(CONTRAST) if one[0] < 4.5] == []

    page.evaluate("dispatchEvent(new Event('afterprint'))")

    assert page.locator("details:not([open])").count() > 0


def test_nothing_that_a_finger_must_hit_is_small(opened: Callable[..., Any]) -> None:
    page = opened(320)

    heights = page.evaluate(
        "[...document.querySelectorAll('nav a, summary, .tiles a, input')]"
        ".filter((one) => one.getClientRects().length).map((one) => one.getBoundingClientRect().height)"
    )

    assert len(heights) > 10
    assert min(heights) >= 24
