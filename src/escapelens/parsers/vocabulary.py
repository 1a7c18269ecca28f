"""Every form of a line of `-m=2` and every label of a flow, with the Go versions that print it.

Read in cmd/compile/internal/{escape,inline,ir,walk,devirtualize,ssa,bloop} of Go 1.21 to 1.27 and
checked against the output of those compilers for their whole standard library. Patterns match the
message behind the position, as bytes, from its first to its last byte.
"""

import re
from typing import NamedTuple

NAME = rb'(?:"[^"]+"\.)?[^\s(){}\[\]"]+'
"""A variable or parameter; Go 1.19 quotes the package path of a variable of an inlined body."""
LOCATION = rb'\{heap\}|\{temp\}|\{storage for .+?\}|(?:"[^"]+"\.)?[^\s{}"]\S*'
"""What a flow goes from and to."""
UNKNOWN_PLACE = rb"<unknown line number>"
POSITION = UNKNOWN_PLACE + rb"|.+?:\d+(?::\d+)?"
"""`file:line:column`; without a column from column 255 on and after most `//line` directives."""


class Reason(NamedTuple):
    """A label of a flow's hop and the Go minor versions that print it (`until` inclusive)."""

    label: str
    since: int = 19
    until: int | None = None


REASONS = (
    Reason("//go:uintptrescapes"),
    Reason("address-of"),
    Reason("appended slice..."),
    Reason("appendee slice"),
    Reason("array literal element"),
    Reason("assign"),
    Reason("assign-pair"),
    Reason("assign-pair-dot-type"),
    Reason("assign-pair-mapr"),
    Reason("assign-pair-receive"),
    Reason("call parameter"),
    Reason("callee operand", since=22),
    Reason("captured by a closure"),
    Reason("conversion to unsafe.Pointer"),
    Reason("copied slice"),
    Reason("dot"),
    Reason("dot of pointer"),
    Reason("fixed-array-index-of"),
    Reason("indirection"),
    Reason("interface-converted"),
    Reason("key of map put"),
    Reason("map literal key"),
    Reason("map literal value"),
    Reason("non-constant size", until=24),
    Reason("range"),
    Reason("range-deref"),
    Reason("reference"),
    Reason("reflect.Header.Data"),
    Reason("return"),
    Reason("send"),
    Reason("slice"),
    Reason("slice-literal-element"),
    Reason("slice-to-array", since=20),
    Reason("spill"),
    Reason("struct literal element"),
    Reason("switch case"),
    Reason("too aligned for stack"),
    Reason("too large for stack"),
    Reason("zero-sized element", since=25),
)

REASON = b"|".join(re.escape(reason.label.encode()) for reason in REASONS)


class Form(NamedTuple):
    """One kind of message and the Go minor versions that print it (`until` inclusive)."""

    name: str
    pattern: re.Pattern[bytes]
    since: int = 19
    until: int | None = None


def _form(name: str, pattern: bytes, since: int = 19, until: int | None = None) -> Form:
    return Form(name, re.compile(pattern + rb"\Z", re.DOTALL), since, until)


FLOW = _form(
    "flow",
    rb"  flow: (?P<target>" + LOCATION + rb") (?:=|\xe2\x86\x90) "
    rb"(?P<value>(?:&|\**)(?:" + LOCATION + rb")):",
)
"""Go 1.25 writes `←` where older versions write `=`."""
FROM = _form(
    "from",
    rb"    from (?P<expression>.*) \((?P<reason>" + REASON + rb")\) at (?P<at>" + POSITION + rb")",
)
TRUNCATED = _form(
    "truncated",
    rb"  warning: truncated explanation due to assignment cycle; see golang\.org/issue/35518",
)
PARAMETER_LEAK = _form(
    "parameter leak",
    rb"parameter (?P<parameter>" + NAME + rb") leaks to (?P<to>" + LOCATION + rb")"
    rb"(?: for (?P<function>.+))? with derefs=(?P<derefs>\d+):",
)
EXPLANATION = _form("explanation", rb"(?P<expression>.+) escapes to heap(?: in (?P<function>.+))?:")
MOVED = _form("moved", rb"moved to heap: (?P<expression>" + NAME + rb")")
ESCAPES = _form("escapes", rb"(?P<expression>.+) escapes to heap")
STAYS = _form("stays", rb"(?P<expression>.+) does not escape")

