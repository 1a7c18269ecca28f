"""A function puts a value back, but not on every path."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule

_ENDS = {
    "end": "where the function ends",
    "break": "before this `break`",
    "continue": "before this `continue`",
    "goto": "before this `goto`",
    "turn": "where the turn of the loop ends",
    "taking": "before another one is taken here",
}


class PoolNotPutBack(Rule):
    rank = 8
    rewrite = "defer-put"
    summary = "a value from a `sync.Pool` is put back on some paths, and forgotten on another"
    why = """\
The function puts the value back where it ends well, but an early return, such as one on an error,
goes around the `Put`. That is no leak: the garbage collector takes the value. But the pool has
one less, and some later `Get` must allocate again: a pool that is drained by errors saves nothing
just when there are many. `defer pool.Put(v)` right after `Get` covers all paths; it also runs
while the function panics, recovered or not.
"""
    safety = """\
With `defer`, the value is put back later: when the function ends. Where it is in use for longer
than the function, or must not be reused after an error, it must not be put back there.
"""
    leave_it = """\
Leave it where the path is rare, or where the value may be broken after the error: then not to put
it back is right, and a comment says so.
"""
    examples = (
        Example(
            before="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		return err // found
	}
	_, err := buffer.WriteTo(w)
	buffers.Put(buffer)
	return err
}
""",
            after="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		return err
	}
	_, err := buffer.WriteTo(w)
	return err
}
""",
        ),
        Example(
            before="""package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func get() *Item { return items.Get().(*Item) }

func put(i *Item) { items.Put(i) }

func Sum(rows [][]int, stop func() bool) (sum int) {
	item := get()
rows:
	for _, row := range rows {
		for _, n := range row {
			item.n = n
			switch {
			case n < 0:
				break rows
			case n == 0:
				return 0 // found
			case n > 99:
				goto done
			}
			sum += item.n
		}
	}
	put(item)
	return sum
done:
	if stop() {
		return -1 // found
	}
	put(item)
	return sum
}
""",
        ),
        Example(
            before="""package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(done <-chan struct{}, in <-chan byte) {
	a := arrays.Get().(*[64]byte)
	for i := range a {
		select {
		case <-done:
			return // found
		case a[i] = <-in:
		}
	}
	arrays.Put(a)
}
""",
        ),
        Example(
            before="""package p

