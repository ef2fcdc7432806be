"""`Scalar` is a value: immutable, hashable, compared by what it says."""

from __future__ import annotations

import copy
import pickle

import pytest

from imbricate.documents import Quoted, Scalar


def test_equality_is_by_text_and_value_and_type() -> None:
    assert Scalar("1.0", 1.0) == Scalar("1.0", 1.0)
    assert Scalar("1.0", 1.0) != Scalar("1.0", 1)
    assert Scalar("1", True) != Scalar("1", 1)  # noqa: FBT003 - a value
    assert Scalar(".nan", float("nan")) == Scalar(".nan", float("nan"))
    assert Scalar("a", "a") != "a"
    assert len({Scalar("0x1", 1), Scalar("0x1", 1), Scalar("0x2", 2)}) == 2


def test_a_scalar_cannot_be_changed() -> None:
    scalar = Scalar("0x1", 1)

    with pytest.raises(AttributeError, match="a Scalar is immutable"):
        scalar.text = "0x2"
    with pytest.raises(AttributeError, match="a Scalar is immutable"):
        del scalar.value
    assert scalar == Scalar("0x1", 1)


def test_copies_and_pickles_are_equal() -> None:
    scalar = Scalar("0x1", 1)

    assert copy.copy(scalar) is scalar
    assert copy.deepcopy([scalar])[0] is scalar
    assert pickle.loads(pickle.dumps(scalar)) == scalar  # noqa: S301 - our own
    assert repr(scalar) == "Scalar('0x1', 1)"


def test_a_quoted_string_is_the_string() -> None:
    assert Quoted("a") == "a"
    assert {"a": 1}[Quoted("a")] == 1
