"""The compiler's dialect in plain words: locations, hops, and the names it makes up.

Knows words only: what stands at a position is `source`'s to say.
"""

import re
from functools import lru_cache

_SHAPE = "go.shape."
RESULT = "the result"
"""What the first result of an inlined function is called."""
_RESULT = re.compile(r"[~.][rR](\d+)")
_PART = re.compile(r"\(?[*&]*[~.][rR]\d+\)?(?P<part>(?:\.[^\W\d]\w*|\[\w*\])+)")
"""A field or element of what a call in an inlined function returns."""
_LOOP_RESULT = re.compile(r"(?:\w+\.)?#rv(\d+)")
"""What a loop over a function returns, in place of a result of the function around it."""
_UNNAMED = re.compile(r"(?:[~.]p|\.anon|arg#)\d+")
_FOREIGN = re.compile(r"(?:\"[^\"]+\"|[^\W\d]\w*(?:\.shape)?)\.(?P<name>[^\s.].*|\.\w+)")
_TEMPORARY = re.compile(r"\.autotmp_\d+|\.stmp_\d+")
_DICTIONARY = re.compile(r"\(func\(.*?\) .*?\)\(&\S*\.dict\[\d+\]\)")
_INLINE_HASH = re.compile(r"#[A-Za-z0-9+/]{11}=#")
_CLOSERS = {"[": "]", "(": ")", "{": "}"}
_DICTIONARY_NAME = re.compile(r"&?(?<![\w)\]])\.dict\b(?:\.\w+)?")
_MADE_UP = re.compile(
    r"(?:\w+\.)?&?(?:~[rRp]\d+|#(?:next|state|yield|rv|p)\d*|\.autotmp_\d+)|(?:[\w/.]+\.)?\.stmp_\d+(?:@\d+)?"
    r"|(?<![\w)\]])\.(?:this|anon\d+)\b"
)
_INLINE_HASH = re.compile(r"#[A-Za-z0-9+/]{11}=#")
_MARKS_OF_MADE_UP = ("~", "#", ".autotmp_", ".stmp_", ".this", ".anon")
_LOCAL_TYPE = re.compile(r"·\d+")
_FOLDERS = re.compile(r"(?<![\w.\"'`/])(?:[\w.~-]+/)+(?=\w+\.)")
"""Shapes name a type with the whole import path of its package."""
_LINE_BREAK = re.compile(r"\s*\n\s*")
_SELECTED = re.compile(r"\.\s*\n\s*")
"""Where a line ends in front of what is selected."""
_OPENED = re.compile(r"(?<=[({\[])\s*\n\s*")
_CLOSED = re.compile(r",\s*\n\s*(?=[)}\]])")
_ALIGNED = re.compile(r"(?m)^(\s*\w+:)[ \t]{2,}")

_COMMENT = re.compile(
    r"""(?P<code>(?:[^"'`/]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|`[^`]*`|/(?!/))*)//"""
)
TEMPORARY = "a temporary"
"""What a variable is called that the compiler made up."""
_WORDS = (TEMPORARY, "an unnamed parameter", "a variable of the inlined function")
_NOTES = {
    "//go:uintptrescapes": "passed to a function marked //go:uintptrescapes",
    "address-of": "its address is taken",
    "appended slice...": "its elements are appended to a slice",
    "appendee slice": "the slice that is appended to keeps its elements",
    "array literal element": "stored in an array literal",
    "assign": "assigned to {target}",
    "assign-pair": "assigned to {target}",
    "assign-pair-dot-type": "assigned from a type assertion to {target}",
    "assign-pair-mapr": "read from a map into {target}",
    "assign-pair-receive": "received from a channel into {target}",
    "call parameter": "passed as an argument",
    "callee operand": "called",
    "captured by a closure": "captured by a function literal",
    "conversion to unsafe.Pointer": "converted to unsafe.Pointer",
    "copied slice": "its elements are copied",
    "dot": "a part of it is used",
    "dot of pointer": "a part is read through the pointer",
    "fixed-array-index-of": "an element of the array is used",
    "indirection": "read through the pointer",
    "interface-converted": "converted to an interface",
    "key of map put": "used as the key of a map entry",
    "map literal key": "used as a key in a map literal",
    "map literal value": "stored in a map literal",
    "non-constant size": "its size is known only at run time",
    "range": "ranged over",
    "range-deref": "its elements are ranged over",
    "reference": "the literal holds its address, not a copy",
    "reflect.Header.Data": "read from a reflect header",
    "return": "returned",
    "send": "sent on a channel",
    "slice": "sliced",
    "slice-literal-element": "stored in a slice",
    "slice-to-array": "converted from a slice to an array",
    "spill": "it is built in memory of its own, and that address flows on",
    "struct literal element": "stored in a struct literal",
    "switch case": "bound in a type switch",
    "too aligned for stack": "its alignment is larger than a stack slot's",
    "too large for stack": "it is too large for the stack",
    "zero-sized element": "its elements have no size",
}


