"""doit report, as it is typed: what is on the page, what must never be, and how it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
import yaml

from tasks.report import images
from tasks.report.images import Use, Version, standing_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.conftest import Doit

PAGE = "build/report/index.html"
DIGEST = "sha256:" + "0123456789abcdef" * 4


class _Page(HTMLParser):
    """A page as its tags and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._hidden = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden = tag in {"script", "style"}

    def handle_endtag(self, _tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]


def _page(project: Path, name: str = PAGE) -> _Page:
    return _Page((project / name).read_text())


def _change(project: Path, name: str, old: str, new: str) -> None:
    file = project / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_what_is_rendered_is_current(project: Path, doit: Doit) -> None:
    doit("render")

    status, shown = doit("report")

    assert status == 0
    assert re.fullmatch(r"build/report/index\.html: 2 units, 0 findings, 1 image, \d+ KiB\n", shown)
    text = _page(project).text
    assert "✓ 2 of 2 units are current" in text
    assert "shop ✓ current 2 objects, 0 of 1 image by digest ✓ current 2 objects, 0 of 1 image by digest" in text
    assert "doit check finds nothing." in text


def test_what_was_never_rendered_is_said_to_be_so(project: Path, doit: Doit) -> None:
    status, _ = doit("report", "env=dev")

    assert status == 0
    text = _page(project).text
    assert "○ not rendered 0 objects, no images 1 finding" in text
    assert "dev/shop gitops/dev/shop/manifests.yaml ✗ is missing; run doit render [rendered]" in text


def test_an_edited_output_shows_its_fields_once_and_masked(project: Path, doit: Doit) -> None:
    container = "      - name: web\n        image: shop/web\n"
    variable = "        env:\n        - {name: DB_PASSWORD, value: hunter2}\n"
    _change(project, "base/shop/deployment.yaml", container, container + variable)
    doit("render")
    _change(project, "gitops/prod/shop/manifests.yaml", "replicas: 3", "replicas: 4")
    _change(project, "gitops/prod/shop/manifests.yaml", "value: hunter2", "value: swordfish")

    doit("report")

    text = _page(project).text
    assert "≠ not current" in text
    assert "~ spec.replicas: 4 → 3" in text
    assert "env[name=DB_PASSWORD].value: (masked, 9 to 16 bytes) → (masked, 1 to 8 bytes)" in text
    whole = (project / PAGE).read_text()
    assert "hunter2" not in whole
    assert "swordfish" not in whole


def test_a_complaint_of_a_schema_does_not_show_the_secret_that_it_is_about(project: Path, doit: Doit) -> None:
    container = "      - name: web\n        image: shop/web\n"
    variable = "        env:\n        - {name: DB_PASSWORD, value: 48151623}\n"
    _change(project, "base/shop/deployment.yaml", container, container + variable)
    doit("render")

    doit("report")

    text = _page(project).text
    assert "base/shop/deployment.yaml:16" in text
    assert "env[name=DB_PASSWORD].value: expected string, found what is masked" in text
    assert "48151623" not in (project / PAGE).read_text()


def test_a_finding_has_the_line_of_its_field(project: Path, doit: Doit) -> None:
    _change(project, "overlays/prod/shop/kustomization.yaml", "patches:\n", "- {name: gone, newTag: x}\npatches:\n")
    _change(project, "base/shop/service.yaml", "targetPort: http", "targetPort: grpc")

    doit("report", "env=prod")

    text = _page(project).text
    assert "overlays/prod/shop/kustomization.yaml:8 ✗ images[1] matches nothing" in text
    assert "base/shop/service.yaml:8 ✗ Service/web spec.ports[name=http].targetPort: Deployment/web, which" in text


def test_a_unit_that_does_not_build_is_on_the_page(project: Path, doit: Doit) -> None:
    doit("render")
    (project / "overlays/prod/shop/strategy.yaml").unlink()

    status, shown = doit("report")

    assert (status, "2 units, 1 finding," in shown) == (0, True)
    text = _page(project).text
    assert "✗ does not build 2 objects" in text
    assert "overlays/prod/shop/kustomization.yaml:9" in text


def test_objects_that_no_cluster_would_take_do_not_keep_the_page_from_being_made(project: Path, doit: Doit) -> None:
    (project / "base/shop/service.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n")
    doit("render")

    status, shown = doit("report")

    assert (status, "Traceback" in shown) == (0, False)
    assert "Not to be told for dev, prod: objects lack what their kind has." in _page(project).text


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onmouseover=alert(1) x='"


