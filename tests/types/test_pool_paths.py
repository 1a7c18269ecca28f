"""What becomes of a pooled value on the paths of a function: each line that ends in a mark."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.toolchains import Toolchain
from tests.types.test_pools import pools_of

Module = Callable[[str], Path]
HEAD = """\
package m

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
)

type T struct {
	n    int
	next *T
	data []byte
}

func (t *T) Reset()     {}
func (t *T) release()   { pool.Put(t) }
func (t *T) ok() bool   { return t.n > 0 }
func (t *T) keep(s *S)  { s.t = t }

type S struct{ t *T }

var pool = sync.Pool{New: func() any { return new(T) }}

func get() *T            { return pool.Get().(*T) }
func put(t *T)           { t.n = 0; pool.Put(t) }
func maybe(t *T, b bool) { if b { pool.Put(t) } }
func read(t *T) int      { return t.n }
func unknown(f func(*T), t *T) { f(t) }

var global *T
var _, _, _, _, _, _ = bytes.NewBuffer, errors.New, fmt.Sprint, os.Exit, runtime.GC, testing.Short
"""
BODIES = {
    "if else, both put": """
	t := get()
	if n > 0 {
		put(t)
		return
	} else {
		t.release()
	}
""",
    "if without else": """
	t := get()
	if n > 0 {
		return // pool-not-put-back
	}
	put(t)
""",
    "switch with a forgotten case": """
	t := get()
	switch n {
	case 1:
		put(t)
	case 2:
		return // pool-not-put-back
	default:
		put(t)
	}
""",
    "switch without default falls off": """
	t := get()
	switch n {
	case 1:
		put(t)
		return
	case 2:
		put(t)
		return
	}
	// the end
} // pool-not-put-back
func init() {
""",
    "fallthrough": """
	t := get()
	switch n {
	case 1:
		fallthrough
	case 2:
		put(t)
	default:
		put(t)
	}
""",
    "type switch": """
	t := get()
	var x any = n
	switch x.(type) {
	case int:
		put(t)
	case string:
		return // pool-not-put-back
	default:
		put(t)
	}
""",
    "labelled break and continue": """
	t := get()
outer:
	for i := 0; i < n; i++ {
		for j := 0; j < n; j++ {
			if j == 3 {
				continue outer
			}
			if j == 4 {
				break outer
			}
			if j == 5 {
				return // pool-not-put-back
			}
		}
	}
	put(t)
""",
    "goto over the put": """
	t := get()
	if n > 0 {
		goto end
	}
	put(t)
	return
end:
	n++
} // pool-not-put-back
func init() {
""",
    "goto back": """
	t := get()
again:
	n--
	if n > 0 {
		goto again
	}
	put(t)
""",
    "goto out of the loop that it is taken in": """
	for i := 0; i < n; i++ {
		t := get()
		if i == 3 {
			goto end // pool-not-put-back
		}
		if i == 4 {
			put(t)
			goto end
		}
		put(t)
	}
end:
	n++
""",
    "goto before the taking": """
again:
	t := get()
	if n > 0 {
		n--
		goto again // pool-not-put-back
	}
	put(t)
	goto end
end:
""",
    "goto into an outer block": """
	t := get()
	{
		s := get()
		if n > 1 {
			goto end // pool-not-put-back
		}
		put(s)
	}
end:
	put(t)
""",
    "a called literal is a function of its own": """
	for i := 0; i < n; i++ {
		func() {
			t := get()
			defer put(t)
			t.n++
		}()
		func() {
			t := get()
			if i > 3 {
				return // pool-not-put-back
			}
			put(t)
		}()
	}
""",
    "a called literal puts it back": """
	t := get()
	if n > 0 {
		return // pool-not-put-back
	}
	func() {
		defer put(t)
		t.n++
	}()
	t.n++ // pool-used-after-put
""",
    "a called literal puts it back twice": """
	t := get()
	func() {
		if n > 0 {
			put(t)
			return
		}
		put(t)
	}()
	put(t) // pool-put-twice
""",
    "a called literal puts it back under a condition": """
	t := get()
	func() {
		if n > 0 {
			put(t)
		}
	}()
	if n <= 0 {
		t.n++
	}
""",
    "a called literal uses what was put back": """
	t := get()
	put(t)
	func() {
		n++
		n = t.n // pool-used-after-put
	}()
""",
    "a called literal only reads": """
	t := get()
	func() { n += t.n }()
	if n > 0 {
		return // pool-not-put-back
	}
	put(t)
""",
    "a called literal keeps it": """
	t := get()
	func() { global = t }()
	if n > 0 {
		return
	}
	put(t)
""",
    "a called literal returns it": """
	t := get()
	s := func() *T { return t }()
	if n > 0 {
		global = s
		return
	}
	put(t)
""",
    "a called literal gives the variable another value": """
	t := get()
	func() { put(t); t = get() }()
	t.n++
	put(t)
""",
    "a called literal knows it by another name": """
	t := get()
	next := t.next
	func() { global = next; put(t) }()
	n = t.n // pool-used-after-put
""",
    "given to a called literal": """
	t := get()
	func(s *T) {
		defer put(s)
		s.n++
	}(t)
	t.n++ // pool-used-after-put
""",
    "given to a deferred literal": """
	t := get()
	if n > 0 {
		return // pool-not-put-back
	}
	defer func(s *T) { put(s) }(t)
	if n < 0 {
		return
	}
	t.n++
""",
    "given to a deferred literal that keeps it": """
	t := get()
	defer func(s *T) { global = s }(t)
	if n > 0 {
		return
	}
	put(t)
""",
    "a deferred literal reads it later": """
	t := get()
	defer func() { n += t.n }()
	put(t)
""",
    "select": """
	t := get()
	c := make(chan int)
	select {
	case n = <-c:
		put(t)
	case c <- n:
		return // pool-not-put-back
	default:
		put(t)
	}
""",
    "endless loop": """
	t := get()
	for {
		t.n++
		if n > 0 {
			break
		}
	}
	put(t)
""",
    "loop that takes and puts": """
	for i := 0; i < n; i++ {
		t := get()
		if i == 3 {
			put(t)
			continue
		}
		put(t)
	}
""",
    "deferred put, panic and return": """
	t := get()
	defer put(t)
	if n > 0 {
		panic("n")
	}
""",
    "deferred closure": """
	t := get()
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(r)
		}
		put(t)
	}()
	if n > 0 {
		return
	}
