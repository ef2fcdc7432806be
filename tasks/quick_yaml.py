"""YAML of this repository's own files, read by libyaml where PyYAML has it."""

from __future__ import annotations

from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """Give the first document. Raises yaml.YAMLError, in the words of PyYAML's own reader, whose lines are shown."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - safe
    except yaml.YAMLError:
        return yaml.safe_load(text)
