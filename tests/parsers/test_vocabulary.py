"""Every form and reason has an example, and real compilers print it in its versions only."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.parsers.vocabulary import (
    FORMS,
    FROM,
    INLINE_HASH,
    PARAMETER_LEAK,
    REASONS,
    Form,
    Reason,
)
from tests.parsers.compiling import compiled, messages
from tests.toolchains import VERSIONS, Toolchain

Write = Callable[[str], Path]

EXAMPLES = {
    "flow": ["  flow: {heap} ← &{storage for new(int)}:", "  flow: ~r0 = **p:"],
    "from": [
        "    from &x (address-of) at a.go:3:4",
        "    from f(a) (b) (call parameter) at <unknown line number>",
        "    from ... argument (slice-literal-element) at C:\\my code\\a.go:300",
    ],
    "truncated": [
        "  warning: truncated explanation due to assignment cycle; see golang.org/issue/35518"
    ],
    "parameter leak": [
        "parameter p leaks to {heap} with derefs=0:",
        "parameter sync/atomic.p leaks to {storage for func literal} for (*T).M with derefs=12:",
    ],
    "explanation": ["new(int) escapes to heap:", '"x in y" escapes to heap in F[go.shape.int]:'],
    "moved": ["moved to heap: x", "moved to heap: #state1", "moved to heap: lib.x"],
    "escapes": [
        "append escapes to heap",
        '"a: b escapes to heap:" escapes to heap',
        "`a\nb` escapes to heap",
        '"cut in the mid... escapes to heap',
    ],
    "stays": ["append does not escape", "... argument does not escape"],
    "leak to result": ["leaking param: p to result ~r0 level=1"],
    "content leak": ["leaking param content: p"],
    "leak": ["leaking param: .this", "leaking param: ~p0"],
    "unsafe uintptr": ["assuming p is unsafe uintptr"],
    "escaping uintptr": ["marking p as escaping uintptr", "marking p as escaping ...uintptr"],
    "capture": [
        "F.func1 capturing by ref: x (addr=true assign=false width=8)",
        "F capturing by value: .autotmp_4 (addr=false assign=true width=-1000000000)",
    ],
    "self-assignment": ["(*T).M ignoring self-assignment in t.b = t.b[n:]"],
    "zero-copy": ["zero-copy string->[]byte conversion"],
    "inlined call": ["inlining call to fmt.Println", "inlining call to F with score -20"],
    "inlinable": [
        "can inline F with cost 2 as: func(int) int { return 1 }",
        "can inline (*T).M with cost 12 as: method(*T) func() { x.f = func() { y() } }",
    ],
    "inlinable, short": ["can inline F", "can inline F[go.shape.struct { a int }]"],
    "recursive": ["cannot inline F into (*T).M: repeated recursive cycle"],
    "not inlinable": ["cannot inline F: unhandled op GO"],
    "big": ["function F considered 'big'; reducing max cost of inlinees"],
    "dead closure": ["unreferenced closure F.func1 marked as dead"],
    "not devirtualized": [
        "cannot devirtualize s.String: shaped receiver box[go.shape.int]",
        "cannot devirtualize s.Get: shaped interface getter[go.shape.int]",
    ],
    "devirtualized": [
        "devirtualizing s.String to name",
        "partially devirtualizing s.String to name",
    ],
    "PGO devirtualized": [
        "PGO devirtualizing s.Get to A.Get",
        "PGO devirtualizing interface call s.Get to A.Get",
        "PGO devirtualizing function call f to plus",
    ],
    "not PGO devirtualized": ["should not PGO devirtualize B.Get: marked go:noinline"],
    "imprecise call": ["imprecise interface call"],
    "bounds check": ["index bounds check elided"],
    "b.Loop, inlining": ["skip inlining within testing.B.loop for for loop"],
    "b.Loop, kept": [
        "function arg will be kept alive",
        "function result will be kept alive",
        "function results will be kept alive",
        "dereference will be kept alive",
        "expr will be kept alive",
        "example.com/m.n will be kept alive",
    ],
    "b.Loop, unknown": ["expr is unknown to bloop pass"],
    "b.Loop, assignment": ["unrecognized shape for assign list stmt for blank assignment"],
    "box without allocation": [
        "convert: using global for interface value: 5",
        "convert: using global for zero-sized interface value: struct {}{}",
        "convert: using global for single-byte interface value: b",
        "convert: using global for zero value interface value: x",
    ],
    "box on the stack": ["convert: using stack temporary for interface value: n"],
    "closure without allocation": ["closure converted to global"],
    "closure": [
        "heap closure, captured vars = [x y]",
        "stack closure, captured vars = []",
    ],
}

ALL = range(19, 1000)
NOT_PROVOKED = {
    # Nobody has seen one, not even in the standard library.
    "dead closure": ALL,
    # The compiler's other cases seem to leave nothing for it.
    "b.Loop, assignment": ALL,
    # Takes a large program: see test_truncated_explanation_is_real.
    "truncated": ALL,
    # Only in few packages of the standard library.
    "recursive": range(19, 24),
    # The text of a profile, which the compiler takes directly, came with Go 1.23.
    "PGO devirtualized": range(19, 23),
    "not PGO devirtualized": range(19, 23),
    # The callee is inlined before the call is looked at.
    "not devirtualized": range(26, 1000),
}
"""Forms that the programs below cannot provoke, with the Go minor versions."""
NEVER_PRINTED = {
    "assign-pair-mapr": "the element of a map begins no reported path",
    "assign-pair-receive": "what is received begins no reported path",
    "callee operand": "the function of a call begins no reported path",
}

FLOWS = """
    -- flows/flows.go --
    package flows

    import (
    	"reflect"
    	"unsafe"
    )

    type T struct{ a *int }

    var (
    	sink    *int
    	sinkAny any
    	sinkFun func()
    	sinks   []*int
    	a, b    *int
    	m       map[int]*int
    	c       chan *int
    )

    func keep(p *int)

    //go:uintptrescapes
    func system(p uintptr) { _ = p }

    func Spill() *int                      { return new(int) }
    func AddressOf() *int                  { x := 1; p := &x; return p }
    func Indirection(p **int)              { sink = *p }
    func Dot(t T) *int                     { return t.a }
    func DotOfPointer(t *T) *int           { return t.a }
    func Index(x [2]*int, i int) *int      { return x[i] }
    func Slice(b []byte) []byte            { return b[1:2] }
    func ToArray(s []*int) [2]*int         { return [2]*int(s) }
    func Convert(p *int)                   { sinkAny = p }
    func Array(p *int) [1]*int             { return [1]*int{p} }
    func Elements(p *int) []*int           { return []*int{p} }
    func Struct(p *int) T                  { return T{p} }
    func MapLiteral(k, v *int)             { m := map[*int]*int{k: v}; _ = m }
    func MapPut(m map[*int]int, k *int)    { m[k] = 1 }
    func Capture(p *int) func() int        { return func() int { return *p } }
    func Reference()                       { x := 1; sinkFun = func() { x++ } }
    func Argument()                        { x := 1; keep(&x) }
    func Appended(s []*int)                { sinks = append(sinks, s...) }
    func Appendee(s []*int) []*int         { s = append(s, nil); return s }
    func Copied(d, s []*int)               { copy(d, s) }
    func Pair(p, q *int)                   { a, b = p, q }
    func PairOfType(x any) *int            { p, _ := x.(*int); return p }
    func PairOfMap() *int                  { p, _ := m[1]; return p }
    func PairOfChannel() *int              { p, _ := <-c; return p }
    func Send(c chan *int, p *int)         { c <- p }
    func Callee(f func() *int) *int        { return f() }
    func Range(x [2]*int) (r *int)         { for _, v := range x { r = v }; return }
    func RangeDeref(x []*int) (r *int)     { for _, v := range x { r = v }; return }
    func Uintptr()                         { x := 1; system(uintptr(unsafe.Pointer(&x))) }
    func Unsafe() uintptr                  { x := 1; return uintptr(unsafe.Pointer(&x)) }
    func use(b []byte)                     { for i := range b { b[i]++ } }
    func Large()                           { var x [1 << 24]byte; use(x[:]) }
    func Zero(n int) any                   { s := make([]struct{}, n); return len(s) }
    func Make(n int) int                   { s := make([]byte, n); use(s); return len(s) }

    func Switch(x any) *int {
    	switch v := x.(type) {
    	case *int:
    		return v
    	}
    	return nil
    }

    func Header(b []byte) unsafe.Pointer {
    	h := (*reflect.SliceHeader)(unsafe.Pointer(&b))
    	return unsafe.Pointer(h.Data)
    }
    -- flows/flows.s --
    -- aligned/aligned.go --
    package aligned

    import "sync/atomic"

    func Aligned() int64 {
    	var x atomic.Int64
    	p := &x
    	return p.Add(1)
    }
