"""`images`: names, tags and digests of images, wherever a manifest names one.

kustomize looks twice, and so do we: in every list called `containers` or `initContainers` at any depth, then where the
field specs say. Only `tagSuffix` shows it: in a pod template it is added twice.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from imbricate.errors import FieldSpecError, PatternError
from imbricate.fieldspecs import FieldSpecs, reaching, visit
from imbricate.patterns import framed
from imbricate.steps import Applied
from imbricate.values import is_null, is_scalar, kind_of, text_of, untagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imbricate.kustomization import Image
    from imbricate.resources import ResMap, Resource
    from imbricate.steps import Context

    _Place = tuple[Resource, Any, Any]

# What matches itself alone, and what `split` gives as the name of an image that goes by it.
_PLAIN_NAME = re.compile(r"(?:[A-Za-z0-9_:-]+/)?[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_CONTAINERS = ("containers", "initContainers")
_TAG_AND_DIGEST = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?"
_REST = re.compile(_TAG_AND_DIGEST).fullmatch


def images(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`images` and the deprecated `imageTags`."""
    kustomization = context.layer.kustomization
    named = [(f"images[{index}]", image) for index, image in enumerate(kustomization.images or ())]
    named += [(f"imageTags[{index}]", image) for index, image in enumerate(kustomization.image_tags or ())]
    if not named:
        return
    places = _Places(resources, context.config.images)
    for field, image in named:
        yield Applied(field, places.rename(image))


def set_image(resources: ResMap, image: Image, specs: FieldSpecs) -> None:
    """Change one image everywhere."""
    _Places(resources, specs).rename(image)


class _Places:
    """The places that name an image, found by the image and by its name, so that an entry need not try them all."""

    def __init__(self, resources: ResMap, specs: FieldSpecs) -> None:
        self._by_image: dict[str, list[_Place]] = {}
        self._by_name: dict[str, dict[str, None]] = {}
        for resource in resources:
            for container, key in image_places(resource, specs):
                value = container[key]
                if not is_scalar(value):
                    raise FieldSpecError(f"{key}: expected the name of an image, found {kind_of(value)}")
                self._add(text_of(value), (resource, container, key))

    def _add(self, image: str, place: _Place) -> None:
        if image not in self._by_image:
            self._by_image[image] = []
            self._by_name.setdefault(split(image)[0], {})[image] = None
        self._by_image[image].append(place)

    def rename(self, change: Image) -> list[Resource]:
        """Change one image in all places that name it; give their resources."""
        found: dict[int, Resource] = {}
        for image in self._named(change.name):
            places = self._by_image.pop(image)
            del self._by_name[split(image)[0]][image]
            for resource, container, key in places:
                found[resource.slot] = resource
                # A place that is there twice may have been changed by now.
                old = text_of(container[key])
                if matches(old, change.name):
                    container[key] = untagged(container[key], changed(old, change))
                self._add(text_of(container[key]), (resource, container, key))
        return list(found.values())

    def _named(self, name: str) -> list[str]:
        plain = _PLAIN_NAME.fullmatch(name)
        return [one for one in (self._by_name.get(name, ()) if plain else self._by_image) if matches(one, name)]


def image_places(resource: Resource, specs: FieldSpecs) -> list[tuple[Any, Any]]:
    """Find the places in a manifest that name an image, each as often as kustomize would look at it."""
    if resource.gvk.kind == "CustomResourceDefinition":
        return []
    places = _container_images(resource.manifest)
    for spec in reaching(resource.manifest, specs, resource.gvk):
        visit(resource.manifest, spec, lambda container, key: places.append((container, key)), None)
    return places


def _container_images(manifest: dict[str, Any]) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = []
    pending: list[Any] = [manifest]
    while pending:
        value = pending.pop()
        if type(value) is list:
            pending += [one for one in value if type(one) is dict or type(one) is list]
            continue
        for name, child in value.items():
            kind = type(child)
            if kind is dict:
                pending.append(child)
            elif kind is list:
                pending.append(child)
                if name in _CONTAINERS:
                    places += [(one, "image") for one in child if _names_image(one, name)]
    return places


def _names_image(container: Any, name: str) -> bool:
    if isinstance(container, dict):
        return "image" in container
    if is_null(container):
        return False
    raise FieldSpecError(f"{name}: expected a list of containers, found {kind_of(container)} in it")


@lru_cache(maxsize=1024)
def _pattern(name: str) -> Callable[[str], bool] | None:
    try:
        return framed("", name, _TAG_AND_DIGEST)
    except PatternError:
        return None


@lru_cache(maxsize=16384)
def matches(image: str, name: str) -> bool:
    """Tell whether an image goes by this name, which is a regular expression; an invalid one matches nothing."""
    if _PLAIN_NAME.fullmatch(name):
        return image.startswith(name) and _REST(image[len(name) :]) is not None
    pattern = _pattern(name)
    return pattern is not None and pattern(image)


@lru_cache(maxsize=16384)
def changed(image: str, change: Image) -> str:
    """Give the image with what the entry changes of it; a new tag drops an old digest, and a digest the tag."""
    name, tag, digest = split(image)
    name = change.new_name or name
    if change.new_tag or change.digest:
        tag, digest = change.new_tag, change.digest
    elif change.tag_suffix:
        tag, digest = tag + change.tag_suffix, ""
    return name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def split(image: str) -> tuple[str, str, str]:
    """Split an image into name, tag and digest; a colon before the first slash is a port."""
    slash = max(image.find("/"), 0)
    at, colon = image.find("@", slash), image.find(":", slash)
    if at >= 0 and (colon < 0 or at < colon):
        return image[:at], "", image[at + 1 :]
    if colon < 0:
        return image, "", ""
    if at >= 0:
        return image[:colon], image[colon + 1 : at], image[at + 1 :]
    return image[:colon], image[colon + 1 :], ""
