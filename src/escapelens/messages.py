"""What a message of the compiler means, form by form, for someone who pastes one."""

import re
from typing import NamedTuple

from escapelens.parsers.vocabulary import FORMS, Form

_POSITION = re.compile(r"\A\s*[^\s:]+:\d+(?::\d+)?: ")
_INDENTS = ("", "  ", "    ")
"""What the lines of an explanation begin with, and a paste may have lost."""

MEANINGS = {
    "flow": "A step of an explanation: what stands right of the arrow flows into what stands left "
    "of it. `{heap}` is the heap, `~r0` the first result, `{storage for x}` the memory of `x`. "
    "`&x` means that the address of `x` flows, `*x` what `x` points to.",
    "from": "The code behind a step of an explanation: the expression, in brackets what it does, "
    "and where it stands.",
    "truncated": "The compiler cut this explanation, because the value flows in a circle.",
    "parameter leak": "What the parameter points to flows out of the function: to the heap, or to "
    "the result or variable that is named. A caller whose value goes to the heap must allocate it "
    "there. `derefs` is how many pointers are followed on the way: 0 is the parameter itself.",
    "explanation": "This value is on the heap; the `flow` and `from` lines below it say why.",
    "moved": "This variable is on the heap instead of the stack, from its declaration on: "
    "something holds its address that may outlive the function.",
    "escapes": "This value is on the heap: something that may outlive the function refers to it, "
    "or the stack cannot hold it.",
    "stays": "This value may stay on the stack: nothing that outlives the function refers to it.",
    "leak to result": "What the parameter points to is part of a result. Where it must live, each "
    "caller decides by what it does with the result. `level` is how many pointers are followed.",
    "content leak": "Not the parameter itself, but what is reached through it by at least one more "
    "pointer, outlives the call. The argument may be on the caller's stack, what it leads to not.",
    "leak": "What the parameter points to outlives the call, so callers must have it on the heap. "
    "It says nothing of the function's own memory.",
    "unsafe uintptr": "A function without a body takes a `uintptr`; the compiler keeps what a "
    "pointer that is converted to it points to alive until the call ends.",
    "escaping uintptr": "The function is marked `//go:uintptrescapes`: a pointer that is converted "
    "to this `uintptr` argument counts as kept, so what it points to is on the heap.",
    "capture": "How a function literal holds a variable of the function around it: `by value` is a "
    "copy, `by ref` the address. It holds the address if the variable is assigned to after the "
    "literal or its address is taken (`assign`, `addr`), or if it is large (`width`, in bytes).",
    "self-assignment": "A field or element is assigned a part of the same thing, such as `b.buf = "
    "b.buf[n:]`. That makes nothing outlive anything, so the compiler ignores it.",
    "zero-copy": "This `[]byte(s)` copies nothing: the bytes are only read, so they may be those "
    "of the string.",
    "inlined call": "The body of the function is put in place of this call, so what it makes is "
    "decided on here, anew for each such call.",
    "inlinable": "Calls of this function may be replaced by its body. The cost is the size of the "
    "body as the compiler counts it, usually 80 at most.",
    "inlinable, short": "Calls of this function may be replaced by its body.",
    "recursive": "The call is not replaced by the function's body, since that holds the same call "
    "again.",
    "not inlinable": "Calls of this function are not replaced by its body, for the reason behind "
    "the colon. Its parameters are judged once, for all callers.",
    "big": "This function is very long, so only very small functions are inlined in it.",
    "dead closure": "This function literal is never used, so no code is made for it.",
    "not devirtualized": "The type behind the interface is that of a generic function's type "
    "parameter, so the method that is called stays unknown.",
    "devirtualized": "The compiler knows the type behind the interface here and calls its method "
    "directly, so it sees what the method does with its arguments.",
    "PGO devirtualized": "The profile says which function is mostly called here. The program asks "
    "first whether it is that one and then calls it directly.",
    "not PGO devirtualized": "The profile says which function is mostly called here, but the call "
    "is left as it is, for the reason behind the colon.",
    "imprecise call": "The compiler cannot tell which method an interface call reaches, so it "
    "keeps all that could be meant.",
    "bounds check": "The compiler proved that this index is in range; no check is needed when the "
    "program runs.",
    "b.Loop, inlining": "In a `b.Loop()` loop calls are not inlined, so that the benchmark "
    "measures them.",
    "b.Loop, kept": "In a `b.Loop()` loop this value counts as used, so that the benchmark "
    "measures what computes it.",
    "b.Loop, unknown": "An expression in a `b.Loop()` loop is of a form that the compiler does not "
    "keep alive; what computes it may be left out.",
    "b.Loop, assignment": "An assignment to `_` in a `b.Loop()` loop is of a form that the "
    "compiler does not keep alive.",
    "box without allocation": "An interface is made of this value, but nothing is allocated: it "
    "points to memory that is part of the program.",
    "box on the stack": "An interface is made of this value, and the copy that it points to is on "
    "the stack.",
    "closure without allocation": "The function literal captures nothing, so it is one fixed value "
    "in the program and never allocated.",
    "closure": "Where the function literal is allocated, heap or stack, and which variables it "
    "captures.",
}
"""By the name of the form."""


class Meaning(NamedTuple):
    """A message and what it says in plain words."""

    message: str
    form: Form
    words: str


def meaning_of(text: str) -> Meaning | None:
    """What a message means, with or without its position; of several lines the first known one."""
    for candidate in (text, *text.splitlines()):
        message = _POSITION.sub("", candidate).strip()
        for indent in _INDENTS:
            form = _form(indent + message)
            if form is not None:
                return Meaning(message, form, MEANINGS[form.name])
    return None


def _form(message: str) -> Form | None:
    encoded = message.encode("utf-8", "surrogateescape")
    return next((form for form in FORMS if form.pattern.match(encoded)), None)