""",
    "defer behind a return": """
	t := get()
	if n > 0 {
		return // pool-not-put-back
	}
	defer put(t)
	n++
""",
    "the program or goroutine ends": """
	t := get()
	switch n {
	case 1:
		os.Exit(1)
	case 2:
		runtime.Goexit()
	case 3:
		panic("n")
	case 4:
		(*testing.T)(nil).Fatal(n)
	}
	put(t)
""",
    "a test of the value": """
	t := get()
	if !t.ok() {
		return
	}
	put(t)
""",
    "kept in a field": """
	t := get()
	s := &S{}
	t.keep(s)
	if n > 0 {
		return
	}
	put(t)
""",
    "kept in a global": """
	t := get()
	if n > 0 {
		global = t
		return
	}
	put(t)
""",
    "kept in a list": """
	var list []*T
	for i := 0; i < n; i++ {
		t := get()
		list = append(list, t)
	}
	for _, t := range list {
		put(t)
	}
""",
    "handed to a goroutine": """
	t := get()
	if n > 0 {
		go put(t)
		return
	}
	put(t)
""",
    "handed to a literal": """
	t := get()
	f := func() { put(t) }
	if n > 0 {
		f()
		return
	}
	put(t)
""",
    "a function value": """
	t := get()
	unknown(put, t)
	if n > 0 {
		return
	}
	put(t)
""",
    "a method value": """
	t := get()
	free := t.release
	if n > 0 {
		free()
		return
	}
	put(t)
