"""Something is allocated of which the compiler prints no word."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, quoted, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.arrays import fixed_array
from escapelens.rewriting.at_use import converted_at_use
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, review, safe
from escapelens.rewriting.builders import builder
from escapelens.rewriting.code import LOOPS, around
from escapelens.rewriting.entries import room_in_map
from escapelens.rewriting.growth import made_with_room, room_on_stack
from escapelens.rewriting.parts import written_in_parts
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.splitting import cut, first_part, is_first_part, sequence
from escapelens.rewriting.tables import made_once
from escapelens.rewriting.twins import twin
from escapelens.rewriting.unconverted import call_of

_REASONS = {
    Subject.CHANNEL: "makes a channel, which is always on the heap",
    Subject.APPEND: "allocates a larger array when the old one is full",
    Subject.CONCATENATION: "makes a string that is only on the stack up to 32 bytes",
    Subject.CONVERSION: "makes a copy that is only on the stack up to 32 bytes",
    Subject.SLICE: "makes an array whose size is not known before it runs",
    Subject.BOX: "puts a value in an interface, and the copy does not fit on the stack",
}

_SPLITTING = ("strings.Split", "bytes.Split")


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

type Set map[string]bool

func Distinct(words []string) int {
	seen := Set{}
	for _, word := range words {
		seen[word] = true // heap
	}
	return len(seen)
}
""",
            after="""package p

type Set map[string]bool

func Distinct(words []string) int {
	seen := make(Set, len(words)) // heap
	for _, word := range words {
		seen[word] = true // heap
	}
	return len(seen)
}
""",
            rewrite="room-for-entries",
            effect=Effect.REDUCED,
            check="""import "strconv"

var words = func() (words []string) {
	for i := range make([]int, 100) {
		words = append(words, strconv.Itoa(i))
	}
	return words
}()

func check() any { return Distinct(words) }
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
        Example(
            before="""package p

func IsPalindrome(text string) bool {
	turned := make([]byte, len(text)) // heap
	for i := range turned {
		turned[i] = text[len(text)-1-i]
	}
	return string(turned) == text
}
""",
            after="""package p

func IsPalindrome(text string) bool {
	var turnedArray [256]byte
	var turned []byte
	if len(text) <= len(turnedArray) {
		turned = turnedArray[:len(text):len(text)]
	} else {
		turned = make([]byte, len(text)) // heap
	}
	for i := range turned {
		turned[i] = text[len(text)-1-i]
	}
	return string(turned) == text
}
""",
            since=25,
            rewrite="fixed-array",
            effect=Effect.REDUCED,
            check="""var isPalindrome = IsPalindrome

func check() any { return isPalindrome("step on no pets, no step on no pets step on") }
""",
        ),
        Example(
            before="""package p

import "strings"

func IsPage(head []byte) bool {
	return strings.Contains(string(head), "<html") // heap
}
""",
            after="""package p

import "bytes"

func IsPage(head []byte) bool {
	return bytes.Contains(head, []byte("<html"))
}
""",
            rewrite="twin",
            check="""import "bytes"

var head = append(bytes.Repeat([]byte("-"), 100), "<html>"...)

func check() any { return IsPage(head) }
""",
        ),
        Example(
            before="""package p

import "bytes"

//go:noinline
func Dots(name string) int {
	return bytes.Count([]byte(name), []byte(".")) // heap
}
""",
            after="""package p

import "strings"

//go:noinline
func Dots(name string) int {
	return strings.Count(name, ".")
}
""",
            rewrite="twin",
            check="""import "strings"

var name = strings.Repeat("a.", 100)

func check() any { return Dots(name) }
""",
        ),
        Example(
            before="""package p

func Next(day string) string {
	next := map[string]string{ // heap
		"Mon": "Tue", "Tue": "Wed", "Wed": "Thu", "Thu": "Fri", "Fri": "Sat", "Sat": "Sun", // heap
		"Sun": "Mon", "Day": "Day", "Any": "Any", "No": "No", "Free": "Free", "Work": "Yes", // heap
	}
	return next[day]
}
""",
            after="""package p

var nextNext = map[string]string{
	"Mon": "Tue", "Tue": "Wed", "Wed": "Thu", "Thu": "Fri", "Fri": "Sat", "Sat": "Sun", // heap
	"Sun": "Mon", "Day": "Day", "Any": "Any", "No": "No", "Free": "Free", "Work": "Yes", // heap
}

func Next(day string) string {
	return nextNext[day]
}
""",
            rewrite="package-value",
            check="""func check() any { return Next("Sat") == "Sun" }
""",
        ),
        Example(
            before="""package p

import "strings"

func Longest(list string) int {
	longest := 0
	for _, name := range strings.Split(list, ",") { // heap
		longest = max(longest, len(name))
	}
	return longest
}
""",
            after="""package p

import "strings"

func Longest(list string) int {
	longest := 0
	for name := range strings.SplitSeq(list, ",") {
		longest = max(longest, len(name))
	}
	return longest
}
""",
            since=25,
            go="1.25",
            rewrite="split-seq",
            check="""func check() any { return Longest("a,bb,ccc,,d") }
