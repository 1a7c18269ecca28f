"""The contract of every rewrite on every toolchain: what it makes, and what that changes."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from escapelens import causes
from escapelens.causes import Cause, Example, all_causes
from escapelens.causes.base import RefusalExample
from escapelens.model import Effect
from escapelens.toolchain import list_members
from escapelens.verify import Verifier
from tests.causes.examples import MARK, files_of
from tests.causes.proposals import Proposed, compiled, only_file, propose, propose_in
from tests.toolchains import Toolchain

_MARK = re.compile(rf"[ \t]*{MARK}$", re.MULTILINE)
_CHECK = """
var CheckedLast any

func Checked() any { return check() }

func RunCheck() { CheckedLast = check() }
"""
_CHECKS = """\
package checks

import (
	"fmt"
	"testing"
{imports})

func TestChecks(t *testing.T) {{
{lines}}}
"""
_IMPORT = '\t{0} "example.com/m/{0}"\n'
_LINE = """\
	fmt.Printf("{0}: %v %q\\n", testing.AllocsPerRun(100, {0}.RunCheck), fmt.Sprintf("%v", {0}.Checked()))
"""


class Case(NamedTuple):
    cause: Cause
    number: int
    example: Example

    @property
    def folder(self) -> str:
        return f"{self.cause.name.replace('-', '')}{self.number}"


EXAMPLES = [
    Case(cause, number, example)
    for cause in all_causes().values()
    for number, example in enumerate(cause.examples)
    if example.rewrite
]


class Unwanted(NamedTuple):
    cause: Cause
    number: int
    example: RefusalExample

    @property
    def folder(self) -> str:
        return f"{self.cause.name.replace('-', '')}not{self.number}"


REFUSED = [
    Unwanted(cause, number, example)
    for cause in all_causes().values()
    for number, example in enumerate(cause.refusals)
]


class Measured(NamedTuple):
    output: str
    allocations: float


def in_range(example: Example | RefusalExample, toolchain: Toolchain) -> bool:
    return example.since <= toolchain.minor <= (example.until or toolchain.minor)


def is_marked(one: Proposed, case: Case | Unwanted) -> bool:
    """Whether it is the site of an example's marked line."""
    if one.site.cause != case.cause.name or Path(one.path).parent.name != case.folder:
        return False
    line = Path(one.path).read_text().splitlines()[one.site.position.line - 1]
    return line.endswith(MARK)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def formatted(toolchain: Toolchain, text: str) -> str:
    done = subprocess.run(
        [toolchain.gofmt], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr}\n{text}"
    return done.stdout