""",
    "read by a function": """
	t := get()
	if read(get2()) > 0 {
		return // pool-not-put-back
	}
	put(t)
}
func get2() *T { return nil }
func init() {
""",
    "used after put": """
	t := get()
	put(t)
	n = t.n // pool-used-after-put
""",
    "used after a wrapper's put": """
	t := get()
	t.release()
	fmt.Println(t) // pool-used-after-put
""",
    "used after a put on one path only": """
	t := get()
	if n > 0 {
		put(t)
	}
	if n <= 0 {
		t.n++
		put(t)
	}
""",
    "used after a put under a condition of a wrapper": """
	t := get()
	maybe(t, n > 0)
	if n <= 0 {
		t.n++
	}
""",
    "taken again after put": """
	t := get()
	put(t)
	t = get()
	t.n++
	put(t)
""",
    "compared with nil after put": """
	t := get()
	put(t)
	if t != nil {
		n++
	}
""",
    "put and set to nil": """
	t := get()
	put(t)
	t = nil
	if t == nil {
		n++
	}
""",
    "put twice": """
	t := get()
	put(t)
	if n > 0 {
		n++
	}
	put(t) // pool-put-twice
""",
    "put twice on one path only": """
	t := get()
	if n > 0 {
		put(t)
		t = get()
	}
	put(t)
""",
    "deferred under a condition": """
	t := get()
	if n > 0 {
		defer put(t)
	}
	if n <= 0 {
		put(t)
	}
""",
    "put in a loop": """
	t := get()
	for i := 0; i < n; i++ {
		if i == 3 {
			put(t)
			break
		}
	}
""",
    "deferred value and early put": """
	t := get()
	defer put(t)
	if n > 0 {
		put(t) // pool-put-twice
		return
	}
""",
    "list of free values": """
	t := get()
	for t != nil {
		next := t.next
		t.next = nil
		put(t)
		t = next
	}
""",
    "error of the getter": """
	t, err := fallible(n)
	if err != nil {
		return
	}
	put(t)
}
func fallible(n int) (*T, error) {
	if n > 0 {
		return nil, errors.New("n")
	}
	return get(), nil
}
func init() {
""",
    "a wrapper that takes its own where it is given none": """
	t := get()
	defer put(t)
	own(t, make([]int, n))
	own(t, nil)
}
func own(t *T, rest []int) {
	if len(rest) == 1 {
		return
	}
	if t == nil {
		t = get()
		defer put(t)
	}
	t.n++
}
func init() {
""",
    "a wrapper that puts back where something else is long": """
	t := get()
	long(t, make([]int, n))
	t.n++
	put(t)
}
func long(t *T, rest []int) {
	if len(rest) == 1 {
		return
	}
	put(t)
}
func init() {
""",
    "without ok": """
	t, ok := pool.Get().(*T)
	if !ok {
		return
	}
	put(t)
""",
    "nil and made anew": """
	t, _ := pool.Get().(*T)
	if t == nil {
		t = new(T)
	}
	if n > 0 {
		return // pool-not-put-back
	}
	put(t)
""",
}


@pytest.fixture(scope="session")
def told() -> dict[str, dict[str, set[tuple[int, str]]]]:
    """What is observed in each body, by version: all are in one package."""
    return {}


def sources() -> dict[str, str]:
    files = {"head.go": HEAD}
    for number, body in enumerate(BODIES.values()):
        text = body.replace("get2", f"get2_{number}").replace("fallible", f"fallible{number}")
        opening = f"package m\n\nfunc f{number}(n int) {{"
        imports = [
            name for name in ("errors", "fmt", "os", "runtime", "testing") if f"{name}." in text
        ]
        listed = "".join(f'import "{name}"\n' for name in imports)
        files[f"f{number}.go"] = (
            opening.replace("package m\n", f"package m\n\n{listed}", 1) + text + "}\n"
        )
    return files


@pytest.mark.parametrize("name", BODIES)
def test_paths(
    name: str,
    newest: Toolchain,
    told: dict[str, dict[str, set[tuple[int, str]]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    files = sources()
    if newest.version not in told:
        root = tmp_path_factory.mktemp("paths")
        (root / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
        for file, text in files.items():
            (root / file).write_text(text)
        found: dict[str, set[tuple[int, str]]] = {}
        for one in pools_of(root).observations:
            found.setdefault(Path(one.place.file).name, set()).add((one.place.line, one.finding))
        told[newest.version] = found
    file = f"f{list(BODIES).index(name)}.go"
    wanted = {
        (number, match[1])
        for number, line in enumerate(files[file].splitlines(), 1)
        if (match := re.search(r"// (pool-\S+)$", line))
    }

    assert told[newest.version].get(file, set()) == wanted
