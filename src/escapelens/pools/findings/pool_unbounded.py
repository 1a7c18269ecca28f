"""A buffer that may have grown to any size is put back."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolUnbounded(Rule):
    rank = 11
    rewrite = "limit"
    summary = "a buffer that grows with its input is put back in a `sync.Pool` whatever its size"
    why = """\
A buffer keeps the memory of the largest thing it ever held. Where each use asks for another size,
the pool in time holds only large buffers, one or more per processor, and the memory is in use for
as long as the pool is. The garbage collector frees what the pool holds only when it is not used
during two collections.
"""
    safety = """\
Put back only what is below a limit, such as 64 KiB, and leave larger ones to the garbage
collector. The limit should be above what is usual, or the pool saves nothing.
"""
    leave_it = """\
Leave it where all uses are about the same size, or where something else bounds them.
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

func Read(r io.Reader) (string, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil { // found
		return "", err
	}
	return buffer.String(), nil
}
""",
            after="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func free(buffer *bytes.Buffer) {
	if buffer.Cap() <= 64<<10 {
		buffers.Put(buffer)
	}
}

func Read(r io.Reader) (string, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer free(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		return "", err
	}
	return buffer.String(), nil
}
""",
        ),
        Example(
            before="""package p

import "sync"

var lists = sync.Pool{New: func() any { return new([]int) }}

func Sum(next func() (int, bool)) (sum int) {
	list := lists.Get().(*[]int)
	*list = (*list)[:0]
	for n, ok := next(); ok; n, ok = next() {
		*list = append(*list, n) // found
	}
	for _, n := range *list {
		sum += n
	}
	lists.Put(list)
	return sum
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import (
	"bytes"
	"strconv"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Render(n int) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	buffer.WriteString("n=")
	buffer.WriteString(strconv.Itoa(n))
	return buffer.String()
}
""",
            "Nothing shows that it grows without a bound.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Read(r io.Reader) (string, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	_, err := buffer.ReadFrom(r)
	text := buffer.String()
	if buffer.Cap() < 1<<20 {
		buffers.Put(buffer)
	}
	return text, err
}
""",
            "What has grown too large is left to the garbage collector.",
        ),
    )

    def title(self, case: Case) -> str:
        return f"put {case.what} back only below 64 KiB"

    def sentence(self, case: Case) -> str:
        return (
            f"{case.what} grows here as far as the input goes, and is put back whatever its size: "
            "the pool keeps the memory of the largest use"
        )
