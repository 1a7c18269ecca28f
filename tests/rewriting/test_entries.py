"""Which maps get room, for what, and what is called safe."""

from collections.abc import Callable
from pathlib import Path

from escapelens.model import Applicability
from tests.causes.proposals import propose
from tests.toolchains import Toolchain

MODULE = """\
-- go.mod --
module example.com/m

go 1.24
-- a.go --
package m

type User struct {
	ID   int
	Name string
}

type Store struct{ byName map[string]User }

func New(users []User) *Store {
	s := &Store{byName: make(map[string]User)} // review len(users)
	for _, user := range users {
		s.byName[user.Name] = user
	}
	return s
}

func (s *Store) Fill(users []User) {
	s.byName = make(map[string]User) // review len(users)
	for _, user := range users {
		s.byName[user.Name] = user
	}
}

func Merged(a, b map[string]int) map[string]int {
	all := make(map[string]int, 0) // review len(a)+len(b)
	for name, n := range a {
		all[name] = n
	}
	for name, n := range b {
		all[name] += n
	}
	return all
}

func Copied(of map[string]int) map[string]int {
	copied := map[string]int{} // safe len(of)
	for name, n := range of {
		copied[name] = n
	}
	return copied
}

func Squares(n int) map[int]int {
	squares := map[int]int{} // review max(n, 0)
	for i := range n {
		squares[i] = i * i
	}
	return squares
}

func Table() map[int]int {
	squares := map[int]int{} // safe 100
	for i := 0; i < 100; i++ {
		squares[i] = i * i
	}
	return squares
}

func Chosen(of map[string]int) map[string]int {
	chosen := map[string]int{} // review len(of)
	for name, n := range of {
		if n > 0 {
			chosen[name] = n
		}
	}
	return chosen
}

func Sized(of []int) map[int]int {
	sized := make(map[int]int, 10)
	for i, n := range of {
		sized[n] = i
	}
	return sized
}

func Hidden(of map[string]int) map[string]int {
	all := map[string]int{} // refused
	if len(of) > 3 {
		all := map[string]int{}
		for name := range of {
			all[name]++
		}
	}
	return all
}
"""


def test_the_room_of_maps(newest: Toolchain, write_module: Callable[[str], Path]) -> None:
    root = write_module(MODULE)
    lines = (root / "a.go").read_text().splitlines()
    wanted = {
        number: line.partition(" // ")[2] for number, line in enumerate(lines, 1) if " // " in line
    }
    said: dict[int, str] = {}
    for one in propose(root):
        line = one.site.position.line
        for made in one.named("room-for-entries"):
            kind = "safe" if made.suggestion.applicability is Applicability.SAFE else "review"
            room = made.suggestion.title.split("`")[3]
            said[line] = f"{kind} {room}"
        if one.refused("room-for-entries"):
            said[line] = "refused"
    assert said == wanted


def test_a_module_that_asks_for_an_older_go(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(
        """\
        -- go.mod --
        module example.com/m

        go 1.20
        -- a.go --
        package m

        func Squares(n int) map[int]int {
        	squares := map[int]int{}
        	for i := 0; i < n; i++ {
        		squares[i] = i * i
        	}
        	return squares
        }
        """
    )
    reasons = {reason for one in propose(root) for reason in one.refused("room-for-entries")}
    assert reasons == {"`n` may be negative, and there is no `max` before Go 1.21"}