def test_text_of_a_manifest_is_text_on_the_page(project: Path, doit: Doit) -> None:
    doit("render")
    file = project / "gitops/prod/shop/manifests.yaml"
    found = list(yaml.safe_load_all(file.read_text()))
    deployment = next(one for one in found if one["kind"] == "Deployment")
    deployment["metadata"]["annotations"] = {HOSTILE: HOSTILE, "turned": "a\u202eb"}
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container |= {"name": HOSTILE, "image": HOSTILE, "env": [{"name": HOSTILE, "value": "http://other:80"}]}
    other = {**found[0], "metadata": {"name": "other", "namespace": "shop"}, "kind": "Service", "apiVersion": "v1"}
    other["spec"] = {"type": "ExternalName", "externalName": HOSTILE}
    file.write_text(yaml.safe_dump_all([*found, other]))

    doit("report")

    page = _page(project)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "img" not in {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert page.text.count("<script>alert(1)</script>") > 5
    assert "\u202e" not in page.text
    assert "a\\u202eb" in page.text


def test_the_page_loads_nothing_and_its_links_lead_somewhere(project: Path, doit: Doit) -> None:
    doit("render")
    doit("report")
    page = _page(project)
    ids = page.values("id")
    policy = next(attributes["content"] for _, attributes in page.tags if "http-equiv" in attributes)

    assert len(ids) == len(set(ids))
    assert {link for link in page.values("href") if link.removeprefix("#") not in ids} == {"data:,"}
    assert not page.values("src")
    assert "style" not in {name for _, attributes in page.tags for name in attributes}
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp", (project / PAGE).read_text())
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert {one for one in page.values("aria-labelledby") for one in one.split()} <= set(ids)


def test_neighbouring_stages_are_compared_and_long_differences_cut(project: Path, doit: Doit) -> None:
    text = "".join(f"line {number} is here\n" for number in range(1000))
    (project / "overlays/prod/shop/app.conf").write_text(text)
    _change(
        project,
        "overlays/prod/shop/kustomization.yaml",
        "patches:\n",
        "configMapGenerator:\n- {name: app, files: [app.conf]}\npatches:\n",
    )
    _change(project, "base/shop/deployment.yaml", "  template:\n", "  paused: false\n  template:\n")
    doit("render")
    file = project / "gitops/dev/shop/manifests.yaml"
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "app-hf678c7m2b", "namespace": "shop"}}
    file.write_text(file.read_text() + "---\n" + yaml.safe_dump({**manifest, "data": {"app.conf": "nothing"}}))

    doit("report")

    shown = _page(project).text
    assert "shop dev → prod: ≠ 1 changed, 1 renamed" in shown
    assert "~ spec.template.spec.containers[name=web].image: shop/web → shop/web:1.0" in shown
    assert "line 90 is here" in shown
    assert "line 900 is here" not in shown
    assert re.search(r"\d+ more lines: doit diff env=prod against=dev system=shop", shown)


def test_images_show_how_far_each_version_has_come(project: Path, doit: Doit) -> None:
    _change(
        project,
        "overlays/dev/shop/kustomization.yaml",
        "namespace: shop\n",
        "namespace: shop\nimages:\n"
        f"- {{name: shop/web, newName: dev.example/shop/web, newTag: '2.0', digest: '{DIGEST}'}}\n",
    )
    lock = f'{{"shop/web": {{"tag": "2.0", "digest": "{DIGEST}", "inputs": "", "bases": {{}}, "size": 1, "own": 1, '
    (project / "images.lock.json").write_text(lock + '"download": 1}}')
    doit("render")

    doit("report")

    text = _page(project).text
    newest = "2.0 0123456789ab"
    assert f"shop/ web shop {newest} {newest} = same as the last build 1.0 ! no digest ▼ behind dev" in text
    assert f"2.0 {DIGEST} in dev.example dev Deployment/web" in text
    assert "1 of 2 images by digest" in text


def _uses(*versions: Version) -> tuple[Use, ...]:
    return tuple(Use("", version, ()) for version in versions)


