"""Large CustomResourceDefinitions: a schema as deep and as wordy as those that operators ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_WORDS = (
    "the", "a", "pod", "volume", "name", "of", "which", "selector", "label", "must", "be", "when", "optional",
    "container", "field", "is", "set", "by", "default", "value", "more", "info", "reference", "namespace", "to",
)  # fmt: skip
_WIDTH = 7
_DEPTH = 4


def crd(index: int, random: Random) -> str:
    """Give a CustomResourceDefinition of about 450 kB."""
    plural = f"things{index}"
    head = f"""\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {plural}.example.com
  annotations:
    controller-gen.kubebuilder.io/version: v0.16.5
spec:
  group: example.com
  names:
    kind: Thing{index}
    listKind: Thing{index}List
    plural: {plural}
    singular: thing{index}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
"""
    lines: list[str] = []
    _properties(lines, " " * 8, _DEPTH, random)
    return head + "\n".join(lines) + "\n"


def _properties(lines: list[str], indent: str, depth: int, random: Random) -> None:
    lines.append(f"{indent}properties:")
    for index in range(_WIDTH):
        lines.append(f"{indent}  field{index}:")
        _schema(lines, f"{indent}    ", depth - 1, random)


def _schema(lines: list[str], indent: str, depth: int, random: Random) -> None:
    lines.append(f"{indent}description: {' '.join(random.choices(_WORDS, k=random.randint(4, 16)))}")
    if depth > 0:
        lines.append(f"{indent}type: object")
        _properties(lines, indent, depth, random)
    else:
        lines.append(f"{indent}type: {random.choice(('string', 'integer', 'boolean'))}")