""",
        ),
        Example(
            before="""package p

import "strings"

func Setting(line string) (string, string) {
	parts := strings.SplitN(line, "=", 2) // heap
	if len(parts) != 2 {
		return line, ""
	}
	return strings.TrimSpace(parts[0]), strings.TrimSpace(parts[1])
}
""",
            after="""package p

import "strings"

func Setting(line string) (string, string) {
	before, after, found := strings.Cut(line, "=")
	if !found {
		return line, ""
	}
	return strings.TrimSpace(before), strings.TrimSpace(after)
}
""",
            rewrite="cut",
            check="""func check() any {
	name, value := Setting("name = value")
	other, none := Setting("nothing")
	return name + value + other + none
}
""",
        ),
        Example(
            before="""package p

import "strings"

func Host(address string) string {
	host := strings.Split(address, ":")[0] // heap
	return strings.TrimSpace(host)
}
""",
            after="""package p

import "strings"

func Host(address string) string {
	host, _, _ := strings.Cut(address, ":")
	return strings.TrimSpace(host)
}
""",
            rewrite="cut-first",
            check="""var address = "localhost:80"

func check() any { return Host(address) + Host("none") }
""",
        ),
        Example(
            before="""package p

func Sum(n int) (sum int) {
	stack := []int{}
	for i := 0; i < n; i++ {
		stack = append(stack, i) // heap
	}
	for len(stack) > 0 {
		sum += stack[len(stack)-1]
		stack = stack[:len(stack)-1]
	}
	return sum
}
""",
            after="""package p

func Sum(n int) (sum int) {
	stack := make([]int, 0, 16)
	for i := 0; i < n; i++ {
		stack = append(stack, i) // heap
	}
	for len(stack) > 0 {
		sum += stack[len(stack)-1]
		stack = stack[:len(stack)-1]
	}
	return sum
}
""",
            rewrite="room-on-stack",
            check="""var n = 12

func check() any { return Sum(n) }
""",
        ),
        Example(
            before="""package p

//go:noinline
func Kind(word []byte, kinds map[string]int) int {
	text := string(word) // heap
	if text == "" || len(text) > 80 || text[0] == '-' {
		return 0
	}
	switch text {
	case "begin", "end":
		return 1
	}
	return kinds[text]
}
""",
            after="""package p

//go:noinline
func Kind(word []byte, kinds map[string]int) int {
	if string(word) == "" || len(word) > 80 || word[0] == '-' {
		return 0
	}
	switch string(word) {
	case "begin", "end":
		return 1
	}
	return kinds[string(word)]
}
""",
            rewrite="convert-at-use",
            check="""var (
	word  = []byte("a word that is longer than the thirty-two bytes on the stack")
	kinds = map[string]int{string(word): 3}
)

func check() any { return Kind(word, kinds) }
""",
        ),
        Example(
            before="""package p

import "strings"

//go:noinline
func Heading(into *strings.Builder, name string) {
	into.WriteString("## The functions of the package " + name + "\\n") // heap
}
""",
            after="""package p

import "strings"

//go:noinline
func Heading(into *strings.Builder, name string) {
	into.WriteString("## The functions of the package ")
	into.WriteString(name)
	into.WriteByte('\\n')
}
""",
            rewrite="write-parts",
            check="""import "strings"

func check() any {
	var text strings.Builder
	text.Grow(100)
	Heading(&text, "net/http/httptest")
	return text.Len()
}
""",
        ),
    )
    refusals = (
        RefusalExample(
            "write-parts",
            """package p

import "strings"

func Heading(into *strings.Builder, name string) int {
	n, _ := into.WriteString("## The functions of the package " + name) // heap
	return n
}
""",
            "what writing it returns is used",
        ),
        RefusalExample(
            "write-parts",
            """package p

type Log struct{ lines int }

//go:noinline
func (l *Log) WriteString(line string) (int, error) {
	l.lines++
	return len(line), nil
}

func Heading(into *Log, name string) {
	into.WriteString("## The functions of the package " + name) // heap
}
""",
            "what else `into` does when it is written to is not known",
        ),
        RefusalExample(
            "room-for-entries",
            """package p

func Count(seen map[string]bool, words []string) int {
	for _, word := range words {
		seen[word] = true // heap
	}
	return len(seen)
}
""",
            "`seen` is not declared empty in front of a loop",
        ),
        RefusalExample(
            "split-seq",
            """package p

import "strings"

func Numbered(list string) int {
	sum := 0
	for i, name := range strings.Split(list, ",") { // heap
		sum += i * len(name)
	}
	return sum
}
""",
            "there is no `strings.SplitSeq` before Go 1.24",
        ),
        RefusalExample(
            "cut",
            """package p

import "strings"

func Pair(line, by string) string {
	parts := strings.SplitN(line, by, 2) // heap
	return parts[len(parts)-1]
}
""",
            "the separator may be empty",
        ),
        RefusalExample(
            "cut",
            """package p

import "strings"

