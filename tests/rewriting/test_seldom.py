"""Where a line rarely runs, the advice is to leave it, and an edit says how seldom it gains."""

from collections.abc import Callable
from pathlib import Path

from tests.causes.proposals import propose
from tests.toolchains import Toolchain

MODULE = """
-- a.go --
package p

import (
	"errors"
	"fmt"
)

var table = map[string]int{}

func Find(name string) (int, error) {
	n, ok := table[name]
	if !ok {
		return 0, fmt.Errorf("no row %q", name) // cold
	}
	return n, nil
}

type Loader struct {
	err error
}

func (l *Loader) Fail(name string) {
	l.err = fmt.Errorf("cannot load %q", name) // error
}

func Key(kind string, id int) string {
	return fmt.Sprintf("%s-%d", kind, id) // key
}

func Must(name string) int {
	if name == "" {
		panic(fmt.Sprintf("%s has no name", name)) // panic
	}
	return len(name)
}

func Close(open bool) error {
	if !open {
		return errors.New("closed before") // sentinel
	}
	return nil
}
"""


def test_edits_of_lines_that_rarely_run_come_last_and_say_so(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(MODULE)
    lines = (root / "a.go").read_text().splitlines()
    found = {}
    for one in propose(root):
        mark = lines[one.site.position.line - 1].partition(" // ")[2]
        if any(proposal.edits for proposal in one.proposals):
            found[mark] = [
                (proposal.suggestion.rewrite, proposal.is_seldom) for proposal in one.proposals
            ]
            titles = [proposal.suggestion.title for proposal in one.proposals if proposal.edits]
            assert all(
                title.endswith(" (gains only when it fails)") == (mark != "key") for title in titles
            ), titles
    assert found == {
        "cold": [("leave-it", False), ("plain-error", True)],
        "error": [("leave-it", False), ("plain-error", True)],
        "key": [("concatenate", False), ("guard-or-append", False)],
        "panic": [("leave-it", False), ("concatenate", True)],
        "sentinel": [("leave-it", False), ("sentinel", True)],
    }
