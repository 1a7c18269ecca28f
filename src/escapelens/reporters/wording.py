"""What the records say, as sentences a Go programmer would say; an observation, never a defect."""

import re
from collections import Counter

from escapelens import dialect
from escapelens.model import Context, Kind, Leak, Site
from escapelens.sites import flows_of

_VALUE = r"""(?:"(?:[^"\\]|\\.)*(?:"|\.\.\.)|'(?:[^'\\]|\\.)+'|-?\d[\w.+-]*|true|false)"""
_CONSTANT = re.compile(rf"(?:{_VALUE}|\w+(?:\.\w+)?\({_VALUE}\))\Z")
_BOX = ", boxed in an interface"
_CONVERSION = re.compile(r"(?:string|\[\](?:byte|rune|uint8|int32))\(")
_PACKAGE = re.compile(r"[a-z_]\w*(?=\.)")
_QUALIFIED = re.compile(r"\w+\.\w+")
_SELECTED = re.compile(r"\w+(?:\.\w+)*\Z")
_NAME = re.compile(r"\w+\Z")
_MAX_NAME = 48
"""Longer code is abbreviated in a sentence: the source below shows all of it."""


def quoted(code: str, width: int = _MAX_NAME) -> str:
    """Code in backticks, abbreviated; what `dialect` already put in words stays as it is."""
    code = dialect.plain(code)
    return code if dialect.is_words(code) else f"`{dialect.brief(code, width)}`"


def called(call: str) -> str:
    """A call in backticks, without its arguments."""
    return quoted(dialect.without_arguments(call))


def named(expression: str) -> str:
    """A printed expression; a name that the compiler made up becomes words."""
    return dialect.location(expression) if expression.startswith(("#", "~", ".")) else expression


def sentence(site: Site, result_of: str = "", code: str = "") -> str:
    """What is on the heap.

    `result_of` is the call whose inlined result the site is, `code` the source text of the site.
    """
    if site.origin is None or result_of:
        return _sentence(site, result_of, code)
    inlined, declared = site.origin.function, site.origin.position
    place = f"`{dialect.plain(inlined)}`, inlined here" if inlined else "a function inlined here"
    if not inlined and code.endswith(")"):
        place = f"a function inlined at {called(code)}"
    if declared is not None and not declared.file.startswith("/"):
        place += f" from {declared.file}:{declared.line}"
    return f"inside {place}: {_sentence(site, '', '')}"


def _sentence(site: Site, result_of: str, code: str) -> str:
    text = _without_package(site)
    if site.kind is Kind.MOVED:
        name = quoted(text)
        is_variable = name.startswith("`") and "(" not in name
        return f"{'variable ' if is_variable else ''}{name} lives on the heap"
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
    if _CONVERSION.match(text):
        # The bytes stand at the operand, the header that is boxed at the bracket before it.
        box = _BOX if _is_at_bracket(site, code) else ""
        return f"{quoted(text)} lives on the heap{box}"
    if text.startswith(("&", "new(", "make(", "[]")) or text.endswith("}"):
        return f"{quoted(text)} lives on the heap"
    return f"the value of {quoted(text)} lives on the heap{_BOX if _is_boxed(site, text) else ''}"


def _is_at_bracket(site: Site, code: str) -> bool:
    """Whether the compiler's position is the bracket of a conversion, not that of its operand."""
    start, position = site.range.start if site.range else None, site.position
    if start is None or position.column is None or start.line != position.line:
        return False
    return position.column - start.column == code.encode().find(b"(") > 0


def _is_boxed(site: Site, text: str) -> bool:
    """Whether the value of an expression is sure to be on the heap as a box.

    A sum of strings, a method value and a conversion have memory of their own. What else stands in
    the slice of variadic arguments first of all does so because it was put in an interface.
    """
    if " + " in text or "+" in printed(site):
        return False
    for flow in flows_of(site)[:1]:
        reasons = [(step.reason, step.expression) for step in flow.steps[:2]]
        if len(reasons) == 2 and reasons[0][0] == "spill":
            return reasons[1] == ("slice-literal-element", "... argument")
    return False


def _without_package(site: Site) -> str:
    """What a site is, without the package that an inlined function's own variables bear."""
    text, origin = site.expression, site.origin
    if origin is None:
        return text
    if site.kind is Kind.MOVED:
        return text.rpartition(".")[2] if _QUALIFIED.fullmatch(text) else text
    package = _PACKAGE.match(origin.function or "")
    return re.sub(rf"\b{package[0]}\.(?=[a-z_]\w*\b(?![({{]))", "", text) if package else text


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
    to = "a copy of it" + _BOX if leak.to == f"{{storage for {leak.parameter}}}" else ""
    return f"{what} leaks to {to or destination(leak.to)}"


def destination(name: str) -> str:
    """The end of a flow: the heap, a result, a variable or what is allocated itself."""
    words = dialect.variable(name)
    if name.startswith("{storage for "):
        held = name[len("{storage for ") : -1]
        is_copy = _SELECTED.match(held) is not None
        return f"a copy of {quoted(held)}{_BOX}" if is_copy else quoted(held)
    return words if dialect.is_result(name) else quoted(words)
