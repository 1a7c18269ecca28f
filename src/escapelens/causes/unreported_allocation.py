"""Something is allocated of which the compiler prints no word."""

from escapelens.causes.base import Case, Cause, Example, NearMiss, quoted
from escapelens.evidence import End, Pattern, Subject

_REASONS = {
    Subject.CHANNEL: "makes a channel, which is always on the heap",
    Subject.APPEND: "allocates a larger array when the old one is full",
    Subject.CONCATENATION: "makes a string that is only on the stack up to 32 bytes",
    Subject.CONVERSION: "makes a copy that is only on the stack up to 32 bytes",
    Subject.SLICE: "makes an array whose size is not known before it runs",
    Subject.BOX: "puts a value in an interface, and the copy does not fit on the stack",
}


class UnreportedAllocation(Cause):
    summary = "something is allocated that the compiler does not call on the heap"
    why = """\
Escape analysis tells which values may live on the stack. That is not the same as which lines
allocate. A channel is always on the heap, so nothing is decided and nothing printed. The array
behind a slice or a map that stays in the function is on the stack as long as it is small, and moves
to the heap when it grows; a string that is put together there is on the stack up to 32 bytes. The
compiler calls all of these *does not escape*, or says nothing. The machine code shows the call.
"""
    safety = """\
Giving a slice or a map its size when it is made (`make([]T, 0, n)`, `make(map[K]V, n)`) changes
nothing but the number of allocations. A buffer that is used again must be emptied first.
"""
    leave_it = """\
Leave it where it runs seldom, or where the size is small nearly always: then nothing is allocated
nearly always. A channel is needed where it is needed.
"""
    history = """\
Up to Go 1.24 no growth of a slice is printed; since Go 1.25 the compiler says `append escapes to
heap` of those whose array leaves the function. Since Go 1.25 a small slice of variable size that
does not escape is on the stack.
"""
    machine_code = True
    examples = (
        Example(
            before="""package p

func Wait(work func()) {
	done := make(chan bool) // heap
	go func() {
		work()
		done <- true
	}()
	<-done
}
""",
            after="""package p

import "sync"

func Wait(work func()) {
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		work()
		done.Done()
	}()
	done.Wait()
}
""",
        ),
        Example(
            before="""package p

func Count(words []string) int {
	seen := map[string]int{}
	for _, word := range words {
		seen[word] = len(word) // heap
	}
	return len(seen)
}
""",
        ),
        Example(
            before="""package p

func Key(user, id string, known map[string]int) int {
	key := user + "/" + id // heap
	return known[key] + len(key)
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Sum() int {
	parts := []int{1, 2, 3}
	total := 0
	for _, part := range parts {
		total += part
	}
	return total
}
""",
            "the array is small, of a fixed size, and on the stack",
        ),
        NearMiss(
            """package p

func Events() chan int {
	return nil
}
""",
            "no channel is made",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.UNREPORTED

    def sentence(self, case: Case) -> str:
        subject, what = case.evidence.subject, case.evidence.what
        if subject is Subject.MAP:
            makes = what.startswith(("make(", "map["))
            reason = "makes a map" if makes else "allocates when the map must grow"
        else:
            reason = _REASONS.get(subject, "allocates when it runs")
        return f"{quoted(what)} {reason}; the compiler prints nothing of it"
