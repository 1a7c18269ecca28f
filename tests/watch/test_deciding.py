"""When is built and what, on a clock that the tests turn."""

from hypothesis import given
from hypothesis import strategies as st

from escapelens.watch.deciding import (
    EVERYTHING,
    LONGEST_WAIT,
    NOTHING,
    QUIET,
    QUIET_AFTER_STORM,
    QUIET_AFTER_TWO,
    STORM,
    Action,
    Cancel,
    Decider,
    Dirty,
    Start,
)

A = Dirty(frozenset({"a"}))
B = Dirty(frozenset({"b"}))


def started(decider: Decider, at: float, dirty: Dirty = A) -> Start:
    """The build that a single change leads to."""
    assert decider.changed(dirty, at) == []
    (start,) = decider.tick(at + QUIET)
    assert isinstance(start, Start)
    return start


class TestQuiet:
    def test_a_save_is_built_when_it_is_over(self) -> None:
        decider = Decider()
        decider.changed(A, 10.0)
        decider.changed(B, 10.01)

        assert decider.tick(10.01 + QUIET / 2) == []
        assert decider.due() == 10.01 + QUIET
        assert decider.tick(10.01 + QUIET) == [Start(1, A | B, 10.0)]
        assert decider.due() is None

    def test_nothing_dirty_is_nothing(self) -> None:
        decider = Decider()
        decider.changed(NOTHING, 1.0)

        assert decider.due() is None
        assert decider.is_idle

    def test_a_storm_is_waited_for_longer_and_makes_all_dirty(self) -> None:
        decider = Decider()
        for index in range(STORM):
            decider.changed(A, 1.0 + index / 1000)
        last = 1.0 + (STORM - 1) / 1000

        assert decider.tick(last + QUIET) == []
        assert decider.tick(last + QUIET_AFTER_STORM) == [Start(1, EVERYTHING, 1.0)]

    def test_who_never_stops_is_not_waited_for(self) -> None:
        decider = Decider()
        now = 0.0
        builds: list[Action] = []
        while now < 2 * LONGEST_WAIT and not builds:
            decider.changed(A, now)
            builds = decider.tick(now)
            now += QUIET / 3
        assert builds
        assert now <= LONGEST_WAIT + QUIET

    def test_what_is_asked_for_is_begun_at_once(self) -> None:
        decider = Decider()
        decider.ask(EVERYTHING, 5.0)

        assert decider.tick(5.0) == [Start(1, EVERYTHING, 5.0)]


class TestOutdated:
    def test_a_change_cancels_what_runs_and_the_next_build_has_both(self) -> None:
        decider = Decider()
        start = started(decider, 1.0)

        assert decider.changed(B, 2.0) == [Cancel(start.generation)]
        assert decider.changed(B, 2.01) == []
        assert decider.tick(3.0) == []
        decider.ended(start.generation, A, 3.0)
        assert decider.tick(3.0) == [Start(2, A | B, 1.0)]

    def test_who_outdates_build_after_build_is_waited_for_longer(self) -> None:
        """A checkout on a busy machine, whose pauses are longer than those of a save."""
        decider = Decider()
        now = 1.0
        for generation, quiet in enumerate((QUIET, QUIET_AFTER_STORM, QUIET_AFTER_TWO), 1):
            decider.changed(A, now)
            decider.ended(generation - 1, A, now)
            assert decider.due() == now + quiet
            now += quiet
            (start,) = decider.tick(now)
            assert start == Start(generation, A, 1.0)

        decider.ended(3, NOTHING, now)
        decider.changed(A, 9.0)
        assert decider.due() == 9.0 + QUIET

    def test_what_a_build_did_is_not_done_again(self) -> None:
        decider = Decider()
        start = started(decider, 1.0)
        decider.ended(start.generation, NOTHING, 1.5)

        assert decider.is_idle
        assert decider.tick(9.0) == []

    def test_who_ends_late_changes_nothing(self) -> None:
        decider = Decider()
        start = started(decider, 1.0)
        decider.ended(start.generation, NOTHING, 1.5)
        second = started(decider, 2.0, B)

        decider.ended(start.generation, A, 2.5)
        assert not decider.is_idle
        decider.ended(second.generation, NOTHING, 2.6)
        assert decider.is_idle

    def test_a_change_at_the_end_is_not_lost(self) -> None:
        decider = Decider()
        start = started(decider, 1.0)
        decider.changed(B, 2.0)
        decider.ended(start.generation, NOTHING, 2.0)

        assert decider.tick(2.0 + QUIET) == [Start(2, B, 2.0)]


Steps = st.lists(
    st.tuples(
        st.sampled_from(["change", "tick", "end", "end cancelled"]),
        st.sampled_from(["a", "b", "c"]),
        st.floats(0.0, 0.2),
    ),
    max_size=60,
)


@given(Steps)
def test_every_change_is_built_after_it_came_and_one_build_runs_at_a_time(
    steps: list[tuple[str, str, float]],
) -> None:
    decider = Decider()
    now = 0.0
    running: Start | None = None
    cancelled = False
    owed: set[str] = set()
    """Packages that changed and were in no build that was begun since and ended well."""
    for what, name, wait in steps:
        now += wait
        if what == "change":
            actions = decider.changed(Dirty(frozenset({name})), now)
            owed.add(name)
            if actions:
                assert running is not None
                assert actions == [Cancel(running.generation)]
                assert not cancelled
                cancelled = True
        elif what == "tick":
            for action in decider.tick(now):
                assert isinstance(action, Start)
                assert running is None
                assert owed <= action.dirty.packages or action.dirty.whole
                running, cancelled = action, False
        elif running is not None:
            gave_up = cancelled or what == "end cancelled"
            decider.ended(running.generation, running.dirty if gave_up else NOTHING, now)
            if not gave_up:
                owed -= running.dirty.packages
            running = None
    if running is not None:
        decider.ended(running.generation, running.dirty, now)
    due = decider.due()
    if owed:
        assert due is not None
        (last,) = decider.tick(max(due, now))
        assert isinstance(last, Start)
        assert owed <= last.dirty.packages
