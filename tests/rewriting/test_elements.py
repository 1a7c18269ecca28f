"""The address of an element takes the place of that of its copy only where that is the same."""

from collections.abc import Callable
from pathlib import Path

from escapelens.model import Applicability
from tests.causes.proposals import only_file, propose
from tests.toolchains import Toolchain

HEAD = """
-- go.mod --
module example.com/m

go 1.22
-- a.go --
package p

type Item struct {
	price int
	parts [4]int
}

func (i *Item) raise()   { i.price++ }
func (i Item) cost() int { return i.price }

type Box struct{ items []Item }

func (b *Box) All() []Item { return b.items }

var kept []*Item
var slices [][]int
"""
MADE = {
    """
func Keep(items []Item) {
	for _, item := range items {
		kept = append(kept, &item)
	}
}
""": """
func Keep(items []Item) {
	for i := range items {
		kept = append(kept, &items[i])
	}
}
""",
    """
func Costly(b *Box) {
	for n, item := range b.items {
		if item.cost() > n {
			kept = append(kept, &item)
		}
	}
}
""": """
func Costly(b *Box) {
	items := b.items
	for n, item := range items {
		if item.cost() > n {
			kept = append(kept, &items[n])
		}
	}
}
""",
    """
func Parts(b *Box, i int) {
	for _, item := range b.All() {
		slices = append(slices, item.parts[:i])
	}
}
""": """
func Parts(b *Box, i int) {
	all := b.All()
	for index := range all {
		slices = append(slices, all[index].parts[:i])
	}
}
""",
    """
func Same(items []Item) {
	for _, item := range items {
		item := &item
		kept = append(kept, item)
	}
}
""": """
func Same(items []Item) {
	for i := range items {
		item := &items[i]
		kept = append(kept, item)
	}
}
""",
}
REFUSED = {
    """
func Changed(items []Item) {
	for _, item := range items {
		item.price++
		kept = append(kept, &item)
	}
}
""": "`item` is changed, and its element is not (line 20)",
    """
func Raised(items []Item) {
	for _, item := range items {
		item.raise()
		kept = append(kept, &item)
	}
}
""": "a method may change `item` (line 20)",
    """
func Map(items map[int]Item) {
	for _, item := range items {
		kept = append(kept, &item)
	}
}
""": "`items` is no slice, whose elements have an address",
    """
func Array(items [3]Item) {
	for _, item := range items {
		kept = append(kept, &item)
	}
}
""": "`items` is no slice, whose elements have an address",
    """
func Counted(items []Item) {
	for i, item := range items {
		i++
		kept = append(kept, &item)
	}
}
""": "`i` is assigned to",
    """
func Labelled(b *Box) {
outer:
	for _, item := range b.items {
		kept = append(kept, &item)
		continue outer
	}
}
""": "the loop has a label",
}
REFUSED |= {
    """
func Shadowed(items []Item) {
	for i, item := range items {
		for i := 0; i < 2; i++ {
			kept = append(kept, &item)
		}
		println(i)
	}
}
""": "another `i` is declared in the loop",
    """
func Renamed(items []Item) {
	for _, item := range items {
		if items := items[1:]; len(items) > 0 {
			kept = append(kept, &item)
		}
	}
}
""": "another `items` is declared in the loop",
}
REPLACED = """
func Replaced(items []Item) {
	for _, item := range items {
		items = items[1:]
		kept = append(kept, &item)
	}
}
"""


def test_the_element_is_pointed_to(newest: Toolchain, write_module: Callable[[str], Path]) -> None:
    found = propose(write_module(HEAD + "".join(MADE)))
    made = [one for site in found for one in site.named("element-address")]
    texts = sorted(only_file(made))

    assert len(made) == len(MADE)
    for after in MADE.values():
        assert any(after in text for text in texts), (after, texts)
    assert {one.suggestion.applicability for one in made} == {Applicability.REVIEW}


def test_what_is_no_element_is_left(newest: Toolchain, write_module: Callable[[str], Path]) -> None:
    for source, reason in REFUSED.items():
        found = propose(write_module(HEAD + source))
        assert [one for site in found for one in site.named("element-address")] == [], source
        assert [one for site in found for one in site.refused("element-address")] == [reason]


def test_a_slice_that_changes_is_kept_as_it_was(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = propose(write_module(HEAD + REPLACED))
    (text,) = only_file([one for site in found for one in site.named("element-address")])

    assert "elements := items\n\tfor i := range elements {" in text
    assert "append(kept, &elements[i])" in text