OLD, NEW = Version("1.9.0-aaaa", "sha256:a"), Version("1.10.0-bbbb", "sha256:b")
SAME_NUMBER, NUMBERLESS = Version("1.10.0-cccc", "sha256:c"), Version("dddd", "sha256:d")
STANDINGS = {
    "the same": (NEW, NEW, None, images.SAME),
    "a lower version": (OLD, NEW, None, images.BEHIND),
    "a higher version": (NEW, OLD, None, images.AHEAD),
    "the same version, the stage before has the last build": (NEW, SAME_NUMBER, SAME_NUMBER, images.BEHIND),
    "the same version, this one has the last build": (NEW, SAME_NUMBER, NEW, images.AHEAD),
    "the same version, neither was built last": (NEW, SAME_NUMBER, OLD, images.DIFFERS),
    "a tag without a version": (NUMBERLESS, NEW, None, images.DIFFERS),
    "one tag, two digests": (NEW, NEW._replace(digest="sha256:x"), None, images.DIFFERS),
}


@pytest.mark.parametrize(("here", "before", "built", "expected"), STANDINGS.values(), ids=STANDINGS.keys())
def test_a_stage_stands_to_the_one_before(here: Version, before: Version, built: Version | None, expected: str) -> None:
    assert standing_of(_uses(here), _uses(before), built) == expected


def test_two_versions_in_one_stage_are_neither_ahead_nor_behind() -> None:
    assert standing_of(_uses(OLD, NEW), _uses(NEW), NEW) == images.DIFFERS


def test_drawings_do_not_depend_on_chance(project: Path, doit: Doit) -> None:
    doit("render")
    found = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([sys.executable, "-m", "doit", "report", "cache=no"], cwd=project, env=environment, check=True)
        text = (project / PAGE).read_text()
        found.add(re.sub(r"Made [^<]*|<section aria-labelledby=\"times\">.*", "", text))

    assert len(found) == 1


def test_the_page_can_be_written_elsewhere(project: Path, doit: Doit) -> None:
    status, shown = doit("report", "output=public/deep/page.html")

    assert (status, shown.startswith("public/deep/page.html: 2 units, ")) == (0, True)
    assert "What is rendered" in _page(project, "public/deep/page.html").text


def _folder(project: Path) -> None:
    (project / "public").mkdir()


def _file_in_the_way(project: Path) -> None:
    (project / "public").write_text("")


def _bad_lock(project: Path) -> None:
    (project / "images.lock.json").write_text("[]")


REFUSED = {
    "a folder": (_folder, "output=public", "output=public is a folder; name a file in it, such as public/index.html"),
    "a file where a folder must be": (_file_in_the_way, "output=public/index.html", "public: File exists"),
    "a lock that is none": (
        _bad_lock,
        "output=page.html",
        (
            "images.lock.json: expected a map from image to tag, digest, inputs, bases, size, own, download "
            "('list' object has no attribute 'items')"
        ),
    ),
}


@pytest.mark.parametrize(("prepare", "argument", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_a_page_that_cannot_be_made_is_one_line(
    project: Path, doit: Doit, prepare: object, argument: str, expected: str
) -> None:
    assert callable(prepare)
    prepare(project)

    status, shown = doit("report", argument)

    assert (status, shown.split("ERROR: ", 1)[1].strip()) == (1, expected)
    assert not list(project.glob("**/.imbricate-*"))


def test_an_unknown_argument_is_refused_with_the_nearest(doit: Doit) -> None:
    status, shown = doit("report", "outptu=x")

    assert status == 3
    assert "outptu=x: there is no argument 'outptu'; did you mean output? known: env, system, cache, output" in shown


def _lasting(project: Path) -> str:
    """Give the page without what each run measures."""
    return re.sub(r"Made [^<]*|<section aria-labelledby=\"times\">.*", "", (project / PAGE).read_text())


def test_a_page_that_is_remembered_is_the_page(project: Path, doit: Doit) -> None:
    doit("render")
    manifests = project / "gitops/prod/shop/manifests.yaml"
    changes = (
        lambda: None,
        lambda: manifests.write_text(manifests.read_text().replace("replicas: 3", "replicas: 4")),
        lambda: (project / "images.lock.json").write_text("{}"),
        (project / "overlays/waivers.yaml").unlink,
    )
    pages = []
    for change in changes:
        change()
        doit("report", "cache=no")
        pages.append(_lasting(project))

        for _ in range(2):
            assert doit("report")[0] == 0
            assert _lasting(project) == pages[-1]
    assert pages[0] != pages[1] != pages[3]
