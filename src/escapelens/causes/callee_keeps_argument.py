"""An argument that the called function keeps."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, quoted, told
from escapelens.causes.clauses import kept
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.cold import copied_in_branch
from escapelens.rewriting.hoisting import literal_made_once
from escapelens.rewriting.rewrite import RewriteCase
from escapelens.rewriting.scratch import kept_in_receiver
from escapelens.rewriting.tables import made_once


class CalleeKeepsArgument(Cause):
    summary = "the address of a value is handed to a function that keeps it"
    why = """\
The compiler notes for each parameter whether the function, or anything it calls, may keep what the
parameter points to. This one does: it stores the address, sends it, or hands it on to code that
cannot be looked into. One path is enough, even one that never runs in practice. So the value must
outlive the call.
"""
    safety = """\
A function that takes a copy no longer shares the value with its caller: later changes stay apart.
An exported function's signature is part of its API.
"""
    leave_it = """\
Leave it where keeping the value is the purpose, as for a registry, a cache or a tree: it must live
somewhere.
"""
    history = """\
Since Go 1.26 `errors.AsType` finds an error by its type, without a variable whose address is handed
to `errors.As`.
"""
    examples = (
        Example(
            before="""package p

type Job struct {
	Name  string
	Tries int
}

type Queue struct {
	last *Job
	size int
}

//go:noinline
func (q *Queue) Push(job *Job) {
	q.last = job
	q.size++
}

func Run(q *Queue, name string) {
	job := Job{Name: name} // heap
	q.Push(&job)
}
""",
            after="""package p

type Job struct {
	Name  string
	Tries int
}

type Queue struct {
	last Job
	size int
}

//go:noinline
func (q *Queue) Push(job Job) {
	q.last = job
	q.size++
}

func Run(q *Queue, name string) {
	job := Job{Name: name}
	q.Push(job)
}
""",
        ),
        Example(
            before="""package p

type Request struct {
	Path string
	Slow bool
}

var slowest *Request

//go:noinline
func record(r *Request) {
	if r.Slow {
		slowest = r
	}
}

func Serve(path string) {
	r := Request{Path: path} // heap
	record(&r)
}
""",
            after="""package p

type Request struct {
	Path string
	Slow bool
}

var slowest *Request

//go:noinline
func record(r *Request) {
	if r.Slow {
		kept := *r
		slowest = &kept
	}
}

func Serve(path string) {
	r := Request{Path: path}
	record(&r)
}
""",
        ),
        Example(
            before="""package p

import "io"

func ReadLength(r io.Reader) (int, error) {
	var header [2]byte // heap
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, err
	}
	return int(header[0])<<8 | int(header[1]), nil
}
""",
            after="""package p

import "io"

type Decoder struct {
	r      io.Reader
	header [2]byte
}

func (d *Decoder) ReadLength() (int, error) {
	if _, err := io.ReadFull(d.r, d.header[:]); err != nil {
		return 0, err
	}
	return int(d.header[0])<<8 | int(d.header[1]), nil
}
""",
        ),
        Example(
            before="""package p

import "fmt"

func Port(text string) (int, error) {
	var port int                     // heap
	_, err := fmt.Sscan(text, &port) // heap
	return port, err
}
""",
            after="""package p

import "strconv"

func Port(text string) (int, error) {
	return strconv.Atoi(text)
}
""",
        ),
        Example(
            before="""package p

import (
	"errors"
	"io/fs"
)

func Path(err error) string {
	var failed *fs.PathError // heap
	if errors.As(err, &failed) {
		return failed.Path
	}
	return ""
}
""",
            after="""package p

import (
	"errors"
	"io/fs"
)

func Path(err error) string {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Path
	}
	return ""
}
""",
            since=26,
            go="1.26",
        ),
        Example(
            before="""package p

var last []string

//go:noinline
func Count(key []string) { last = key }

func Commit() {
	Count([]string{"store", "commit"}) // heap
}
""",
            after="""package p

var last []string

//go:noinline
func Count(key []string) { last = key }

var storeCommit = []string{"store", "commit"}

func Commit() {
	Count(storeCommit)
}
""",
            rewrite="package-value",
            check="""func check() any { Commit(); return last }
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Job struct{ Tries int }

//go:noinline
func retry(job *Job) { job.Tries++ }

func Run() int {
	job := Job{}
	retry(&job)
	return job.Tries
}
""",
            "The function uses the address but does not keep it.",
        ),
        NearMiss(
            """package p

//go:noinline
func larger(a, b *int) *int {
	if *a > *b {
		return a
	}
	return b
}

func Max(a, b int) *int {
	return larger(&a, &b)
}
""",
            "The function only returns the address; it is the caller that returns it further.",
        ),
        NearMiss(
            """package p

type Job struct{ Name string }

type Queue struct{ last *Job }

func (q *Queue) Push(job *Job) { q.last = job }

func Run(q *Queue, name string) {
	q.Push(&Job{Name: name})
}
""",
            "The function is so small that its body is put in place of the call, "
            "and stores the address there.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and (pattern.end is End.CALL and not pattern.is_formatted)
        )

    def sentence(self, case: Case) -> str:
        return case.because(kept(case))

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from copied_in_branch(case)
        yield from literal_made_once(case)
        yield from kept_in_receiver(case)
        yield from made_once(case)
        site = told(case)
        chain = case.site.chain
        if chain and chain[-1].position is not None:
            keeps = "keeps" if case.site.dispatch is None else "may keep"
            yield idea(
                "leave-it",
                f"leave {site.what}",
                f"{site.call} {keeps} it: {quoted(chain[-1].text)}{site.line(chain[-1].position)}. "
                "What is kept needs memory of its own. Where very many are, let the callee copy "
                "them into one slice of values.",
            )
            return
        yield idea(
            "reuse-or-leave",
            f"leave {site.what}, unless {site.call} lets go of it before it returns",
            f"What {site.call} does with the address is not known. Only if it surely keeps "
            "nothing can a field of a struct that lives on, or a `sync.Pool`, hold one for many "
            "calls.",
            "What is used again changes for whoever still holds it.",
        )
