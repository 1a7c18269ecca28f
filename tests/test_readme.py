"""The README shows what the commands really print."""

from tests.readme import README, refreshed


def test_readme_shows_todays_output() -> None:
    text = README.read_text()

    assert "<!-- output: " in text
    assert refreshed(text) == text, "run `make golden`, which refreshes the README too"
