"""What edits write themselves: names of errors, and texts between the quotes that they had."""

from collections.abc import Callable
from pathlib import Path

from tests.causes.proposals import only_file, propose
from tests.toolchains import Toolchain

ERRORS = """
-- a.go --
package p

import "errors"

var errNoKey = errors.New("no key is given")

func Host(host string) (string, error) {
	if host == "" {
		return "", errors.New("mux: route doesn't have a host") // want RouteNoHost
	}
	return host, nil
}

func Hijack(ok bool) error {
	if !ok {
		return errors.New("http.Hijacker is unavailable on the writer") // want HijackerIsUnavailableOnWriter
	}
	return nil
}

func Skip(ok bool) error {
	if !ok {
		return errors.New("cfg: can't skip") // want CannotSkip
	}
	return nil
}

func Seek(ok bool) error {
	if !ok {
		return errors.New("bug: seek to HTTP-start returned (non-zero, nil)") // want SeekToHTTPStartReturned
	}
	return nil
}

func Chunk(ok bool) error {
	if !ok {
		return errors.New(`invalid character '\\n' after chunk size`) // want InvalidCharacterAfterChunkSize
	}
	return nil
}

func Key(key string) error {
	if key == "" {
		return errors.New("no key is given") // want NoKey
	}
	return nil
}
"""
FORMATS = """
-- a.go --
package p

import "fmt"

func Script(name string) string {
	return fmt.Sprintf(`{
	%s
}`, name)
}

func Quote(realm string) string {
	return fmt.Sprintf(`Basic realm="%s"`, realm)
}

func Line(name string) string {
	return fmt.Sprintf(`\\%s %s`, name, name)
}

func Escaped(name string) string {
	return fmt.Sprintf("\\"%s\\"\\n", name)
}

func Query(path, query string, ask bool) string {
	if ask {
		path = fmt.Sprintf("%s?%s", path, query)
	}
	return path
}

func Part(names []string, from int) string {
	return fmt.Sprintf("%s/%s", names[0], names[1][from:])
}
"""


SORTED = """
-- a.go --
package p

import "sort"

type item struct{ a, n int }

func Sort(items []item) {
	sort.SliceStable(items, func(i, j int) bool {
		return items[i].n < items[j].n
	})
}

func Other(items []item) {
	a := 1
	sort.SliceStable(items, func(i, j int) bool { return items[i].a < items[j].a })
	items[0].a = a
}
"""


def test_a_literal_of_several_lines_stays_so(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = propose(write_module(SORTED))
    text = "\n".join(sorted(only_file([one for site in found for one in site.named("sort-func")])))

    assert (
        "slices.SortStableFunc(items, func(a, b item) int {\n\t\treturn cmp.Compare(a.n, b.n)\n\t})"
        in text
    )
    assert "func(x, y item) int { return cmp.Compare(x.a, y.a) })" in text


def test_an_error_is_named_for_its_text(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(ERRORS)
    lines = (root / "a.go").read_text().splitlines()
    named = 0
    for site in propose(root):
        for one in site.named("sentinel"):
            named += 1
            name = "err" + lines[site.site.position.line - 1].partition(" // want ")[2]
            assert f"`{name}`" in one.suggestion.title
            assert f"return {name}" in "".join(edit.new_text for edit in one.edits) or any(
                edit.new_text == name for edit in one.edits
            )
            adds = any(edit.new_text.startswith("var ") for edit in one.edits)
            assert adds == (name != "errNoKey")
    assert named == 6


def test_a_text_keeps_its_quotes(newest: Toolchain, write_module: Callable[[str], Path]) -> None:
    root = write_module(FORMATS)
    made = [one for site in propose(root) for one in site.named("concatenate")]
    text = "\n".join(sorted(only_file(made)))

    assert 'return `Basic realm="` + realm + `"`' in text
    assert 'return `\\` + name + " " + name' in text
    assert r'return "\"" + name + "\"\n"' in text
    assert "name +" not in text.partition("func Script")[2].partition("func ")[0]
    assert 'return names[0] + "/" + names[1][from:]' in text
    assert '\t\tpath += "?" + query\n' in text
    safe = {one.suggestion.applicability.value for one in made}
    assert safe == {"safe"}
