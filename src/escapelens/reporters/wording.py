"""What the records say, as sentences a Go programmer would say; an observation, never a defect."""

import re
from collections import Counter

from escapelens import dialect
from escapelens.model import Context, Kind, Leak, Site

_VALUE = r"""(?:"(?:[^"\\]|\\.)*(?:"|\.\.\.)|'(?:[^'\\]|\\.)+'|-?\d[\w.+-]*|true|false)"""
_CONSTANT = re.compile(rf"(?:{_VALUE}|\w+(?:\.\w+)?\({_VALUE}\))\Z")
_NAME = re.compile(r"\w+\Z")
_MAX_NAME = 48
"""Longer code is abbreviated in a sentence: the source below shows all of it."""


def quoted(code: str, width: int = _MAX_NAME) -> str:
    """Code in backticks, abbreviated; what `dialect` already put in words stays as it is."""
    code = dialect.plain(code)
    return code if dialect.is_words(code) else f"`{dialect.brief(code, width)}`"


def called(call: str) -> str:
    """A call in backticks, without its arguments."""
    return quoted(dialect.brief(call, 0) if "(" in call else call)


def sentence(site: Site, result_of: str = "") -> str:
    """What is on the heap; `result_of` is the call whose inlined result the site is."""
    if site.origin is None or result_of:
        return _sentence(site, result_of)
    inlined, declared = site.origin.function, site.origin.position
    place = f"`{dialect.plain(inlined)}`, inlined here" if inlined else "a function inlined here"
    if declared is not None and not declared.file.startswith("/"):
        place += f" from {declared.file}:{declared.line}"
    return f"inside {place}: {_sentence(site, '')}"


def _sentence(site: Site, result_of: str) -> str:
    text = site.expression
    if site.kind is Kind.MOVED:
        name = quoted(text)
        return f"{'variable ' if name.startswith('`') else ''}{name} lives on the heap"
    if site.kind is Kind.DEFERRED_CALL:
        if text.startswith("go"):
            return "the hidden closure of this `go` lives on the heap: the goroutine outlives it"
        return "the hidden closure of this `defer` lives on the heap: it is reached in a loop"
    if result_of:
        return f"the result of {quoted(result_of)} lives on the heap, boxed in an interface"
    if text.startswith("func") and text.endswith("{…}"):
        return f"the function literal {quoted(text)} lives on the heap"
    if text == "append" or text.startswith("append("):
        return f"the array that {quoted(text)} grows lives on the heap"
    if printed(site).startswith("([]") and not text.startswith("[]"):
        text = printed(site).replace("([]", "[]", 1).replace(")(", "(", 1)
    if printed(site) == "... argument" and text.endswith(")"):
        return f"the slice of the variadic arguments of {called(text)} lives on the heap"
    if dialect.is_words(text):
        return f"{text} lives on the heap"
    if _CONSTANT.match(printed(site)):
        return f"constant {quoted(text)} counts as on the heap, boxed in an interface"
    if _NAME.match(text):
        return f"a copy of {quoted(text)} lives on the heap, boxed in an interface"
    if text.startswith(("&", "new(", "make(", "string(", "[]")) or text.endswith("}"):
        return f"{quoted(text)} lives on the heap"
    return f"the value of {quoted(text)} lives on the heap"


def printed(site: Site) -> str:
    """What the compiler printed for the value."""
    return site.decisions[0].message.removesuffix(" escapes to heap") if site.decisions else ""


def badges(site: Site) -> list[str]:
    """How often and in which other contexts a site was decided on; empty for the ordinary case."""
    result = []
    repeats = (Context.WRAPPER, Context.GENERATED)
    counts = (one.count for one in site.decisions if one.context not in repeats)
    count = max(counts, default=1)
    if count > 1:
        result.append(f"×{count}")
    instances = {
        (decision.package, decision.message, decision.position.column)
        for decision in site.decisions
        if decision.context is Context.INSTANCE
    }
    if len(instances) > 1:
        result.append(f"in {len(instances)} generic instances")
    variants = Counter(decision.variant for decision in site.decisions if decision.variant)
    if variants:
        only = all(decision.variant for decision in site.decisions)
        where = next(iter(variants)) if len(variants) == 1 else f"{len(variants)} test variants"
        result.append(f"{'only' if only else 'also'} in {where}")
    if site.foreign:
        result.append(f"code of {site.package}")
    elif site.generated:
        result.append("generated code")
    return result


def leak_sentence(leak: Leak) -> str:
    """Where a parameter's pointee goes."""
    name = quoted(dialect.location(leak.parameter))
    what = f"parameter {name}" if name.startswith("`") else name
    if leak.derefs:
        deep = "" if leak.derefs == 1 else f", {leak.derefs} pointers deep,"
        what = f"what {what} points to{deep}"
    return f"{what} leaks to {destination(leak.to)}"


def destination(name: str) -> str:
    """The end of a flow: the heap, a result, a variable or what is allocated itself."""
    words = dialect.location(name)
    if name.startswith("{storage for "):
        return quoted(dialect.plain(name[len("{storage for ") : -1]))
    return words if dialect.is_result(name) else quoted(words)
