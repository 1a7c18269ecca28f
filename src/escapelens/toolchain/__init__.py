"""The only room that starts processes: finds Go, decides what to run, runs it and can stop it."""

from escapelens.toolchain.again import Again
from escapelens.toolchain.build import Build
from escapelens.toolchain.finding import Toolchain, find_toolchain, newer_than_tested
from escapelens.toolchain.listing import ListedPackage, explain_packages
from escapelens.toolchain.members import Member, Members, list_members
from escapelens.toolchain.planning import BuildOptions, Plan, plan_build

__all__ = [
    "Again",
    "Build",
    "BuildOptions",
    "ListedPackage",
    "Member",
    "Members",
    "Plan",
    "Toolchain",
    "explain_packages",
    "find_toolchain",
    "list_members",
    "newer_than_tested",
    "plan_build",
]
