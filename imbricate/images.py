"""`images`: names, tags and digests of images, wherever a manifest names one.

kustomize looks twice, and so do we: in every list called `containers` or `initContainers` at any depth, then where the
field specs say. Only `tagSuffix` shows it: in a pod template it is added twice.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from imbricate.errors import FieldSpecError, PatternError
from imbricate.fieldspecs import FieldSpecs, reaches, selected, visit
from imbricate.patterns import framed
from imbricate.steps import Applied
from imbricate.values import is_null, is_scalar, kind_of, text_of, untagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imbricate.kustomization import Image
    from imbricate.resources import ResMap, Resource
    from imbricate.steps import Context

    _Place = tuple[Resource, Any, Any]

_CONTAINERS = ("containers", "initContainers")
_TAG_AND_DIGEST = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?"


def images(resources: ResMap, context: Context) -> Iterator[Applied]:
    """`images` and the deprecated `imageTags`."""
    kustomization = context.layer.kustomization
    named = [(f"images[{index}]", image) for index, image in enumerate(kustomization.images or ())]
    named += [(f"imageTags[{index}]", image) for index, image in enumerate(kustomization.image_tags or ())]
    if not named:
        return
    by_image = _by_image(resources, context.config.images)
    for field, image in named:
        yield Applied(field, _rename(by_image, image))


def set_image(resources: ResMap, image: Image, specs: FieldSpecs) -> None:
    """Change one image everywhere."""
    _rename(_by_image(resources, specs), image)


def _by_image(resources: ResMap, specs: FieldSpecs) -> dict[str, list[_Place]]:
    """Index the places by the image that they name."""
    places: dict[str, list[_Place]] = {}
    for resource in resources:
        for container, key in image_places(resource, specs):
            value = container[key]
            if not is_scalar(value):
                raise FieldSpecError(f"{key}: expected the name of an image, found {kind_of(value)}")
            places.setdefault(text_of(value), []).append((resource, container, key))
    return places


def _rename(by_image: dict[str, list[_Place]], image: Image) -> list[Resource]:
    """Change one image in all places that name it; give their resources."""
    found: dict[int, Resource] = {}
    for text in [one for one in by_image if matches(one, image.name)]:
        for resource, container, key in by_image.pop(text):
            found[resource.slot] = resource
            # A place that is there twice may have been changed by now.
            old = text_of(container[key])
            if matches(old, image.name):
                container[key] = untagged(container[key], changed(old, image))
            by_image.setdefault(text_of(container[key]), []).append((resource, container, key))
    return list(found.values())


def image_places(resource: Resource, specs: FieldSpecs) -> list[tuple[Any, Any]]:
    """Find the places in a manifest that name an image, each as often as kustomize would look at it."""
    if resource.gvk.kind == "CustomResourceDefinition":
        return []
    places: list[tuple[Any, Any]] = []
    _container_images(resource.manifest, places)
    for spec in selected(specs, resource.gvk):
        if reaches(resource.manifest, spec.path):
            visit(resource.manifest, spec, lambda container, key: places.append((container, key)), None)
    return places


def _container_images(value: Any, places: list[tuple[Any, Any]]) -> None:
    if type(value) is list:
        for one in value:
            if type(one) is dict or type(one) is list:
                _container_images(one, places)
        return
    for name, child in value.items():
        kind = type(child)
        if kind is dict:
            _container_images(child, places)
        elif kind is list:
            _container_images(child, places)
            if name in _CONTAINERS:
                places += [(one, "image") for one in child if _names_image(one, name)]


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