def measured(toolchain: Toolchain, root: Path, checks: dict[str, str]) -> dict[str, Measured]:
    """What the check of each package returns, and how often it allocates.

    One program runs all of them, since to link one for each takes longer than everything else.
    """
    for name, check in checks.items():
        write(root, {f"{name}/check.go": f"package p\n\n{check}{_CHECK}"})
    imports, lines = ("".join(map(one.format, checks)) for one in (_IMPORT, _LINE))
    write(root, {"checks/checks_test.go": _CHECKS.format(imports=imports, lines=lines)})
    done = subprocess.run(
        [toolchain.go, "test", "-v", "./checks"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"^(\w+): (\S+) (.*)$", done.stdout, re.MULTILINE)
    return {name: Measured(output, float(allocations)) for name, allocations, output in found}


def test_an_example_becomes_what_it_says(toolchain: Toolchain, tmp_path: Path) -> None:
    unwanted = [case for case in REFUSED if in_range(case.example, toolchain)]
    for language in sorted({case.example.go for case in EXAMPLES}):
        cases = [
            case
            for case in EXAMPLES
            if case.example.go == language and in_range(case.example, toolchain)
        ]
        of_language = unwanted if language == "1.21" else []
        if cases:
            check_examples(toolchain, tmp_path / language, language, cases, of_language)


def check_examples(
    toolchain: Toolchain,
    folder: Path,
    language: str,
    cases: list[Case],
    unwanted: list[Unwanted],
) -> None:
    before, after = folder / "before", folder / "after"
    for root in (before, after):
        write(root, {"go.mod": f"module example.com/m\n\ngo {language}\n"})
    for case in cases:
        write(before / case.folder, files_of(case.example.before))
        write(after / case.folder, files_of(case.example.after))
    for one in unwanted:
        write(before, {f"{one.folder}/a.go": one.example.source})

    found = propose(before, machine_code=True)
    wrong: dict[str, object] = {}
    for case in cases:
        sites = [one for one in found if is_marked(one, case)]
        made = [one for site in sites for one in site.named(case.example.rewrite)]
        texts = {formatted(toolchain, _MARK.sub("", text)) for text in only_file(made)}
        if texts != {_MARK.sub("", files_of(case.example.after)["a.go"])}:
            refused = [one for site in sites for one in site.refused(case.example.rewrite)]
            wrong[case.folder] = (refused, texts)
    for one in unwanted:
        sites = [site for site in found if is_marked(site, one)]
        made = [made for site in sites for made in site.named(one.example.rewrite)]
        reasons = {reason for site in sites for reason in site.refused(one.example.rewrite)}
        if made or reasons != {one.example.reason}:
            wrong[one.folder] = (reasons, [made.suggestion for made in made])
    assert wrong == {}

    checks = {case.folder: case.example.check for case in cases if case.example.check}
    was, now = (measured(toolchain, root, checks) for root in (before, after))
    assert {name: one.output for name, one in now.items()} == {
        name: one.output for name, one in was.items()
    }
    more = {
        name: (was[name].allocations, one.allocations)
        for name, one in now.items()
        if one.allocations >= was[name].allocations
    }
    assert more == {}
    assert now.keys() == checks.keys()


def test_compiling_shows_the_effect_that_an_example_states(
    toolchain: Toolchain, tmp_path: Path
) -> None:
    # What only the machine code shows, compiling shows neither before nor after.
    cases = [
        case
        for case in EXAMPLES
        if in_range(case.example, toolchain) and not case.cause.machine_code
    ]
    for language in sorted({case.example.go for case in cases}):
        of_language = [case for case in cases if case.example.go == language]
        check_effects(tmp_path / language, language, of_language)


def check_effects(folder: Path, language: str, cases: list[Case]) -> None:
    root = folder / "before"
    write(root, {"go.mod": f"module example.com/m\n\ngo {language}\n"})
    for case in cases:
        write(root / case.folder, files_of(case.example.before))
    basis = compiled(root)
    chosen = {
        one.id: case
        for site in propose_in(basis)
        for case in cases
        if is_marked(site, case)
        for one in site.named(case.example.rewrite)
    }
    proposals = [o for site in propose_in(basis) for o in site.proposals if o.id in chosen]
    verifier = Verifier(basis, list_members(basis.plan), folder / "verify")

    wrong = []
    for one in verifier.verify(proposals):
        verdict, example = one.suggestion.verdict, chosen[one.id].example
        assert verdict is not None
        builds = verdict.builds and verdict.tests_build
        # What is new elsewhere, an older compiler may not report.
        allowed = {example.effect, Effect.GONE if example.effect is Effect.MOVED else None}
        if not builds or verdict.effect not in allowed:
            wrong.append((chosen[one.id].folder, example.effect, verdict))
    assert wrong == [], "\n".join(map(str, wrong))
    assert {case.folder for case in chosen.values()} == {case.folder for case in cases}


def test_every_rewrite_with_edits_has_an_example() -> None:
    room = Path(causes.__file__).parent.parent
    named = {
        name
        for folder in ("causes", "rewriting")
        for file in (room / folder).glob("*.py")
        for name in re.findall(r'attempt\("([a-z-]+)"', file.read_text())
    }
    assert named == {case.example.rewrite for case in EXAMPLES}


def test_every_cause_has_something_to_say_of_each_of_its_sites(
    newest: Toolchain, tmp_path: Path
) -> None:
    examples = [
        (cause, number, example)
        for cause in all_causes().values()
        for number, example in enumerate(cause.examples)
        if not example.goarch and example.go == "1.21" and is_newest(example)
    ]
    root = tmp_path / "all"
    write(root, {"go.mod": "module example.com/m\n\ngo 1.21\n"})
    for cause, number, example in examples:
        write(root / f"{cause.name.replace('-', '')}{number}", files_of(example.before))

    silent, wordless = set(), set()
    for one in propose(root, machine_code=True):
        if one.site.generated or one.site.range is None or one.site.foreign:
            continue
        if not one.proposals:
            silent.add((one.site.cause, one.path))
        for proposal in one.proposals:
            said = proposal.suggestion
            text = f"{said.title} {said.advice} {said.safety}"
            blanks = ("{site", "{what", "{call", "``", "None")
            if any(blank in text for blank in blanks) or not said.safety + said.advice:
                wordless.add((said.rewrite, text))
    assert silent == set()
    assert wordless == set()


def is_newest(example: Example) -> bool:
    return example.until is None
