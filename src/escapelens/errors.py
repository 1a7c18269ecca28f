"""Every error a user can meet, each with the exit code that documents it.

EscapelensError
├── UsageError            2   the command line or an input does not make sense
├── NoToolchainError      3   no usable Go
├── BuildFailedError      4   the Go code does not build
└── InterruptedRunError 130   Ctrl-C
"""


class EscapelensError(Exception):
    """An error told as `error:` and `hint:` on stderr; `hint` is empty where nothing helps."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(EscapelensError):
    """The command line, a file or a pattern does not make sense."""

    exit_code = 2


class NoToolchainError(EscapelensError):
    """No Go toolchain was found, or none that is supported."""

    exit_code = 3


class BuildFailedError(EscapelensError):
    """The Go code does not build, and nothing of it could be analysed."""

    exit_code = 4


class InterruptedRunError(EscapelensError):
    """The user interrupted the run."""

    exit_code = 130
