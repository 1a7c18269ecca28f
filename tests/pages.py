"""The pages of docs/causes, which `python -m tests.pages` makes anew from the causes."""

from pathlib import Path

from escapelens.causes import all_causes
from escapelens.reporters.pages import index, markdown

FOLDER = Path(__file__).parent.parent / "docs" / "causes"


def pages() -> dict[str, str]:
    """What each file of the folder has to hold."""
    causes = all_causes()
    return {"README.md": index(causes.values())} | {
        f"{name}.md": markdown(cause) for name, cause in causes.items()
    }


def written() -> dict[str, str]:
    """What the files of the folder hold."""
    return {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*")}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in written().keys() - wanted.keys():
        (FOLDER / old).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
