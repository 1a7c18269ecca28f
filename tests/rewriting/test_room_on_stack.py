"""A slice begins on the stack where nothing can tell, and says where something may."""

from collections.abc import Callable
from pathlib import Path

from tests.causes.proposals import propose
from tests.toolchains import Toolchain

MODULE = """
-- a.go --
package p

import "strconv"

type wide struct{ values [100]int }

func Sum(parts []string) (n int) {
	var bytes []byte
	for _, part := range parts {
		bytes = append(bytes, part...) // safe
	}
	for _, one := range bytes {
		n += int(one)
	}
	return n
}

func Stack(n int) (sum int) {
	stack := []int{}
	for i := 0; i < n; i++ {
		stack = append(stack, i) // safe
	}
	for len(stack) > 0 {
		sum += stack[len(stack)-1]
		stack = stack[:len(stack)-1]
	}
	return sum
}

func Key(names map[string]int, n int) int {
	var key []byte
	key = strconv.AppendInt(key, int64(n), 10)
	key = append(key, "-and-so-on-and-on-and-on-and-on"...) // safe
	return names[string(key)]
}

//go:noinline
func isNil(values []int) bool { return values == nil }

func Nil(n int) bool {
	var values []int
	for i := 0; i < n; i++ {
		values = append(values, i) // review
	}
	return isNil(values)
}

func Reach(n int) int {
	values := []int{}
	for i := 0; i < n; i++ {
		values = append(values, i) // review
	}
	return len(values[:n+1])
}

func Room(n int) int {
	values := []int{}
	for i := 0; i < n; i++ {
		values = append(values, i) // refused
	}
	return cap(values)
}

func Wide(n int) int {
	var values []wide
	for i := 0; i < n; i++ {
		values = append(values, wide{}) // refused
	}
	return len(values)
}

func Given(values []int, n int) int {
	for i := 0; i < n; i++ {
		values = append(values, i) // refused
	}
	return len(values)
}
"""


def test_what_may_tell_is_not_called_safe(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(MODULE)
    lines = (root / "a.go").read_text().splitlines()
    found: dict[int, str] = {}
    for site in propose(root, machine_code=True):
        made = [one.suggestion.applicability.value for one in site.named("room-on-stack")]
        refused = ["refused" for _ in site.refused("room-on-stack")]
        if made or refused:
            found[site.site.position.line] = (made + refused)[0]
    wanted = {
        number: line.partition(" // ")[2]
        for number, line in enumerate(lines, 1)
        if " // " in line and "append" in line
    }
    assert found == wanted
