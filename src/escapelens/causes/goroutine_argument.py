"""A goroutine is started with the address of a value."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class GoroutineArgument(Cause):
    summary = "the address of a value is handed to a `go` statement"
    why = """
The arguments and the receiver of a `go` statement are kept until the new goroutine gets to run,
and it may run on when this function has returned. If one of them is an address, or holds one, what
it points to must be on the heap. What the called function does with it plays no part, and neither
does a `WaitGroup` that makes this function wait.
"""
    safety = """
A value instead of a pointer gives the goroutine a copy of its own. It no longer sees later
changes, and its own changes are lost, which may also remove a data race. A struct with a lock or a
`WaitGroup` in it must not be copied.
"""
    leave_it = """
Starting a goroutine costs more than one small value. If both sides share the value, or if it is
large, leave it as it is.
"""
    examples = (
        Example(
            before="""package p

type Job struct {
	id   int
	path string
}

func run(job *Job) { println(job.id, job.path) }

func Start(id int, path string) {
	job := Job{id, path} // heap
	go run(&job)
}
""",
            after="""package p

type Job struct {
	id   int
	path string
}

func run(job Job) { println(job.id, job.path) }

func Start(id int, path string) {
	job := Job{id, path}
	go run(job)
}
""",
        ),
        Example(
            before="""package p

type Session struct{ user string }

func (s *Session) serve() { println(s.user) }

func Accept(users <-chan string) {
	for user := range users {
		s := &Session{user: user} // heap
		go s.serve()
	}
}
""",
            after="""package p

type Session struct{ user string }

func (s Session) serve() { println(s.user) }

func Accept(users <-chan string) {
	for user := range users {
		go Session{user: user}.serve()
	}
}
""",
        ),
        Example(
            before="""package p

func fill(buffer []byte, value byte) {
	for i := range buffer {
		buffer[i] = value
	}
}

func Start(value byte) {
	go fill(make([]byte, 512), value) // heap
}
""",
            after="""package p

func fill(value byte) {
	buffer := make([]byte, 512)
	for i := range buffer {
		buffer[i] = value
	}
}

func Start(value byte) {
	go fill(value)
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Job struct{ id int }

func run(job Job) { println(job.id) }

func Start(id int) {
	job := Job{id}
	go run(job)
}
""",
            "the value is copied; only what the statement keeps for its call is on the heap",
        ),
        NearMiss(
            """package p

type Job struct{ id int }

func run(job *Job) { println(job.id) }

func Start(id int) {
	job := Job{id}
	go func() {
		run(&job)
	}()
}
""",
            "a function literal captures the variable, which is a cause of its own",
        ),
        NearMiss(
            """package p

type Job struct{ id int }

func run(job *Job) { println(job.id) }

func Run(id int) {
	job := Job{id}
	defer run(&job)
}
""",
            "a `defer` outside of loops calls while this function's stack frame is still there",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and (pattern.end is End.GOROUTINE and pattern.subject is not Subject.FUNC_LITERAL)
        )

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} hands {case.it} to a goroutine, which may outlive this call"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "leave-it",
            f"leave {site.what} unless this goroutine is started very often",
            f"Starting the goroutine{site.line(case.evidence.position)} costs more than this "
            "value. Goroutines that are started once and receive their work on a channel need no "
            "such value each time.",
        )