func Last(line string) string {
	parts := strings.SplitN(line, ":", 2) // heap
	return parts[len(parts)-1]
}
""",
            "`parts` is used in another way (line 7)",
        ),
        RefusalExample(
            "twin",
            """package p

import "strings"

func Find(text []byte, word string) int {
	return strings.Index(string(text), word) // heap
}
""",
            "`word` would be copied instead",
        ),
        RefusalExample(
            "twin",
            """package p

import (
	"strings"
	"unicode"
)

func Space(text []byte) int {
	return strings.IndexFunc(string(text), unicode.IsSpace) // heap
}
""",
            "`strings.IndexFunc` has no counterpart that surely does the same",
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
            if what.startswith(_SPLITTING):
                reason = "makes a slice of the parts"
        return f"{quoted(what)} {reason}; the compiler prints nothing of it"

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        subject, site = case.evidence.subject, told(case)
        in_loop = around(case.node, *LOOPS) is not None
        if subject is Subject.SLICE and case.evidence.what.startswith(_SPLITTING):
            yield from _without_slice(case)
        elif subject is Subject.SLICE:
            yield attempt("fixed-array", lambda: _fixed_array(case))
        elif subject is Subject.CONVERSION and call_of(case.node) is not None:
            yield attempt("twin", lambda: _twin(case))
        elif subject is Subject.CONVERSION:
            yield from converted_at_use(case)
        elif subject is Subject.MAP:
            yield from made_once(case)
            yield from room_in_map(case)
        elif subject is Subject.APPEND:
            if in_loop:
                yield from made_with_room(case)
            yield attempt("room-on-stack", lambda: _room_on_stack(case))
        elif subject is Subject.CONCATENATION:
            if in_loop:
                yield attempt("builder", lambda: _builder(case))
            yield from written_in_parts(case)
        yield idea(
            "size-or-reuse",
            f"give what {site.what} makes its final size, or use one again",
            "A size that is known when it is made saves growing; what is kept in the receiver or "
            "handed in by the caller can be emptied and filled again.",
            "What is used again holds what the last call left in it.",
        )


def _fixed_array(case: RewriteCase) -> Rewrite:
    array = fixed_array(code_of(case), case.node)
    return safe(
        "fixed-array",
        f"give `{array.variable}` an array of {array.length} elements, and `make` only larger ones",
        f"Length and capacity of `{array.variable}` stay the same. The stack frame grows by the "
        "array, which is cleared each time.",
        array.edits,
    )._replace(effect=Effect.REDUCED)


def _room_on_stack(case: RewriteCase) -> Rewrite:
    start = room_on_stack(code_of(case), case.node)
    title = f"begin `{start.variable}` on the stack, with room for {start.room} elements"
    if start.shows:
        safety = (
            f"It is no longer nil or without room at first, which line {start.shows[0]} may tell."
        )
        made = review("room-on-stack", title, safety, start.edits)
    else:
        safety = (
            "It holds the same elements in the same order. The stack frame grows by "
            f"{start.size} bytes."
        )
        made = safe("room-on-stack", title, safety, start.edits)
    return made._replace(effect=Effect.REDUCED)


def _builder(case: RewriteCase) -> Rewrite:
    name, edits = builder(code_of(case), case.node)
    return safe(
        "builder",
        f"gather `{name}` in a `strings.Builder`",
        f"`{name}` has the same text at each place that reads it.",
        edits,
    )._replace(effect=Effect.REDUCED)


def _twin(case: RewriteCase) -> Rewrite:
    found = twin(code_of(case), case.node)
    return safe(
        "twin",
        f"ask `{found.function}`, which takes it without a copy",
        "Both packages have the same function, and it returns nothing of what it is given.",
        found.edits,
    )


def _without_slice(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrites of a string that is split."""
    if is_first_part(case.node):
        yield attempt("cut-first", lambda: _cut_first(case))
    elif case.evidence.what.startswith("strings.SplitN"):
        yield attempt("cut", lambda: _cut(case))
    else:
        yield attempt("split-seq", lambda: _split_seq(case))


def _split_seq(case: RewriteCase) -> Rewrite:
    name, edits = sequence(code_of(case), case.node, case.go, case.language)
    return safe(
        "split-seq",
        f"go through the parts with `{name}`",
        "The same parts come in the same order; a string does not change in between.",
        edits,
    )


def _cut_first(case: RewriteCase) -> Rewrite:
    name, edits = first_part(code_of(case), case.node)
    return safe(
        "cut-first",
        f"cut `{name}` off with `strings.Cut`, without a slice of all parts",
        "What stands before the separator is the same, and all of it where there is none.",
        edits,
    )


def _cut(case: RewriteCase) -> Rewrite:
    found = cut(code_of(case), case.node)
    title = f"cut in two with `strings.Cut` instead of a slice `{found.parts}`"
    if not found.unguarded:
        return safe("cut", title, "Both parts are the same where there are two.", found.edits)
    return review(
        "cut",
        title,
        f"Where there is one part only, line {found.unguarded[0]} panics, and would go on with an "
        "empty second part.",
        found.edits,
    )
