"""The templates of ExternalSecrets."""

from __future__ import annotations

import pytest

from tasks.deployment.errors import DeploymentError
from tasks.deployment.template import filled_in, names, plain_name

VALUES = {"user": "ann", "password": "p/w 1", "token": "t"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain", "plain"),
        ("{{ .user }}", "ann"),
        ("{{.user}}:{{- .password -}}", "ann:p/w 1"),
        ("postgresql://{{ .user }}:{{ .password | urlquery }}@db", "postgresql://ann:p%2Fw+1@db"),
        ('{{ printf "%s:%s" .user .token | b64enc }}', "YW5uOnQ="),
        ('{{ printf "100%% %s" .user | upper | quote }}', '"100% ANN"'),
        ('{{ "a\\"b" }}', 'a"b'),
        ("{{ .user | lower | trim | toString }}", "ann"),
    ],
)
def test_it_is_filled_in(template: str, text: str) -> None:
    assert filled_in(template, VALUES, "secret.yaml: key") == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ .nobody }}", "secret.yaml: key: the template asks for .nobody, which data does not have"),
        (
            "{{ .user | sha256sum }}",
            (
                "secret.yaml: key: the template calls 'sha256sum', which is not known here; known: b64enc, lower, "
                "printf, quote, toString, trim, upper, urlquery"
            ),
        ),
    ],
)
def test_what_cannot_be_filled_in_is_an_error(template: str, message: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        filled_in(template, VALUES, "secret.yaml: key")

    assert str(caught.value) == message


def test_the_values_that_a_template_asks_for() -> None:
    assert names('{{ .a }} {{ printf "%s" .b | b64enc }} .c') == {"a", "b"}


@pytest.mark.parametrize(
    ("template", "name"), [("{{ .a }}", "a"), ("{{ .a | b64enc }}", None), ("x{{ .a }}", None), ("x", None)]
)
def test_a_template_that_is_one_value(template: str, name: str | None) -> None:
    assert plain_name(template) == name
