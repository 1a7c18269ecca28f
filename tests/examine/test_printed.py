"""Printed calls are taken apart whatever their strings hold."""

import pytest

from escapelens.examine.printed import arguments, callee

LONG = '"' + "x" * 68 + "..."
"""A string as Go 1.22 and newer cut it, without a closing quote."""
CUT_ESCAPE = '"(' + "x" * 66 + "\\..."
"""One that is cut behind the backslash of an escape."""


@pytest.mark.parametrize(
    ("call", "called", "given"),
    [
        ("f(x)", "f", ["x"]),
        ("f()", "f", [""]),
        ("f(g(x, y), z)", "f", ["g(x, y)", "z"]),
        ('f("a (", b)', "f", ['"a ("', "b"]),
        ('f("a ) \\" (", b)', "f", ['"a ) \\" ("', "b"]),
        ("f('(', b)", "f", ["'('", "b"]),
        ("f(`a\n(`, b)", "f", ["`a\n(`", "b"]),
        (f"f({LONG}, b, c)", "f", [LONG, "b", "c"]),
        (f"f(a, {LONG})", "f", ["a", LONG]),
        ('f("' + "(" * 68 + "..., b)", "f", ['"' + "(" * 68 + "...", "b"]),
        (f"f({CUT_ESCAPE}, b)", "f", [CUT_ESCAPE, "b"]),
        ("(*T).M(x, ... argument...)", "(*T).M", ["x", "... argument..."]),
        ("f(x)(y)", "f(x)", ["y"]),
    ],
)
def test_a_call_falls_into_callee_and_arguments(call: str, called: str, given: list[str]) -> None:
    assert callee(call) == called
    assert arguments(call) == given


def test_what_is_no_call_has_no_arguments() -> None:
    assert arguments("x") is None
    assert callee("x.f") == "x.f"