@lru_cache(maxsize=4096)
def note(reason: str, target: str) -> str:
    """A hop in plain words; `target` is the compiler's name of the location that receives."""
    if not reason:
        return f"flows to {variable(target)}"
    text = _NOTES.get(reason, reason)
    if target == "{heap}" and reason in ("assign", "assign-pair"):
        return "stored where the heap can reach it"
    return text.format(target=variable(target))


def is_result(name: str) -> bool:
    """Whether a location is a result that has no name in the source."""
    return _RESULT.fullmatch(name) is not None


def location(name: str) -> str:
    """A location of a flow in plain words; a name of the user's stays as it is."""
    if name == "{heap}":
        return "the heap"
    if name == "{temp}" or _TEMPORARY.fullmatch(name):
        return TEMPORARY
    if name.startswith("{storage for "):
        return f"the memory of {plain(name[len('{storage for ') : -1])}"
    if _UNNAMED.fullmatch(name):
        return "an unnamed parameter"
    if name == ".this":
        return "the receiver"
    if name.rpartition(".")[2].startswith("#"):
        return "the hidden state of a range-over-func loop"
    return plain(name)


def variable(name: str) -> str:
    """Where a value goes, in plain words.

    A variable of another package can only be one of a function inlined from there.
    """
    match = _FOREIGN.fullmatch(name)
    if match is None:
        return location(name)
    own = location(match["name"])
    return own if is_words(own) else "a variable of the inlined function"


def plain(expression: str) -> str:
    """A printed expression without shapes, dictionaries and made-up names."""
    if expression.startswith("func literal"):
        return "the function literal"
    if expression == "... argument":
        return "the slice of the variadic arguments"
    for results, first in ((_RESULT, 0), (_LOOP_RESULT, 1)):
        if result := results.fullmatch(expression):
            number = int(result[1]) - first
            return RESULT if number == 0 else f"result {number + 1}"
    if part := _PART.fullmatch(expression):
        return f"the part {part['part']} of the result"
    expression = expression.replace("<node DYNAMICTYPE>", "T")
    if "dict" in expression:
        expression = _DICTIONARY.sub(lambda _: "T", expression)
        expression = _without_dictionaries(expression)
    if _SHAPE in expression:
        expression = _FOLDERS.sub("", generalise(expression, keep=True))
    if "#" in expression:
        expression = _INLINE_HASH.sub("", expression)
    if "... argument" in expression:
        expression = expression.replace("... argument...", "…").replace("... argument", "…")
    if any(mark in expression for mark in _MARKS_OF_MADE_UP):
        expression = _MADE_UP.sub("…", expression)
    return expression.replace("{...}", "{…}")


def function(name: str) -> str:
    """A function's name without type arguments, inline hashes and numbers of local types."""
    name = _INLINE_HASH.sub("", name)
    at = name.find("[")
    while at >= 0:
        name = name[:at] + name[_balanced(name, at) :]
        at = name.find("[")
    return _LOCAL_TYPE.sub("", name)


def _without_dictionaries(expression: str) -> str:
    """The expression with `…` for the dictionaries that generic functions are passed."""
    parts: list[str] = []
    done = 0
    while (match := _DICTIONARY_NAME.search(expression, done)) is not None:
        parts += (expression[done : match.start()], "…")
        done = match.end()
        if expression.startswith("[", done):
            done = _balanced(expression, done)
    return "".join((*parts, expression[done:]))


def is_words(text: str) -> bool:
    """Whether `plain` or `location` put words in the place of code."""
    return text.startswith("the ") or text in _WORDS


def brief(code: str, width: int) -> str:
    """Code on one line and, if it is longer than `width`, without what its last brackets hold."""
    code = on_one_line(code)
    if len(code) > width and code.endswith(("}", ")")):
        start = _opening(code) + 1
        if 1 < start <= max(width, 12) - 2:
            # The first of several arguments often tells more than the rest.
            comma = _argument_end(code, start)
            head = comma + 2 if 0 < comma <= width - 4 else start
            return f"{code[:head]}…{code[-1]}"
    return shorten(code, max(width, 3))


def without_arguments(call: str) -> str:
    """A call with `…` for its arguments, if it has any."""
    start = _opening(call) + 1
    return f"{call[:start]}…)" if call.endswith(")") and 1 < start < len(call) - 1 else call


