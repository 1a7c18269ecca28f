"""How the two paths of a call are laid out."""

from collections.abc import Callable
from pathlib import Path

from tests.causes.proposals import only_file, propose
from tests.causes.test_rewrites import formatted
from tests.toolchains import Toolchain

BEFORE = """\
package m

import (
	"bytes"
	"io"
	"strings"
)

func write(w io.Writer, flag byte, twice bool) {
	if twice {
		// Both of them.
		if _, err := w.Write([]byte{flag, flag}); err != nil {
			panic(`no
	writer`)
		}
	}
	println(flag)
}

func Both(b *bytes.Buffer, s *strings.Builder) {
	write(b, 1, true)
	write(b, 2, true)
	write(s, 3, false)
}
"""
AFTER = """\
	if twice {
		// Both of them.
		switch w := w.(type) {
		case *bytes.Buffer:
			if _, err := w.Write([]byte{flag, flag}); err != nil {
				panic(`no
	writer`)
			}
		default:
			if _, err := w.Write([]byte{flag, flag}); err != nil {
				panic(`no
	writer`)
			}
		}
	}
"""


def test_statements_of_several_lines(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module("-- go.mod --\nmodule example.com/m\n\ngo 1.24\n-- a.go --\n")
    (root / "a.go").write_text(BEFORE)
    made = [one for site in propose(root) for one in site.named("fast-path")]
    (text,) = only_file(made)
    assert AFTER in text
    assert formatted(newest, text) == text


def test_what_ends_the_function(newest: Toolchain, write_module: Callable[[str], Path]) -> None:
    root = write_module("-- go.mod --\nmodule example.com/m\n\ngo 1.24\n-- a.go --\n")
    before = BEFORE[: BEFORE.index("	if twice")] + "	w.Write([]byte{flag})\n}\n"
    (root / "a.go").write_text(before + BEFORE[BEFORE.index("\nfunc Both") :])
    made = [one for site in propose(root) for one in site.named("fast-path")]
    (text,) = only_file(made)
    wanted = """\
	if w, ok := w.(*bytes.Buffer); ok {
		w.Write([]byte{flag})
		return
	}
	w.Write([]byte{flag})
}
"""
    assert wanted in text
    assert formatted(newest, text) == text
