"""The pools of real modules: what they are, what they hold, who takes and who puts back."""

from collections.abc import Callable
from pathlib import Path

from escapelens.types import Pools, PoolUse, ask
from tests.toolchains import Toolchain, cache
from tests.types.test_asking import list_packages

Module = Callable[[str], Path]


def pools_of(root: Path, *, tests: bool = False) -> Pools:
    plan, packages = list_packages(root, tests=tests)
    answers = ask(plan, packages, cache() / "types", pools=True)
    assert answers.notes == ()
    assert answers.pools is not None
    return answers.pools


def inventory(found: Pools) -> dict[str, tuple[str, list[str], list[str]]]:
    """Element, Gets and Puts of each pool: `Function` or `Function<wrapper`, `!` if deferred."""

    def told(uses: tuple[PoolUse, ...]) -> list[str]:
        return [
            use.function + (f"<{use.through}" if use.through else "") + "!" * use.deferred
            for use in uses
        ]

    return {pool.name: (pool.element, told(pool.gets), told(pool.puts)) for pool in found.pools}


def test_variables_fields_and_wrappers_across_packages(
    toolchain: Toolchain, write_module: Module
) -> None:
    root = write_module(
        """\
        -- buf/buf.go --
        package buf

        import (
        	"bytes"
        	"sync"
        )

        var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

        func Get() *bytes.Buffer {
        	b := pool.Get().(*bytes.Buffer)
        	b.Reset()
        	return b
        }

        func Put(b *bytes.Buffer) {
        	if b.Cap() > 1<<16 {
        		return
        	}
        	pool.Put(b)
        }
        -- m.go --
        package m

        import (
        	"bytes"
        	"sync"

        	"example.com/m/buf"
        )

        type conn struct{ n int }

        type Server struct {
        	sync.Pool
        	conns sync.Pool
        	byKey map[string]*sync.Pool
        }

        func (s *Server) take() (*conn, error) { return s.conns.Get().(*conn), nil }
        func (c *conn) free(s *Server)         { s.conns.Put(c) }

        func NewServer() *Server {
        	s := &Server{byKey: map[string]*sync.Pool{"a": new(sync.Pool)}}
        	s.conns.New = func() any { return new(conn) }
        	s.New = makeInts
        	return s
        }

        func makeInts() any { return new([8]int) }

        func (s *Server) Serve(name string) string {
        	c, err := s.take()
        	if err != nil {
        		return ""
        	}
        	defer c.free(s)
        	ints := s.Get().(*[8]int)
        	s.Put(ints)
        	b := buf.Get()
        	defer buf.Put(b)
        	p := s.byKey[name]
        	v, _ := p.Get().(*bytes.Buffer)
        	p.Put(v)
        	return b.String()
        }
        """
    )

    assert inventory(pools_of(root)) == {
        "pool": ("*bytes.Buffer", ["Get", "(*Server).Serve<Get"], ["Put", "(*Server).Serve<Put!"]),
        "Server.Pool": ("*[8]int", ["(*Server).Serve"], ["(*Server).Serve"]),
        "Server.conns": (
            "*conn",
            ["(*Server).take", "(*Server).Serve<(*Server).take"],
            ["(*conn).free", "(*Server).Serve<(*conn).free!"],
        ),
        "Server.byKey": ("*bytes.Buffer", ["(*Server).Serve"], ["(*Server).Serve"]),
    }


def test_generic_wrappers_pointers_and_factories(
    toolchain: Toolchain, write_module: Module
) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import "sync"

        type Pool[T any] struct{ inner sync.Pool }

        func New[T any](f func() T) *Pool[T] {
        	return &Pool[T]{inner: sync.Pool{New: func() any { return f() }}}
        }

        func (p *Pool[T]) Get() T  { return p.inner.Get().(T) }
        func (p *Pool[T]) Put(v T) { p.inner.Put(v) }

        var ints = New(func() *int { return new(int) })

        func Use() int {
        	n := ints.Get()
        	defer ints.Put(n)
        	return *n
        }

        func sized(n int) *sync.Pool {
        	return &sync.Pool{New: func() any { b := make([]byte, n); return &b }}
        }

        var small, large = sized(64), sized(4096)

        func of(n int) *sync.Pool {
        	if n < 64 {
        		return small
        	}
        	return large
        }

        func Each(n int) {
        	pool := of(n)
        	b := pool.Get().(*[]byte)
        	give(pool, b)
        }

        func give(pool *sync.Pool, b *[]byte) { pool.Put(b) }

        func Local() {
        	pool := sync.Pool{New: func() any { return new(int) }}
        	get := func() any { return pool.Get() }
        	pool.Put(get())
        }
        """
    )

    assert inventory(pools_of(root)) == {
        "Pool.inner": (
            "T",
            ["(*Pool).Get", "Use<(*Pool).Get"],
            ["(*Pool).Put", "Use<(*Pool).Put!"],
        ),
        "small": ("*[]byte", ["Each"], ["Each<give", "give"]),
        "large": ("*[]byte", ["Each"], ["Each<give", "give"]),
        "pool": ("*int", ["Local"], ["Local"]),
    }


def test_a_pool_of_tests_is_seen_once(newest: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import "sync"

        var pool sync.Pool

        func use() {
        	pool.Put(pool.Get())
        }
        -- m_test.go --
        package m

        import "testing"

        func TestUse(t *testing.T) {
        	use()
        	if v, ok := pool.Get().(*int); ok {
        		pool.Put(v)
        	}
        }
        """
    )

    assert inventory(pools_of(root, tests=True)) == {
        "pool": ("*int", ["use", "TestUse"], ["use", "TestUse"])
    }
    assert inventory(pools_of(root)) == {"pool": ("", ["use"], ["use"])}


def test_a_package_that_does_not_build_hides_only_itself(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(
        """\
        -- a/a.go --
        package a

        import "sync"

        var pool sync.Pool

        func use() {
        	undefined()
        	pool.Put(pool.Get())
        }
        -- b/b.go --
        package b

        import "sync"

        var other = sync.Pool{New: func() any { return new(int) }}

        func use() { other.Put(other.Get()) }
        """
    )

    assert inventory(pools_of(root)) == {
        "pool": ("", ["use"], ["use"]),
        "other": ("*int", ["use"], ["use"]),
    }
