"""A string is cut in two without a slice, and what could tell that is not called safe."""

from collections.abc import Callable
from pathlib import Path

from escapelens.model import Applicability
from tests.causes.proposals import propose
from tests.toolchains import Toolchain

MODULE = """\
-- go.mod --
module example.com/m

go 1.24
-- a.go --
package m

import (
	"bytes"
	"strings"
)

func Panics(line string) string {
	parts := strings.SplitN(line, "=", 2) // review
	return parts[0] + parts[1]
}

func Asks(line string) string {
	parts := strings.SplitN(line, "=", 2) // safe
	if len(parts) == 2 {
		return parts[1]
	}
	return parts[0]
}

func Either(line string, is bool) string {
	parts := strings.SplitN(line, "=", 2) // review
	if len(parts) == 2 || is {
		return parts[1]
	}
	return parts[0]
}

func And(line string) bool {
	parts := strings.SplitN(line, "=", 2) // safe
	return len(parts) == 2 && parts[1] != ""
}

func Writes(line string) string {
	parts := strings.SplitN(line, "=", 2) // refused
	parts[0] = strings.ToUpper(parts[0])
	return parts[0]
}

func Field(line string) string {
	line = strings.SplitN(line, "\t", 3)[0] // safe
	return line
}

func Second(line string) string {
	second := strings.Split(line, "\t")[1] // refused
	return second
}

func One(line string) string {
	one := strings.SplitN(line, "\t", 1)[0] // refused
	return one
}

func Both(line string) (string, int) {
	first, n := strings.Split(line, "\t")[0], len(line) // refused
	return first, n
}

func Runes(line, by string) string {
	first := strings.Split(line, by)[0] // refused
	return first
}

func Three(line string) string {
	parts := strings.SplitN(line, "=", 3) // refused
	return parts[0]
}

func Each(line string) int {
	n := 0
	for _, part := range strings.SplitAfter(line, ";") { // safe
		n += len(part)
	}
	return n
}

func Counted(line string) int {
	n := 0
	for i, part := range strings.Split(line, ";") { // refused
		n += i * len(part)
	}
	return n
}

func Bytes(line []byte) int {
	n := 0
	for _, part := range bytes.Split(line, []byte(";")) { // refused
		line[0]++
		n += int(part[0])
	}
	return n
}
"""


def test_only_what_asks_for_two_parts_is_cut_safely(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(MODULE)
    lines = (root / "a.go").read_text().splitlines()
    wrong = []
    seen = 0
    for one in propose(root, machine_code=True):
        line = lines[one.site.position.line - 1]
        wanted = line.partition(" // ")[2]
        if not wanted or "Split" not in one.site.expression:
            continue
        seen += 1
        names = ("cut", "cut-first", "split-seq")
        made = [made.suggestion for name in names for made in one.named(name)]
        refused = [reason for name in names for reason in one.refused(name)]
        expected = "refused" if refused and not made else None
        if made:
            safe = made[0].applicability is Applicability.SAFE
            expected = "safe" if safe else "review"
        if expected != wanted:
            wrong.append((line, expected, refused))
    assert wrong == []
    assert seen == MODULE.count(" // ")
