"""The typer app: its commands, and the one place where errors become exit codes."""

import gc
import importlib
import os
import signal
import sys
from types import FrameType

import typer

from escapelens.cli import COMMANDS
from escapelens.errors import EscapelensError, InterruptedRunError

EXIT_CODES = """\
Exit codes: 0 done, 2 usage error, 3 no usable Go toolchain, 4 the Go code does not build (what
could be analysed is still reported), 130 interrupted.
"""


def run_app(words: list[str]) -> int:
    """The exit code of a command line; errors are told on stderr."""
    # A run builds large structures that live until its end; looking for garbage only costs time.
    gc.disable()
    for number in (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        signal.signal(number, _interrupt)
    try:
        code = _app(words)(words, prog_name="escapelens", standalone_mode=False)
        sys.stdout.flush()
        if code == InterruptedRunError.exit_code:
            raise KeyboardInterrupt  # which some versions of typer keep to themselves
    except EscapelensError as error:
        return _tell(error.message, error.hint, error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _tell("interrupted", "", InterruptedRunError.exit_code)
    except (BrokenPipeError, SystemExit):
        # The reader had enough, of which rich makes a SystemExit. Python would complain once more
        # when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # What else can fail is told where it is tried.
        return _tell(f"cannot write the output: {error.strerror}", "is the disk full?", 2)
    except Exception as error:
        # typer brings its own click, whose exceptions it does not export by a public name.
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "escapelens"
        return _tell(error.format_message(), f"see {path} --help", 2)
    return code if isinstance(code, int) else 0


def _app(words: list[str]) -> typer.Typer:
    """The app with the command that is called, or with all where none is."""
    app = typer.Typer(
        name="escapelens",
        help="Show which values the Go compiler puts on the heap, where, and why.\n\n"
        "Without a command: show.",
        epilog=EXIT_CODES,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        no_args_is_help=True,
    )
    app.callback()(_without_command)
    for name in words[:1] if words[0] in COMMANDS else COMMANDS:
        # Each file of this room that holds a command is named as the command.
        module = importlib.import_module(f"escapelens.cli.{name}")
        app.command(epilog=EXIT_CODES)(getattr(module, name))
    return app


def _without_command() -> None:
    """Keeps typer from making the only command it knows the whole program."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(message: str, hint: str, code: int) -> int:
    typer.echo(f"error: {message[:1].lower() + message[1:]}".rstrip(), err=True)
    if hint:
        typer.echo(f"hint: {hint}", err=True)
    return code
