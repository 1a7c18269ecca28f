"""What the records say, as sentences a Go programmer would say; an observation, never a defect."""

import re
from collections import Counter
from collections.abc import Iterator

from escapelens import dialect
from escapelens.model import (
    Allocates,
    Cold,
    Context,
    Kind,
    Leak,
    Measured,
    Position,
    Site,
    Suggestion,
    Triage,
)

_BOX = ", boxed in an interface"
_SELECTED = re.compile(r"\w+(?:\.\w+)*\Z")
_COLD = {
    Cold.ERROR_PATH: "on an error path",
    Cold.PANICS: "before a panic or exit",
    Cold.INIT: "in init",
    Cold.PACKAGE_INITIALISER: "when the program starts",
    Cold.TEST_FILE: "in a test",
}
_LEAVE_IT = "leave-it"
"""What causes call the advice to change nothing."""
_CODE = re.compile(r"`[^`]*`")
_CONDITION = re.compile(r" (?:or|unless|where|which) ")
"""In advice that names its condition, or another way, itself."""
_MAX_NAME = 48
"""Longer code is abbreviated in a sentence: the source below shows all of it."""


def place_text(position: Position | None) -> str:
    """A position as the compiler prints it, with its last colon; nothing for none."""
    if position is None:
        return ""
    column = f"{position.column}:" if position.column else ""
    return f"{position.file}:{position.line}:{column}"


def quoted(code: str, width: int = _MAX_NAME) -> str:
    """Code in backticks, abbreviated; what `dialect` already put in words stays as it is."""
    code = dialect.plain(code)
    return code if dialect.is_words(code) else f"`{dialect.brief(code, width)}`"


def named(expression: str) -> str:
    """A printed expression; a name that the compiler made up becomes words."""
    return dialect.location(expression) if expression.startswith(("#", "~", ".")) else expression


def printed(site: Site) -> str:
    """What the compiler printed for the value."""
    return site.decisions[0].message.removesuffix(" escapes to heap") if site.decisions else ""


def badges(site: Site) -> list[str]:
    """How often a site runs and was decided on, and where; empty for the ordinary case."""
    result = list(expense(site))
    result += frequency(site.triage) if site.triage is not None else ()
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


def expense(site: Site) -> Iterator[str]:
    """What a site takes, as far as its sentence does not tell."""
    cost = site.cost
    if cost is None or cost.allocates is Allocates.UNKNOWN:
        return
    if cost.allocates is Allocates.NO:
        if "nothing is allocated" not in site.sentence:
            yield "allocates nothing"
        return
    if cost.profile is not None:
        yield from measured(cost.profile)
    if cost.bytes is not None:
        each = " each" if cost.profile is not None and cost.profile.objects else ""
        yield number(cost.bytes, "byte") + each
    if cost.allocates is Allocates.SOMETIMES and site.kind is not Kind.UNREPORTED:
        cold = site.triage.cold if site.triage is not None else None
        said = f"only {_COLD[cold]}" if cold is not None else ""
        condition = cost.because.removeprefix(said).removeprefix(", and ")
        if condition:
            yield condition


def measured(one: Measured) -> Iterator[str]:
    """What a profile has of a site, or of what its line calls."""
    if one.objects or one.bytes:
        objects = number(one.objects, "object")
        alike = f", one of {one.among} alike on the line" if one.among > 1 else ""
        yield f"{percent(one.share)}: {objects}, {size(one.bytes)}{alike}"
    if one.cumulative > one.share and percent(one.cumulative) != percent(one.share):
        yield f"{percent(one.cumulative)} with what it calls"


def number(count: int, word: str, many: str = "") -> str:
    """A count and its noun: `1 site`, `1,024 sites`."""
    return f"{count:,} {word if count == 1 else many or word + 's'}"


def percent(share: float) -> str:
    """A share for readers: `12.3 %`, `0.02 %`."""
    digits = 1 if abs(share) >= 0.001 or not share else 2
    return f"{100 * share:.{digits}f} %"


def size(count: int) -> str:
    """A number of bytes for readers: `3.2 MiB`."""
    amount, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if abs(amount) < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{count:,} bytes" if unit == "bytes" else f"{amount:,.1f} {unit}"


def frequency(triage: Triage) -> Iterator[str]:
    """What the syntax tells of how often a place runs."""
    if triage.loop_depth:
        yield "in a loop" if triage.loop_depth == 1 else f"in {triage.loop_depth} nested loops"
    if triage.cold is not None:
        yield _COLD[triage.cold]


def remedy(best: Suggestion) -> str:
    """What would remove a site; where it is left in any case, also the reason, in a sentence."""
    if best.rewrite != _LEAVE_IT or not best.advice:
        return best.title
    if _CONDITION.search(_CODE.sub("", best.title)):
        return best.title
    reason = first_sentence(best.advice).removesuffix(".")
    return f"{best.title}: {reason[:1].lower()}{reason[1:]}"


def first_sentence(text: str) -> str:
    """The first sentence of a Markdown text, on one line."""
    line = " ".join(text.split())
    return re.split(r"(?<=[a-z0-9`)]\.) (?=[A-Z`])", line, maxsplit=1)[0]


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
