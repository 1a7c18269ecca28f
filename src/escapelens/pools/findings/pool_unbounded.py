"""A buffer that may have grown to any size is put back."""

from escapelens.causes.base import quoted
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
        Example(
            before="""package p

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Reply(w io.Writer, v any) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if err := json.NewEncoder(buffer).Encode(v); err != nil { // found
		return err
	}
	_, err := buffer.WriteTo(w)
	return err
}
""",
            after="""package p

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Reply(w io.Writer, v any) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= 64<<10 {
			buffers.Put(buffer)
		}
	}()
	buffer.Reset()
	if err := json.NewEncoder(buffer).Encode(v); err != nil {
		return err
	}
	_, err := buffer.WriteTo(w)
	return err
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type node struct {
	name  string
	inner []*node
}

func (n *node) write(w *bytes.Buffer) {
	w.WriteString(n.name)
	for _, inner := range n.inner {
		inner.write(w)
	}
}

func row(w io.Writer, name string) { fmt.Fprintln(w, name) }

func Tree(root *node, names []string) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	for _, name := range names {
		row(buffer, name) // found
	}
	root.write(buffer)
	return buffer.String()
}
""",
        ),
        Example(
            before="""package p

import "sync"

type text []byte

func (t *text) reset()         { *t = (*t)[:0] }
func (t *text) grow(size int)  { *t = append(*t, make([]byte, size)...) }
func (t *text) write(s string) { *t = append(*t, s...) }

var texts = sync.Pool{New: func() any { return new(text) }}

func Fill(name string, size int) string {
	t := texts.Get().(*text)
	t.reset()
	t.write(name)
	t.grow(size) // found
	s := string(*t)
	texts.Put(t)
	return s
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"sync"
	"text/template"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type page struct{ Names []string }

func Render(t *template.Template, p page) (string, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if err := t.Execute(buffer, p); err != nil { // found
		return "", err
	}
	return buffer.String(), nil
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"encoding/json"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type page struct{ Names []string }

func Encode(p *page) ([]byte, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	if buffer.Len() > 0 {
		buffer.Reset()
	}
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(p); err != nil { // found
		return nil, err
	}
	text := make([]byte, buffer.Len())
	copy(text, buffer.Bytes())
	return text, nil
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
	defer buffers.Put(buffer)
	buffer.Reset()
	if _, err := io.Copy(buffer, io.LimitReader(r, 4096)); err != nil {
		return "", err
	}
	return buffer.String(), nil
}
""",
            "What is read ends after so many bytes.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Number(n uint, flags [4]bool) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	for n > 0 {
		buffer.WriteByte('0' + byte(n%10))
		n /= 10
	}
	for i := 0; i < 4; i++ {
		buffer.WriteByte(' ')
	}
	for _, name := range []string{"read", "write"} {
		buffer.WriteString(name)
	}
	for _, flag := range flags {
		if flag {
			buffer.WriteByte('+')
		}
	}
	return buffer.String()
}
""",
            "Each loop turns as often as the source says, or once for each digit.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type point struct {
	X, Y int
	At   time.Time
}

func Encode(p point) (string, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if err := json.NewEncoder(buffer).Encode(p); err != nil {
		return "", err
	}
	return buffer.String(), nil
}
""",
            "All values of the type are about as long.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Join(rows []string) string {
	buffer := buffers.Get().(*bytes.Buffer)
	buffer.Reset()
	for _, row := range rows {
		buffer.WriteString(row)
	}
	text := buffer.String()
	if len(text) < 1<<16 {
		buffers.Put(buffer)
	}
	return text
}

var others = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Read(r io.Reader) (string, error) {
	buffer := others.Get().(*bytes.Buffer)
	buffer.Reset()
	n, err := buffer.ReadFrom(r)
	text := buffer.String()
	large := n > 1<<16
	if !large {
		others.Put(buffer)
	}
	return text, err
}
""",
            "Something that tells its size decides whether it is put back.",
        ),
    )

    def title(self, case: Case) -> str:
        return f"put {case.what} back only below 64 KiB"

    def sentence(self, case: Case) -> str:
        where = f"in {quoted(case.seen.other)}" if case.seen.other else "here"
        return (
            f"{case.what} grows {where} as far as the input goes, and is put back whatever its "
            "size: the pool keeps the memory of the largest use"
        )
