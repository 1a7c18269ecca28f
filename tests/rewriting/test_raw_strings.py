"""A raw string of several lines stays what it is when the code around it moves."""

from collections.abc import Callable
from pathlib import Path

from tests.causes.proposals import only_file, propose
from tests.toolchains import Toolchain

TEXT = "`first\n\t\tsecond\n\tthird`"
SOURCE = f"""
-- a.go --
package p

import "log/slog"

type walker interface{{ walk(func(string) string) }}

func All(walkers []walker, prefix string) {{
	for _, w := range walkers {{
		w.walk(func(s string) string {{
			s += prefix + {TEXT}
			return s
		}})
	}}
}}

func Tell(log *slog.Logger, count int) {{
	log.Debug({TEXT},
		"count", count)
}}
"""


def test_code_is_indented_anew_around_raw_strings(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = propose(write_module(SOURCE))
    for rewrite in ("hoist", "guard-by-level"):
        texts = only_file([one for site in found for one in site.named(rewrite)])
        assert texts, rewrite
        assert all(text.count(TEXT) == 2 for text in texts), rewrite