def _argument_end(code: str, start: int) -> int:
    """Where the comma behind the first of several arguments stands; -1 if there is one only."""
    depth = 0
    for at in range(start, len(code) - 1):
        if code[at] == "," and depth == 0:
            return at
        depth += (code[at] in "({[") - (code[at] in ")}]")
    return -1


def _opening(code: str) -> int:
    """Where the bracket opens that the last character closes; -1 if nowhere."""
    depth = 0
    for at in range(len(code) - 1, -1, -1):
        depth += (code[at] in ")}]") - (code[at] in "({[")
        if depth == 0:
            return at
    return -1


def function_name(printed: str) -> str:
    """A function's name as it is declared: without type arguments and inline hashes."""
    name = _INLINE_HASH.sub("", printed)
    at = name.find("[")
    while at >= 0:
        name = name[:at] + name[_balanced(name, at) :]
        at = name.find("[", at)
    return name


def generalise(expression: str, *, keep: bool = False) -> str:
    """The expression with every `go.shape.T` replaced by `·`, or by `T` if `keep`."""
    at = expression.find(_SHAPE)
    if at < 0:
        return expression
    parts: list[str] = []
    done = 0
    while at >= 0:
        parts.append(expression[done:at])
        start = at + len(_SHAPE)
        done = _type_end(expression, start)
        parts.append(generalise(expression[start:done], keep=True) if keep else "·")
        at = expression.find(_SHAPE, done)
    parts.append(expression[done:])
    return "".join(parts)


def _type_end(text: str, at: int) -> int:
    """Where the Go type that begins at `at` ends."""
    while at < len(text):
        if text.startswith(("*", _SHAPE), at):
            at += len(_SHAPE) if text[at] != "*" else 1
        elif text.startswith("[", at):
            at = _balanced(text, at)
        elif text.startswith("map[", at):
            at = _balanced(text, at + 3)
        elif text.startswith(("chan ", "<-chan ", "chan<- "), at):
            at = text.index(" ", at) + 1
        else:
            break
    for word in ("struct {", "interface {"):
        if text.startswith(word, at):
            return _balanced(text, at + len(word) - 1)
    if text.startswith("func(", at):
        at = _balanced(text, at + 4)
        if text.startswith(" (", at):
            return _balanced(text, at + 1)
        return _type_end(text, at + 1) if text.startswith(" ", at) else at
    while at < len(text) and (text[at].isalnum() or text[at] in "_./·-~@"):
        at += 1
    return _balanced(text, at) if text.startswith("[", at) else at


def _balanced(text: str, at: int) -> int:
    """Behind the bracket that closes the one at `at`; the end of the text if none does."""
    opened: list[str] = []
    for index in range(at, len(text)):
        char = text[index]
        if char in _CLOSERS:
            opened.append(_CLOSERS[char])
        elif opened and char == opened[-1]:
            opened.pop()
            if not opened:
                return index + 1
    return len(text)


def first_line(code: str) -> str:
    """The first line of code, with `…` and what closes its brackets for the others.

    So does the last line, if it is what closes them: `(&T{…}).Method(a, b)`, `f(func() {…}, a)`.
    """
    head, *more = _SELECTED.sub(".", code).split("\n")
    if not more:
        return head.rstrip()
    head = _uncommented(head)
    opened = _left_open(head, [])
    closing = "".join(reversed(opened))
    last = more[-1].strip()
    is_closed = opened != [] and last.startswith(opened[-1]) and not _left_open(last, opened)
    return f"{head}…{last if is_closed else closing}"


def _left_open(line: str, opened: list[str]) -> list[str]:
    """What closes the brackets that are open behind a line, given those open in front of it."""
    opened = list(opened)
    for char in line:
        if char in _CLOSERS:
            opened.append(_CLOSERS[char])
        elif opened and char == opened[-1]:
            opened.pop()
    return opened


def on_one_line(code: str) -> str:
    """Code as gofmt writes it where it does not fill several lines."""
    if "\n" in code:
        if "//" in code:
            code = "\n".join(map(_uncommented, code.split("\n")))
        code = _OPENED.sub("", _CLOSED.sub("", _ALIGNED.sub(r"\1 ", code)))
        code = _LINE_BREAK.sub(" ", code)
    return code.strip()


def _uncommented(line: str) -> str:
    """A line of code without a comment at its end."""
    end = _COMMENT.match(line)
    return (line if end is None else end["code"]).rstrip()


def shorten(text: str, width: int) -> str:
    """The text on one line, cut in the middle to at most `width` characters."""
    text = on_one_line(text)
    if len(text) <= width:
        return text
    head = (width - 1) * 2 // 3
    return f"{text[:head].rstrip()}…{text[len(text) - (width - 1 - head) :].lstrip()}"
