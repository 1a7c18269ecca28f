"""A value is handed to package reflect."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class ReflectiveCall(Cause):
    summary = "a value is handed to package `reflect`"
    why = """\
Package `reflect` reads and changes values through addresses that the compiler cannot follow.
Looking at a type, a kind or a number keeps nothing. But `DeepEqual`, `Interface`, `Set`, `Call`,
`Append` and others may pass the address on, so what they were given must be on the heap. A value
that is no pointer is copied there first.
"""
    safety = """\
`==`, `slices.Equal` and `maps.Equal` differ from `reflect.DeepEqual`: in nil against empty, in NaN,
in functions, in what lies behind pointers, and in types that differ. Code for one type no longer
serves others.
"""
    leave_it = """\
Leave it in tests, start-up code and code that must work for types it does not know. It matters
where the type is known when the code is written.
"""
    history = """\
Since Go 1.25 `reflect.TypeAssert` gets a value out without an interface in between.
"""
    examples = (
        Example(
            before="""package p

import "reflect"

type Config struct {
	Host string
	Port int
}

func Changed(old, now Config) bool {
	return !reflect.DeepEqual(old, now) // heap
}
""",
            after="""package p

type Config struct {
	Host string
	Port int
}

func Changed(old, now Config) bool {
	return old != now
}
""",
        ),
        Example(
            before="""package p

import "reflect"

func Reverse(names []string) {
	swap := reflect.Swapper(names) // heap
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		swap(i, j)
	}
}
""",
            after="""package p

func Reverse(names []string) {
	for i, j := 0, len(names)-1; i < j; i, j = i+1, j-1 {
		names[i], names[j] = names[j], names[i]
	}
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "fmt"

type Config struct {
	Host string
	Port int
}

func Describe(c Config) string {
	return fmt.Sprintf("%+v", c)
}
""",
            "Package `fmt` uses reflection too, but formatting is a cause of its own.",
        ),
        NearMiss(
            """package p

import "encoding/json"

type Config struct {
	Host string
	Port int
}

func Encode(c Config) ([]byte, error) {
	return json.Marshal(c)
}
""",
            "Package `json` uses reflection, but what the value is handed to is `json.Marshal`.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.REFLECTION and (
            pattern.subject is Subject.BOX or (pattern.is_plain and not pattern.is_in_slice)
        )

    def sentence(self, case: Case) -> str:
        return case.boxed_because(
            f"{case.call} uses reflection, and the compiler cannot follow what that does with it"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "typed-code",
            f"handle the type of {site.what} without reflection",
            "Where the type is known when the code is written, a function or a type switch for "
            f"it takes the place of {site.call}.",
        )
