"""What is known to be secret is masked in every spelling, and never survives a cut or a definition."""

from __future__ import annotations

import base64
import json

import pytest

from oktsec_lint.core.display import visible
from oktsec_lint.launch.entry import UnusableError, endpoint_of, launch_of
from oktsec_lint.launch.secrets import Mask
from tests.live import http
from tests.reference import stdio

SECRET = "Zq7 p'X\"w9-Kf3!"


@pytest.mark.parametrize(
    "shown",
    [SECRET, repr(SECRET), json.dumps(SECRET), base64.b64encode(SECRET.encode()).decode(), visible("-" + SECRET, 9)],
)
def test_every_spelling_and_a_half_at_a_cut_is_masked(shown: str) -> None:
    masked = Mask([SECRET])(f"bad {shown} given")
    assert "***" in masked
    assert "Zq7 p" not in masked
    assert base64.b64encode(b"Zq7 p'X").decode()[:8] not in masked


def test_each_line_of_a_value_is_masked() -> None:
    assert Mask(["first line\nsecond line\n"])("second line, first line") == "***, ***"


@pytest.mark.parametrize(
    "args",
    [
        ("--password", "hunter2!Literal"),
        ("--api-key=hunter2!Literal",),
        ("-e", "API_TOKEN=hunter2!Literal"),
        ("--header", "Authorization: Bearer hunter2!Literal"),
        ("https://bob:hunter2!Literal@host/",),
        ("https://host/?token=hunter2!Literal&x=1",),
    ],
)
def test_literal_argument_is_masked_and_starred(args: tuple[str, ...]) -> None:
    mask = launch_of(stdio("it", "x", *args), {}).mask
    assert "hunter2" not in mask("argv hunter2!Literal")
    assert mask.starred_in({"a": [{"hunter2!Literal": "is hunter2!Literal"}]}) == {"a": [{"*" * 15: "is " + "*" * 15}]}


def test_ordinary_value_is_not_taken_out_of_definitions() -> None:
    spec = stdio("it", "x", "--mode", "ignore previous", env={"TEXT": "ignore previous", "API_URL": "http://host/v1"})
    body = {"description": "ignore previous http://host/v1"}
    assert launch_of(spec, {}).mask.starred_in(body) is body


@pytest.mark.parametrize("host", ["127.0.0.1:99999", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", "[::1"])
def test_impossible_port_is_an_unusable_entry(host: str) -> None:
    with pytest.raises(UnusableError, match="no usable host and port"):
        endpoint_of(http(f"http://{host}/"), {})
