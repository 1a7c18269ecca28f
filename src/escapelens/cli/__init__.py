"""Options in, exit code out: the only room that ends the process."""

import contextlib
import os
import sys

COMMANDS = (
    *("show", "fix", "watch", "pools", "bench", "explain"),
    *("causes", "parse", "doctor", "schema"),
)
_ROOT_OPTIONS = ("--help", "-h", "--install-completion", "--show-completion")


def start() -> None:
    """The program: `main`, ended at once.

    A report of the standard library is a million objects, and to free them one by one takes longer
    than to write it.
    """
    try:
        main()
        code: str | int | None = 0
    except SystemExit as end:
        code = end.code
    with contextlib.suppress(OSError):  # which was told already
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits; without a command it is `show`."""
    words = sys.argv[1:] if arguments is None else arguments
    if words == ["--version"]:
        from escapelens import __version__

        print(f"escapelens {__version__}")
        return
    if not words or words[0] not in (*COMMANDS, *_ROOT_OPTIONS):
        words = ["show", *words]
    from escapelens.cli.app import run_app

    sys.exit(run_app(words))
