"""What keeps a value, as clauses of a cause's sentence."""

from msgspec.structs import replace

from escapelens import dialect
from escapelens.causes.base import NO_FIELDS, Case, quoted
from escapelens.declared import package_name
from escapelens.dispatch import called_through
from escapelens.evidence import Callee, End, Evidence, Kept, Subject, Through, pattern

_FORMATTING = (
    "fmt calls methods of what it formats or uses reflection, and the compiler can follow neither"
)


_OF_OTHER_TYPES = ("Context", "Log", "LogAttrs", "GroupValue", "GroupAttrs")
"""Functions of slog that take a context or attributes, too."""
_LISTS = (Subject.ARGUMENTS, Subject.SLICE, Subject.APPEND)


def kept(case: Case) -> str:
    """What keeps a value, as a clause with a subject of its own."""
    evidence = case.evidence
    statement, call = case.statement, case.call
    if evidence.through is not Through.NONE and evidence.end is not End.GOROUTINE:
        return f"{case.capturing} captures it; {outlives(case)}"
    match evidence.end:
        case End.RESULT if evidence.statement.startswith("return"):
            return f"{statement} returns it"
        case End.RESULT:
            return f"{statement} stores it in a result of the function"
        case End.GLOBAL:
            return f"{statement} stores {case.it} in a package variable"
        case End.POINTER:
            return f"{statement} stores {case.it} in memory that may outlive this call"
        case End.HELD if evidence.holder == evidence.what:
            return f"{statement} stores its address in itself, and the compiler says no more of it"
        case End.HELD if case.chain.held is not None and case.chain.holder is not None:
            held, holder = case.chain.held, case.chain.holder
            there = _kept_by(evidence, holder)
            story = kept(case._replace(evidence=there, chain=case.chain._replace(held=None)))
            name = f"{quoted(held.holder)}{case.line(held.position)}"
            return f"{case.elsewhere}{name} holds it, and {story}"
        case End.HELD:
            return f"{case.holder} holds it, and is on the heap itself"
        case End.ELEMENT if evidence.callee is None:
            return f"{statement} stores {case.it} in a slice whose array may outlive this call"
        case End.ELEMENT:
            return f"{statement} puts {case.it} in a slice whose array may outlive this call"
        case End.MAP_ENTRY:
            return f"{statement} stores {case.it} in a map, whose entries may outlive this call"
        case End.CHANNEL:
            return f"{statement} sends {case.it} to whoever receives"
        case End.PANIC:
            return f"{statement} hands it to whoever recovers"
        case End.CALL:
            return f"{call} {keeps(case)}"
        case End.DYNAMIC_CALL:
            return f"{call} {chosen(evidence.callee)}, so it may keep {case.it}"
        case End.REFLECTION:
            return f"{call} uses reflection, which the compiler cannot follow"
        case End.NO_BODY:
            return f"{call} has no body that the compiler can see, so it may keep {case.it}"
        case End.GOROUTINE:
            return "the goroutine that uses it may outlive this call"
        case End.DEFER:
            return "a `defer` that is reached in a loop keeps it until the function ends"
        case End.OUTER_FUNCTION:
            return f"{statement} stores {case.it} in a variable of the function around this one"
        case End.OUTER_LOOP if calls_itself(evidence):
            return recursion(case)
        case End.OUTER_LOOP:
            return f"{statement} keeps it for longer than a turn of {case.loop}"
        case _:
            return f"{statement} needs it there"


def calls_itself(evidence: Evidence) -> bool:
    """Whether a value is made in a loop for a call that leads to the function it is made in."""
    callee = evidence.callee
    if evidence.end is not End.OUTER_LOOP or callee is None or not evidence.holder.isidentifier():
        return False
    return evidence.statement.startswith(f"{callee.text}(")


def recursion(case: Case) -> str:
    """Why a value for such a call is kept, as a clause."""
    name = quoted(case.evidence.holder)
    return (
        f"{case.call} leads to this function again, and to the compiler {name} is the same "
        "variable in each call, which lives longer than a turn of the loop"
    )


def chosen(callee: Callee | None) -> str:
    """Why it is not known what a call calls, as a predicate."""
    if callee is not None and callee.interface:
        return called_through(callee)
    if callee is not None and callee.is_value:
        return "calls a function value"
    if callee is not None and callee.text == "…" and not callee.within:
        return "is chosen when the program runs"
    if callee is not None and callee.text == "…":
        return "ranges over a function that is chosen when the program runs"
    return "calls a function that is chosen when the program runs"