import (
	"fmt"
	"sync"
)

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Sum(text string) (sum int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	a := arrays.Get().(*[64]byte)
	n := copy(a[:], text)
	if n < len(text) {
		panic("too long") // found
	}
	for _, c := range a[:n] {
		sum += int(c)
	}
	arrays.Put(a)
	return sum, nil
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Lines(w io.Writer, rows [][]string) error {
rows:
	for _, row := range rows {
		buffer := buffers.Get().(*bytes.Buffer)
		buffer.Reset()
		for _, cell := range row {
			switch cell {
			case "":
				break rows // found
			case "-":
				continue rows // found
			case "+":
				continue
			}
			buffer.WriteString(cell)
		}
		_, err := buffer.WriteTo(w)
		buffers.Put(buffer)
		if err != nil {
			return err
		}
	}
	return nil
}

func Last(rows []string) (length int) {
	for _, row := range rows {
		buffer := buffers.Get().(*bytes.Buffer)
		buffer.Reset()
		if row == "" {
			buffers.Put(buffer)
			continue
		}
		buffer.WriteString(row)
		length = buffer.Len()
	} // found
	return length
}
""",
            after="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Lines(w io.Writer, rows [][]string) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
rows:
	for _, row := range rows {
		buffer.Reset()
		for _, cell := range row {
			switch cell {
			case "":
				break rows
			case "-":
				continue rows
			case "+":
				continue
			}
			buffer.WriteString(cell)
		}
		if _, err := buffer.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

func Last(rows []string) (length int) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	for _, row := range rows {
		buffer.Reset()
		if row == "" {
			continue
		}
		buffer.WriteString(row)
		length = buffer.Len()
	}
	return length
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Two(use func(int)) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() { buffers.Put(buffer) }()
	buffer.Reset()
	use(buffer.Len())
	buffer = buffers.Get().(*bytes.Buffer) // found
	use(buffer.Len())
}

func Many(rows []string, use func(int)) {
	var buffer *bytes.Buffer
	for _, row := range rows {
		buffer = buffers.Get().(*bytes.Buffer) // found
		buffer.Reset()
		if row == "" {
			continue
		}
		use(buffer.Len())
		buffers.Put(buffer)
	}
}
""",
        ),
        Example(
            before="""package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

var get, put = items.Get, items.Put

func Use(n int, use func(int)) {
	item := get().(*Item)
	item.n = n
	if n < 0 {
		return // found
	}
	use(item.n)
	put(item)
}

func Again(n int, use func(int)) {
	item := items.Get().(*Item)
	free := items.Put
	if n < 0 {
		return // found
	}
	item.n = n
	use(item.n)
	free(item)
}
""",
        ),
        Example(
            before="""package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func Sum(rows []int, use func(int) error) error {
	for _, n := range rows {
		err := func() error {
			item := items.Get().(*Item)
			if n < 0 {
				return nil // found
			}
			item.n = n
			err := use(item.n)
			items.Put(item)
			return err
		}()
		if err != nil {
			return err
		}
	}
	return nil
}
""",
            after="""package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func Sum(rows []int, use func(int) error) error {
	for _, n := range rows {
		err := func() error {
			item := items.Get().(*Item)
			defer items.Put(item)
			if n < 0 {
				return nil
			}
			item.n = n
			err := use(item.n)
			return err
		}()
		if err != nil {
			return err
		}
	}
	return nil
}
""",
        ),
        Example(
            before="""package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func First(n int, use func(int)) {
	item := items.Get().(*Item)
	if n < 0 {
		return // found
	}
	func() {
		defer items.Put(item)
		use(item.n)
	}()
}

func Until(rows []int, use func(int)) {
	for _, n := range rows {
		item := items.Get().(*Item)
		if n < 0 {
			goto negative // found
		}
		item.n = n
		use(item.n)
		items.Put(item)
	}
	return
negative:
	use(-1)
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		buffers.Put(buffer)
		return err
	}
	_, err := buffer.WriteTo(w)
	if buffer.Cap() > 64<<10 {
		return err
	}
	buffers.Put(buffer)
	return err
}
""",
            "What has grown too large is left to the garbage collector on purpose.",
        ),
        NearMiss(
            """package p

import (
	"errors"
	"sync"
)

type Conn struct{ broken bool }

var conns = sync.Pool{New: func() any { return new(Conn) }}

var open = map[int]*Conn{}

func Dial(id int) (*Conn, error) {
	c := conns.Get().(*Conn)
	if id < 0 {
		conns.Put(c)
		return nil, errors.New("no such id")
	}
	open[id] = c
	return c, nil
}
""",
            "The value is kept, and the caller has it.",
        ),
        NearMiss(
            """package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(pooled bool, use func([]byte)) {
	var a *[64]byte
	if pooled {
		a = arrays.Get().(*[64]byte)
	} else {
		a = new([64]byte)
	}
	use(a[:])
	if pooled {
		arrays.Put(a)
	}
}
""",
            "It is put back just where it was taken.",
        ),
        NearMiss(
            """package p

import (
	"os"
	"runtime"
	"sync"
)

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(n int, use func([]byte)) {
	a := arrays.Get().(*[64]byte)
	switch n {
	case 0:
		os.Exit(1)
	case 1:
		runtime.Goexit()
	case 2:
		panic("two")
	}
	use(a[:])
	arrays.Put(a)
}
""",
            "The program or the goroutine ends there.",
        ),
        NearMiss(
            """package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(use func(*[64]byte, func(*[64]byte)) bool) bool {
	a := arrays.Get().(*[64]byte)
	free := func(a *[64]byte) { arrays.Put(a) }
	if use(a, free) {
		return false
	}
	arrays.Put(a)
	return true
}
""",
            "A function that nobody knows may have put it back.",
        ),
        NearMiss(
            """package p

import "sync"

type Item struct {
	n    int
	next *Item
}

var items = sync.Pool{New: func() any { return new(Item) }}

func Link(rows []int) (first *Item) {
	for _, n := range rows {
		item := items.Get().(*Item)
		if n == 0 {
			items.Put(item)
			continue
		}
		item.n, item.next = n, first
		first = item
		if n == 1 {
			continue
		}
		if n == 2 {
			break
		}
	}
	return first
}
""",
            "Somebody has the value when the loop goes on.",
        ),
        NearMiss(
            """package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func Sum(rows []int) (sum int) {
	var item *Item
	for _, n := range rows {
		if item == nil {
			item = items.Get().(*Item)
		}
		if n == 0 {
			continue
		}
		item.n = n
		sum += item.n
	}
	if item != nil {
		items.Put(item)
	}
	return sum
}
""",
            "The variable outlives the turn of the loop, and is asked before another is taken.",
        ),
        NearMiss(
            """package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func Sum(rows []int) (sum int) {
	for item := items.Get().(*Item); ; item.n++ {
		if item.n >= len(rows) {
			sum += item.n
			items.Put(item)
			break
		}
		if rows[item.n] == 0 {
			continue
		}
		sum += rows[item.n]
	}
	return sum
}
""",
            "The variable of the loop itself lives on behind `continue`.",
        ),
        NearMiss(
            """package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func drop(any) {}

func Use(n int, keep bool, use func(int)) {
	item := items.Get().(*Item)
	put := items.Put
	if keep {
		put = drop
	}
	item.n = n
	if n < 0 {
		put(item)
		return
	}
	use(item.n)
	items.Put(item)
}
""",
            "Nobody knows which function the variable holds, and that one may have put it back.",
        ),
        NearMiss(
            """package p

import "sync"

type Item struct{ n int }

var items = sync.Pool{New: func() any { return new(Item) }}

func Use(n int, use func(int)) {
	var item *Item
	func() {
		item = items.Get().(*Item)
		if n < 0 {
			items.Put(item)
			item = nil
		}
	}()
	if item != nil {
		use(item.n)
		items.Put(item)
	}
}
""",
            "The function around the literal still has the value when the literal returns.",
        ),
    )

    def title(self, case: Case) -> str:
        return f"put {case.what} back by a `defer` right after it is taken"

    def sentence(self, case: Case) -> str:
        seen = case.seen
        taken = f"{case.what}, taken by {case.other}," if seen.other else case.what
        if seen.at == "panic":
            return (
                f"{case.what} is not put back where the function panics here: it recovers, and "
                "no `defer` puts the value back"
            )
        ends = _ENDS.get(seen.at, "where the function returns here")
        because = ""
        if seen.detail:
            because = f", after `{seen.detail}`" + (" was false" if seen.failed else "")
        return f"{taken} is not put back {ends}{because}: some later `Get` must allocate again"