"""

FORMS_OF_A_PROGRAM = """
    -- forms/forms.go --
    package forms

    import (
    	"errors"
    	"fmt"
    )

    var sinkAny any

    type Buffer struct{ data []byte }

    func (b *Buffer) Trim(n int)   { b.data = b.data[n:] }
    func (b *Buffer) Bytes() []byte { return b.data }
    func (b *Buffer) String() string { return "" }

    func Leak(p *int)      { sinkAny = p }
    func Content(p **int)  { sinkAny = *p }
    func Stays(p *int) int { return *p }
    func Moved(n int) *int { return &n }
    func Call() *int       { return Moved(1) }

    func Table(i int) int { var t [8]int; for j := range t { t[j] = j * i }; return t[i&7] }

    func ZeroCopy(s string) (n int) {
    	b := []byte(s)
    	for _, c := range b {
    		n += int(c)
    	}
    	return n + len(b)
    }

    func Assume(p uintptr)

    //go:uintptrescapes
    func Mark(p uintptr) { fmt.Print(p) }

    //go:uintptrescapes
    func MarkAll(p ...uintptr) { fmt.Print(p) }

    type name string

    func (n name) String() string { return string(n) }

    func Devirtualized() string { var s fmt.Stringer = name("x"); return s.String() }

    type Tree struct {
    	subs []*Tree
    	name string
    }

    func (t *Tree) Names() []string {
    	names := make([]string, 3)
    	t.names(names)
    	return names
    }

    func (t *Tree) names(into []string) {
    	if t.name != "" {
    		into[0] = t.name
    	}
    	for _, sub := range t.subs {
    		sub.names(into)
    	}
    }

    type box[V any] struct{ v V }

    func (b box[V]) String() string { return "" }

    func Shaped[V any](v V) string {
    	var s fmt.Stringer = box[V]{v}
    	return s.String()
    }

    func Generic[V fmt.Stringer](v V) string { return v.String() }

    func Generics() string {
    	return Shaped(1) + Shaped("") + Generic[fmt.Stringer](&Buffer{}) + Generic(name(""))
    }

    func Boxes(n int, b byte) []any {
    	x := 300
    	return []any{n, b, 5, struct{}{}, errors.New("x"), x}
    }

    func Local(n int) { var x any = n; print(x.(int)) }

    func Closures(n int) (func() int, func()) {
    	f := func() int { return n + 1 }
    	if f() > 3 {
    		return f, func() {}
    	}
    	return nil, nil
    }

    func OnTheStack(n int) int {
    	f := func() int { defer print(); n++; return n + 1 }
    	return f() + f()
    }
    -- forms/forms.s --
    -- profiled/profiled.go --
    package profiled

    type getter interface{ Get(n int) int }

    type A struct{}

    func (A) Get(n int) int { return n + 1 }

    type B struct{}

    //go:noinline
    func (B) Get(n int) int { return n + 2 }

    func Hot(s getter, f func(int) int) int {
    	n := s.Get(1)
    	n += f(2)
    	return n
    }

    func Cold(s getter) int {
    	return s.Get(3)
    }

    func plus(n int) int { return n + 4 }
    -- profile.txt --
    GO PREPROFILE V1
    example.com/m/profiled.Hot
    example.com/m/profiled.A.Get
    1 1000
    example.com/m/profiled.Hot
    example.com/m/profiled.plus
    2 900
    example.com/m/profiled.Cold
    example.com/m/profiled.B.Get
    1 900
