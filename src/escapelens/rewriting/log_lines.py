"""Advice on what is handed to a function that writes log lines, by the name of that function."""

import re

from escapelens.evidence import Subject
from escapelens.rewriting.attempts import idea
from escapelens.rewriting.rewrite import Rewrite, RewriteCase

_DEBUG = re.compile(r"debug|trace|verbose", re.IGNORECASE)
_FAILURE = re.compile(r"warn|err|fatal|panic|crit|fail", re.IGNORECASE)
_WRITES = re.compile(r"log|print|info|notice", re.IGNORECASE)


def on_log_line(case: RewriteCase, what: str, call: str) -> Rewrite | None:
    """What to do about the arguments of a log line; None if the call does not look like one.

    `what` is the site in quotes, and `call` the call with its line.
    """
    callee = case.evidence.callee
    if callee is None or case.evidence.subject not in (Subject.BOX, Subject.ARGUMENTS):
        return None
    called = callee.within or callee.text
    name = called.rpartition(".")[2]
    if _DEBUG.search(name):
        return idea(
            "ask-first",
            f"ask whether `{called}` writes anything before {what} is handed over",
            f"{call} takes interfaces, so they are filled on the heap even where nothing is "
            f"written. Behind the condition that `{name}` itself asks, they are not.",
            "The arguments are then only evaluated where the line is written.",
        )
    if _FAILURE.search(name):
        return idea(
            "leave-it",
            f"leave {what}",
            f"{call} tells of something that went wrong, and that is worth an allocation.",
        )
    if _WRITES.search(name):
        return idea(
            "leave-it",
            f"leave {what} unless {call} is reached very often",
            "To write a line costs more than this. Where most lines are not written after all, ask "
            "for that before the call.",
            "What is guarded is not evaluated where the condition does not hold.",
        )
    return None
