"""The page of each cause: complete, linked, harmless in a terminal, and fresh in docs/causes."""

import io
import re

import jsonschema
import msgspec
import pytest
from rich.console import Console

from escapelens.causes import Cause, all_causes
from escapelens.reporters.drawing import draw
from escapelens.reporters.json import schema
from escapelens.reporters.pages import index, markdown, record
from escapelens.reporters.wording import first_sentence
from tests.pages import pages, pages_of_pools, written

CAUSES = list(all_causes().values())
each_cause = pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)


def drawn(text: str, width: int = 80, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=stream, width=width, no_color=True, force_terminal=False)
    return "".join(f"{line.plain}\n" for line in draw(text, console))


@each_cause
class TestEachCause:
    def test_page_says_everything(self, cause: Cause) -> None:
        page = markdown(cause, linked=False)

        assert page.startswith(f"# {cause.name}\n")
        for text in (cause.why, cause.safety, cause.leave_it, cause.history):
            assert text.strip() in page
        shown = [one.before for one in cause.examples] + [one.after for one in cause.examples]
        for code in (*shown, *(miss.source for miss in cause.near_misses)):
            for part in re.split(r"^-- .+ --\n", code, flags=re.MULTILINE):
                assert part.strip() in page
        assert page.count("```") % 2 == 0

    def test_record_fits_the_schema(self, cause: Cause) -> None:
        page = msgspec.json.decode(msgspec.json.encode(record(cause)))
        wanted = {"$ref": "#/$defs/CausePage", "$defs": schema()["$defs"]}

        jsonschema.Draft202012Validator(wanted).validate(page)

    @pytest.mark.parametrize("width", [40, 80, 120])
    def test_page_is_drawn(self, cause: Cause, width: int) -> None:
        text = drawn(markdown(cause, linked=False), width)

        assert cause.name in text
        assert all(line.isprintable() for line in text.split("\n"))
        assert all(len(line) <= width for line in text.split("\n"))
        assert "```" not in text

    def test_page_is_drawn_without_unicode(self, cause: Cause) -> None:
        drawn(markdown(cause, linked=False), encoding="ascii").encode("ascii")

    def test_short_form_is_short(self, cause: Cause) -> None:
        for text in (cause.why, cause.leave_it):
            assert "\n" not in first_sentence(text)
            assert 0 < len(first_sentence(text)) < 250


def test_pages_in_docs_are_fresh() -> None:
    assert written() == pages(), "run `make golden`, which refreshes docs/causes too"


def test_links_lead_somewhere() -> None:
    known = pages()
    targets = {*known, *(f"../pools/{name}" for name in pages_of_pools())}
    for name, text in known.items():
        words = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)]+)\)", words):
            assert target in targets, f"{name} links to {target}"


def test_index_names_every_cause() -> None:
    for cause in CAUSES:
        assert f"[`{cause.name}`]({cause.name}.md)" in index(CAUSES)


def test_named_causes_are_linked_and_nothing_else() -> None:
    class Other(type(all_causes()["no-body"])):  # type: ignore[misc]
        why = "See `returned-pointer`, not `no-such-cause` or `go vet`."

    page = markdown(Other())

    assert "See [`returned-pointer`](returned-pointer.md), not `no-such-cause`" in page
    assert "](returned" not in markdown(Other(), linked=False)


def test_nothing_drawn_is_obeyed_by_a_terminal() -> None:
    text = drawn("# a\x1b[31m\n\n`b\x9b` \u202e\n\n```go\nx := 1 \x07\x1b]0;t\n```\n")

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_code_is_drawn_as_it_is_written() -> None:
    text = drawn("Words.\n\n```go\nfunc F() {\n\treturn // heap\n}\n```\n")

    assert text == "Words.\n\n    func F() {\n        return // heap\n    }\n"
