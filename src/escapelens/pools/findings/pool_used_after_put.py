"""A value, or memory that belongs to it, is used after it was put back."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolUsedAfterPut(Rule):
    rank = 0
    summary = "what was put back in a `sync.Pool` is still used"
    why = """\
After `Put`, the next `Get` of any goroutine may give the value to somebody else. Who still reads
or writes it shares it with them: data of one request shows up in another, or the race detector
speaks. The same goes for memory that belongs to the value: `buffer.Bytes()` and `b[:n]` are no
copies. A deferred `Put` comes after the results of the function are made and before its caller
sees them.
"""
    safety = """\
Put the value back after its last use, or return a copy. A copy costs an allocation, which is the
price of giving the memory away.
"""
    leave_it = """\
Never: it may work for years and fail under load.
"""
    examples = (
        Example(
            before="""package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Render(name string) []byte {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	buffer.WriteString(name)
	return buffer.Bytes() // found
}
""",
            after="""package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Render(name string) []byte {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	buffer.WriteString(name)
	return bytes.Clone(buffer.Bytes())
}
""",
        ),
        Example(
            before="""package p

import "sync"

type Job struct {
	ID   int
	done func()
}

var jobs = sync.Pool{New: func() any { return new(Job) }}

func release(j *Job) {
	j.done = nil
	jobs.Put(j)
}

func Run(id int, done func(), log func(int)) {
	j := jobs.Get().(*Job)
	j.ID, j.done = id, done
	for i := 0; i < 3; i++ {
		if i == id {
			break
		}
	}
	j.done()
	release(j)
	log(j.ID) // found
}
""",
            after="""package p

import "sync"

type Job struct {
	ID   int
	done func()
}

var jobs = sync.Pool{New: func() any { return new(Job) }}

func release(j *Job) {
	j.done = nil
	jobs.Put(j)
}

func Run(id int, done func(), log func(int)) {
	j := jobs.Get().(*Job)
	j.ID, j.done = id, done
	for i := 0; i < 3; i++ {
		if i == id {
			break
		}
	}
	j.done()
	log(j.ID)
	release(j)
}
""",
        ),
        Example(
            before="""package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([64]byte) }}

func Head(read func([]byte) int) []byte {
	array := buffers.Get().(*[64]byte)
	head := array[:read(array[:])]
	buffers.Put(array)
	return head // found
}
""",
        ),
        Example(
            before="""package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([]byte) }}

func Fill(n int) (out []byte) {
	buffer := buffers.Get().(*[]byte)
	defer func() {
		buffers.Put(buffer)
	}()
	*buffer = append((*buffer)[:0], byte(n))
	switch {
	case n > 9:
		return nil
	case n > 5:
		return *buffer // found
	}
	return (*buffer)[:1] // found
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Render(name string) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	buffer.WriteString(name)
	return buffer.String()
}
""",
            "`String` copies the bytes.",
        ),
        NearMiss(
            """package p

import "sync"

type Node struct {
	next *Node
	n    int
}

var nodes = sync.Pool{New: func() any { return new(Node) }}

func Free(n *Node) (sum int) {
	for n != nil {
		next := n.next
		sum += n.n
		n.next = nil
		nodes.Put(n)
		n = next
	}
	return sum
}
""",
            "The variable holds another value by then, which was not put back.",
        ),
        NearMiss(
            """package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([]byte) }}

func Take() []byte {
	buffer := buffers.Get().(*[]byte)
	b := append(*buffer, "taken"...)
	*buffer = nil
	buffers.Put(buffer)
	return b
}
""",
            "The memory was taken out of the value before it was put back.",
        ),
        NearMiss(
            """package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([64]byte) }}

func Fill(pooled bool, use func([]byte)) {
	var b *[64]byte
	if pooled {
		b = buffers.Get().(*[64]byte)
	} else {
		b = new([64]byte)
	}
	use(b[:])
	if pooled {
		buffers.Put(b)
	}
	if !pooled {
		use(b[:])
	}
}
""",
            "Where it is used, it was not put back.",
        ),
    )

    def sentence(self, case: Case) -> str:
        seen = case.seen
        if seen.detail == "deferred":
            return (
                f"{case.what} is memory that {case.other} puts back before the caller sees it: "
                "the next `Get` may give it to somebody else"
            )
        if seen.other_type:
            owner = f"memory of `{seen.other_type}`, which {case.other} has put back"
            return f"{case.what} is {owner}: the next `Get` may have given it to somebody else"
        return (
            f"{case.what} is used after {case.other} has put it back: "
            "the next `Get` may have given it to somebody else"
        )
