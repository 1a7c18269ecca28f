"""The pages of docs/causes and docs/pools, which `python -m tests.pages` makes anew."""

from pathlib import Path

from escapelens.causes import all_causes
from escapelens.pools.findings import all_findings
from escapelens.reporters import pool_pages
from escapelens.reporters.pages import index, markdown

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "causes"
POOLS = DOCS / "pools"


def pages() -> dict[str, str]:
    """What each file of docs/causes has to hold."""
    causes = all_causes()
    return {"README.md": index(causes.values())} | {
        f"{name}.md": markdown(cause) for name, cause in causes.items()
    }


def pages_of_pools() -> dict[str, str]:
    """What each file of docs/pools has to hold."""
    return {"README.md": pool_pages.pool_markdown()} | {
        f"{name}.md": pool_pages.markdown(rule) for name, rule in all_findings().items()
    }


def written(folder: Path = FOLDER) -> dict[str, str]:
    """What the files of a folder hold."""
    return {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*")}


def main() -> None:
    for folder, wanted in ((FOLDER, pages()), (POOLS, pages_of_pools())):
        folder.mkdir(parents=True, exist_ok=True)
        for old in written(folder).keys() - wanted.keys():
            (folder / old).unlink()
        for name, text in wanted.items():
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