def _kept_by(evidence: Evidence, kept: Kept) -> Evidence:
    return replace(
        evidence,
        end=kept.end,
        through=Through.NONE,
        statement=kept.statement,
        position=kept.position,
        callee=kept.callee,
        holder=kept.holder,
        leading=None,
        moves=kept.moves,
    )


def keeps(case: Case) -> str:
    """What a known function does with its argument, as a predicate."""
    chain, evidence, it = case.chain, case.evidence, case.it
    if pattern(evidence).is_formatted and evidence.callee is not None:
        return _formatted(evidence, evidence.callee)
    if chain.formatter is not None and not (chain.apart and chain.apart.stored):
        return _formatted_further_on(case, chain.formatter)
    if not chain.links:
        return f"may keep {it}"
    if chain.apart is not None:
        stored, read = chain.apart
        if stored:
            return f"keeps `{read}` of the variable whose `{stored}` it is, and {NO_FIELDS}"
    links, last = chain.links, chain.kept
    if last is None:
        name = ".".join(filter(None, (package_name(links[-1].package), links[-1].function)))
        if len(links) > 1 or case.is_told_by_the_source:
            return f"hands {it} on to `{name}`, which was not analysed"
        return f"may keep {it}, and `{name}` was not analysed"
    if last.end is End.RESULT and chain.held is None:
        return f"may keep {it}"
    there = _kept_by(evidence, last)
    part = chain.apart.read if chain.apart else ""
    first, end = links[0], links[-1]
    if (first.package, first.function) != (end.package, end.function):
        alike = first.function == end.function
        name = f"{package_name(end.package)}.{end.function}" if alike else end.function
        hands_on = f"hands {it} on to `{name}`"
        if part:
            hands_on = f"hands what holds it on to `{name}`, where its `{part}` is kept"
    else:
        is_handed_on = last.callee is not None and chain.held is None
        it = f"`{part}` of what holds it" if part else it
        hands_on = f"hands {it} on" if is_handed_on else f"keeps {it}"
    story = kept(Case(there, case.file))
    if chain.held is not None:
        holder = f"{quoted(chain.held.holder)}{case.line(chain.held.position)}"
        story = f"{holder} holds it, and {story}"
    return f"{hands_on}: {story}"


def _formatted(evidence: Evidence, callee: Callee) -> str:
    """What a function that formats does with its argument, as a predicate."""
    package, function = callee.package, callee.function
    name = function.rpartition(".")[2]
    is_listed = evidence.subject is Subject.ARGUMENTS or evidence.statement.endswith("...)")
    what = "takes it as an `any`"
    if package_name(package) == "slog" and name.endswith(_OF_OTHER_TYPES):
        what = "takes it"
    elif is_listed and evidence.subject in _LISTS:
        what = "takes what is in it as values of type `any`"
    elif evidence.verb:
        what = f"{what} for `{evidence.verb}`"
    if package_name(package) == "slog":
        if name.startswith(("Group", "Any")):
            return f"{what}, and what it returns holds that"
        return f"{what}, and hands it to a handler that is chosen when the program runs"
    through = "" if package == "fmt" else " and hands it to fmt"
    return f"{what}{through}: {_FORMATTING}"


def _formatted_further_on(case: Case, call: Kept) -> str:
    """What a function does whose argument is formatted, as a predicate."""
    callee = call.callee
    assert callee is not None
    there = replace(_kept_by(case.evidence, call), inlined="")
    hands_on = f"hands it on to {Case(there, case.file).call}"
    if package_name(callee.package) == "slog":
        return f"{hands_on}, and that to a handler which is chosen when the program runs"
    return f"{hands_on}: {_FORMATTING}"


def outlives(case: Case) -> str:
    """Why a function literal that captures something is on the heap itself, as a clause."""
    evidence = case.evidence
    if evidence.end is End.GOROUTINE:
        return "the goroutine that runs the literal may outlive this call"
    alone = replace(evidence, through=Through.NONE)
    chain = case.chain
    is_literal = chain.held is not None and dialect.is_words(chain.held.holder)
    if evidence.end is End.HELD and is_literal and chain.holder is not None:
        alone = _kept_by(alone, chain.holder)
        chain = chain._replace(held=None)
    return kept(case._replace(evidence=alone, chain=chain))
