"""Finds the pools of a compiled state, and which of them save nothing."""

from functools import partial
from pathlib import Path

from escapelens.basis import Basis
from escapelens.inquiry import covers_module
from escapelens.model import PoolReport
from escapelens.pools.needless import Program, needless
from escapelens.pools.telling import Compiled, as_shown, pool_id, told
from escapelens.types import Pools, ask


def find_pools(basis: Basis, folder: Path, *, tries: bool = False) -> PoolReport:
    """The pools of the packages that were asked for; the type checker's program is in `folder`.

    If it `tries`, packages are compiled once more to see which pools save nothing.
    """
    overlay = {path: other for path, other in basis.overlay.items() if other}
    answers = ask(basis.plan, basis.packages, folder, pools=True, overlay=overlay)
    known = answers.pools or Pools()
    only = frozenset(map(str, basis.plan.only_files))
    packages = frozenset(one.import_path for one in basis.packages if not one.dep_only)
    compiled = Compiled(
        basis.found, basis.shown, basis.source, packages, covers_module(basis.plan), only
    )
    program = Program(basis.plan, basis.packages, basis.overlay, basis.source)
    pools, findings, untried = told(known, compiled, partial(needless, program) if tries else None)
    return PoolReport(
        pools,
        tuple(basis.directives().apply_to_findings(findings)),
        (*basis.report.notes, *answers.notes, *untried),
        {pool_id(one): as_shown(one.bypass, basis.shown) for one in known.pools if one.bypass},
    )