"""

LOOPS = """
    -- go.mod --
    module example.com/m

    go 1.24
    -- loops.go --
    package m

    import "testing"

    type s struct {
    	x []int
    	p *int
    }

    func one(n int) int   { return n }
    func two() (int, int) { return 1, 2 }
    func three() *s       { return &s{} }

    func Benchmark(b *testing.B) {
    	v := s{}
    	n := 0
    	q := &n
    	for b.Loop() {
    		one(3)
    		two()
    		n++
    		*q = one(4)
    		v.x[0], n = two()
    		three().p = nil
    	}
    }
"""


def version_id(version: str) -> int:
    return int(version.split(".")[1])


def is_printed_by(item: Form | Reason, toolchain: Toolchain) -> bool:
    return item.since <= toolchain.minor and (item.until is None or toolchain.minor <= item.until)


def form_of(message: bytes) -> Form:
    return next(form for form in FORMS if form.pattern.match(message))


def big_function() -> str:
    statements = "\n".join(f"\tx[{index}] = x[{index + 1}] + n" for index in range(1200))
    return f"package big\n\nfunc Big(x []int, n int) {{\n{statements}\n}}\n"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_form_is_first_to_match_its_examples(form: Form) -> None:
    for example in EXAMPLES[form.name]:
        assert form_of(example.encode()).name == form.name, example


def test_no_example_is_of_an_unknown_form() -> None:
    assert EXAMPLES.keys() == {form.name for form in FORMS}
    assert len(FORMS) == len(EXAMPLES)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.label)
def test_reason_is_read_as_a_whole(reason: Reason) -> None:
    line = f"    from f(x) (y) ({reason.label}) at a.go:1:2"

    match = FROM.pattern.match(line.encode())

    assert match is not None
    assert match.group("expression", "reason", "at") == (
        b"f(x) (y)",
        reason.label.encode(),
        b"a.go:1:2",
    )


def test_names_are_unique() -> None:
    labels = [reason.label for reason in REASONS]

    assert len(set(labels)) == len(labels)
    assert labels == sorted(labels)


@pytest.mark.parametrize("item", [*FORMS, *REASONS], ids=lambda item: item[0])
def test_versions_are_told_apart_by_a_toolchain(item: Form | Reason) -> None:
    minors = [version_id(version) for version in VERSIONS]

    assert item.until is None or item.since <= item.until
    assert any(item.since <= minor <= (item.until or minor) for minor in minors)


def test_reasons_are_printed_in_their_versions_only(
    toolchain: Toolchain, write_module: Write
) -> None:
    root = write_module(FLOWS)
    text = compiled(toolchain, root, "./flows", flags=",checkptr=2")
    text += compiled(toolchain, root, "./flows")
    text += compiled(toolchain, root, "./aligned", environment={"GOARCH": "386"})

    found = {
        match["reason"].decode()
        for message in messages(text)
        if (match := FROM.pattern.match(message))
    }

    expected = {reason.label for reason in REASONS if is_printed_by(reason, toolchain)}
    assert found == expected - NEVER_PRINTED.keys()


def test_forms_are_printed_in_their_versions_only(
    toolchain: Toolchain, write_module: Write
) -> None:
    root = write_module(FORMS_OF_A_PROGRAM)
    (root / "big").mkdir()
    (root / "big" / "big.go").write_text(big_function())
    text = compiled(toolchain, root, "./forms", "./big")
    text += compiled(toolchain, root, "./forms", level=1)
    if toolchain.minor >= 23:
        profile = f" -pgoprofile={root / 'profile.txt'}"
        text += compiled(toolchain, root, "./profiled", flags=profile)
    if toolchain.minor >= 24:
        write_module(LOOPS)
        text += compiled(toolchain, root, ".")

    found = {form_of(message).name for message in messages(text)}

    expected = {form.name for form in FORMS if is_printed_by(form, toolchain)}
    not_here = {name for name, minors in NOT_PROVOKED.items() if toolchain.minor in minors}
    assert found == expected - not_here


@pytest.mark.parametrize("arrow", [b"=", "←".encode()])
def test_arrow_of_flows_changed_once(
    toolchain: Toolchain, write_module: Write, arrow: bytes
) -> None:
    root = write_module("-- a.go --\npackage m\n\nfunc New() *int { return new(int) }\n")

    flows = [line for line in messages(compiled(toolchain, root)) if line.startswith(b"  flow: ")]

    assert flows
    assert all((arrow in line) == ((arrow == b"=") == (toolchain.minor < 25)) for line in flows)


def test_function_is_told_from_1_25_on(toolchain: Toolchain, write_module: Write) -> None:
    root = write_module("-- a.go --\npackage m\n\nfunc F(p *int) *int { return p }\n")

    (leak,) = filter(None, map(PARAMETER_LEAK.pattern.match, messages(compiled(toolchain, root))))

    assert leak["function"] == (b"F" if toolchain.minor >= 25 else None)


def test_truncated_explanation_is_real(newest: Toolchain) -> None:
    source = newest.go.parent.parent / "src"

    found = {form_of(message).name for message in messages(compiled(newest, source, "go/types"))}

    assert "truncated" in found


def test_inline_hash_is_found_in_names() -> None:
    name = b"F.func1#5+2aqeVFpr0=#.2"

    assert INLINE_HASH.sub(b"", name) == b"F.func1.2"
    assert not re.search(INLINE_HASH, b"#state1 #next")
