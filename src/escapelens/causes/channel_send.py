"""An address is sent on a channel."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea, instead
from escapelens.rewriting.rewrite import RewriteCase


class ChannelSend(Cause):
    summary = "the address of a value is sent on a channel"
    why = """\
Whoever receives from a channel may be another goroutine with a stack of its own, and may use what
it gets long after this call has returned. The compiler does not look for the receiver. What is sent
must therefore be on the heap if it is an address, or holds one, even if both ends of the channel
are in the same function.
"""
    safety = """\
A channel of values copies each of them twice: into the channel and out of it. The receiver then has
a copy of its own, so changes are no longer shared, and a struct with a lock in it must not be sent
that way. Sending a part of a slice instead of a copy of it needs a sender that leaves it unchanged.
"""
    leave_it = """\
A large value is cheaper to send as a pointer. A send takes a lock and often wakes another
goroutine, so next to that one allocation hardly shows.
"""
    examples = (
        Example(
            before="""package p

type Job struct {
	id   int
	path string
}

func Submit(jobs chan<- *Job, paths []string) {
	for i, path := range paths {
		jobs <- &Job{id: i, path: path} // heap
	}
	close(jobs)
}
""",
            after="""package p

type Job struct {
	id   int
	path string
}

func Submit(jobs chan<- Job, paths []string) {
	for i, path := range paths {
		jobs <- Job{id: i, path: path}
	}
	close(jobs)
}
""",
        ),
        Example(
            before="""package p

func Split(data []byte, chunks chan<- []byte) {
	for len(data) >= 512 {
		chunk := make([]byte, 512) // heap
		copy(chunk, data)
		chunks <- chunk
		data = data[512:]
	}
}
""",
            after="""package p

func Split(data []byte, chunks chan<- []byte) {
	for len(data) >= 512 {
		chunks <- data[:512:512]
		data = data[512:]
	}
}
""",
        ),
        Example(
            before="""package p

type Reply struct{ code int }

type Request struct {
	path  string
	reply *Reply
}

func Ask(requests chan<- Request, path string) {
	reply := Reply{} // heap
	select {
	case requests <- Request{path, &reply}:
	default:
	}
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Point struct{ X, Y int }

func Send(points chan<- Point, x, y int) {
	p := &Point{x, y}
	points <- *p
}
""",
            "the value is copied into the channel, and nothing in it is an address",
        ),
        NearMiss(
            """package p

type Job struct{ done chan *int }

func Start(n int) chan *int {
	job := &Job{done: make(chan *int, 1)}
	return job.done
}
""",
            "the channel is returned, and nothing is sent on it",
        ),
        NearMiss(
            """package p

func Start(values []int) <-chan int {
	out := make(chan int)
	go func() {
		for _, v := range values {
			out <- v
		}
		close(out)
	}()
	return out
}
""",
            "numbers are sent; what is on the heap is the function literal that a goroutine runs",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.CHANNEL

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} sends {case.it} to whoever receives")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        value = idea(
            "send-value",
            f"send {site.what} by value",
            f"{site.statement} hands over its address; a channel of values copies it into the "
            "channel's own buffer.",
            "The receiver gets a copy, and no longer shares the value with the sender.",
        )
        yield instead(case, site.what, value)