FORMS = (
    FLOW,
    FROM,
    TRUNCATED,
    PARAMETER_LEAK,
    EXPLANATION,
    MOVED,
    ESCAPES,
    STAYS,
    _form(
        "leak to result",
        rb"leaking param: (?P<parameter>" + NAME + rb") to result (?P<to>" + NAME + rb") level=\d+",
    ),
    _form("content leak", rb"leaking param content: (?P<parameter>" + NAME + rb")"),
    _form("leak", rb"leaking param: (?P<parameter>" + NAME + rb")"),
    _form("unsafe uintptr", rb"assuming " + NAME + rb" is unsafe uintptr"),
    _form("escaping uintptr", rb"marking " + NAME + rb" as escaping (?:\.\.\.)?uintptr"),
    _form(
        "capture",
        rb"(?P<function>.+) capturing by (?P<how>ref|value): (?P<variable>" + NAME + rb") "
        rb"\(addr=(?:true|false) assign=(?:true|false) width=-?\d+\)",
    ),
    _form("self-assignment", rb".+? ignoring self-assignment in .+"),
    _form("zero-copy", rb"zero-copy string->\[\]byte conversion", since=22),
    _form("inlined call", rb"inlining call to (?P<function>.+?)(?: with score -?\d+)?"),
    _form("inlinable", rb"can inline (?P<function>.+?) with cost \d+ as: .+ \{ .* \}"),
    _form("inlinable, short", rb"can inline (?!.* (?:with|as:) ).+"),
    _form("recursive", rb"cannot inline .+ into .+: repeated recursive cycle"),
    _form("not inlinable", rb"cannot inline (?P<function>.+?): (?P<why>.+)"),
    _form("big", rb"function .+ considered 'big'; reducing max cost of inlinees"),
    _form("dead closure", rb"unreferenced closure .+ marked as dead", until=23),
    _form("not devirtualized", rb"cannot devirtualize .+: shaped (?:receiver|interface) .+"),
    _form("devirtualized", rb"(?:partially )?devirtualizing .+ to .+"),
    _form("PGO devirtualized", rb"PGO devirtualizing (?:interface call |function call )?.+ to .+"),
    _form("not PGO devirtualized", rb"should not PGO devirtualize .+?: .+"),
    _form("imprecise call", rb"imprecise interface call"),
    _form("bounds check", rb"index bounds check elided"),
    _form("b.Loop, inlining", rb"skip inlining within testing\.B\.loop for .+", 24, 25),
    _form("b.Loop, kept", rb"(?:function (?:arg|results?)|dereference|\S+) will be kept alive", 26),
    _form("b.Loop, unknown", rb"expr is unknown to bloop pass", 26),
    _form(
        "b.Loop, assignment",
        rb"unrecognized shape for assign list stmt for blank assignment",
        26,
    ),
    _form(
        "box without allocation",
        rb"convert: using global for (?:zero-sized |single-byte |zero value )?interface value: .+",
        25,
    ),
    _form("box on the stack", rb"convert: using stack temporary for interface value: .+", 25),
    _form("closure without allocation", rb"closure converted to global"),
    _form("closure", rb"(?:heap|stack) closure, captured vars = \[.*\]"),
)
"""In the order they are tried; `-d=escapedebug=1` (Go 1.25) and `-d=closure=1` add the last."""

INLINE_HASH = re.compile(rb"#[A-Za-z0-9+/]{11}=#")
"""Go 1.27 marks a closure of an inlined body with a hash of the inline stack (ir/func.go)."""

AUTOGENERATED = "<autogenerated>"
"""The file of wrappers, equality functions and other code that stands in no source."""
