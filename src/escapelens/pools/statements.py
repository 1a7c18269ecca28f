"""What is true of `sync.Pool`, each statement with a Go test that shows it."""

from typing import NamedTuple


class Statement(NamedTuple):
    """A sentence or two of Markdown, and its proof."""

    text: str
    proof: str
    """A Go test function, and what else it needs at the top level of its file."""


class Section(NamedTuple):
    """What belongs together on the page."""

    title: str
    statements: tuple[Statement, ...]


SECTIONS = (
    Section(
        "Take, use, put back",
        (
            Statement(
                "`Get` gives any value that somebody put back, or makes one with `New`. Without "
                "`New`, `Get` of an empty pool gives nil, and a type assertion without `ok` "
                "panics.",
                """\
func TestEmptyPoolGivesNil(t *testing.T) {
	var pool sync.Pool
	if v := pool.Get(); v != nil {
		t.Fatal(v)
	}
	defer func() {
		if recover() == nil {
			t.Fatal("the assertion did not panic")
		}
	}()
	_ = pool.Get().(*int)
}
""",
            ),
            Statement(
                "A value comes back as it was put: nothing clears it. Empty it right after `Get`.",
                """\
func TestValuesAreNotCleared(t *testing.T) {
	alone(t)
	pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	first := pool.Get().(*bytes.Buffer)
	first.WriteString("secret")
	pool.Put(first)
	if got := pool.Get().(*bytes.Buffer).String(); got != "secret" {
		t.Fatalf("%q", got)
	}
}
""",
            ),
            Statement(
                "What was put back belongs to the next `Get`. `buffer.Bytes()` and `b[:n]` share "
                "the memory; `buffer.String()` and `bytes.Clone` copy it.",
                """\
func TestBytesAreShared(t *testing.T) {
	alone(t)
	pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	buffer := pool.Get().(*bytes.Buffer)
	buffer.WriteString("mine")
	shared, text, clone := buffer.Bytes(), buffer.String(), bytes.Clone(buffer.Bytes())
	pool.Put(buffer)
	other := pool.Get().(*bytes.Buffer)
	other.Reset()
	other.WriteString("ours")
	if string(shared) != "ours" || text != "mine" || string(clone) != "mine" {
		t.Fatal(string(shared), text, string(clone))
	}
}
""",
            ),
            Statement(
                "A value that is put back twice is given to two owners.",
                """\
func TestPutTwice(t *testing.T) {
	alone(t)
	var pool sync.Pool
	v := new(int)
	pool.Put(v)
	pool.Put(v)
	if a, b := pool.Get(), pool.Get(); a != any(v) || b != any(v) {
		t.Fatal(a, b)
	}
}
""",
            ),
            Statement(
                "`Put(nil)` does nothing. A nil pointer or a nil slice is not that nil: it is "
                "stored, and given to the next `Get`.",
                """\
func TestNilPointerIsStored(t *testing.T) {
	alone(t)
	pool := sync.Pool{New: func() any { return new(int) }}
	pool.Put(nil)
	if p := pool.Get().(*int); p == nil {
		t.Fatal("nil was stored")
	}
	pool.Put((*int)(nil))
	if p := pool.Get().(*int); p != nil {
		t.Fatal("the nil pointer was not stored")
	}
}
""",
            ),
        ),
    ),
    Section(
        "Put and defer",
        (
            Statement(
                "A deferred `Put` runs when the function returns and when it panics, whether "
                "somebody recovers or not.",
                """\
func TestDeferredPutRunsOnPanic(t *testing.T) {
	alone(t)
	var pool sync.Pool
	v := new(int)
	func() {
		defer func() { recover() }()
		func() {
			defer pool.Put(v)
			panic("recovered by the caller")
		}()
	}()
	if pool.Get() != any(v) {
		t.Fatal("not put back")
	}
	out, code := child(t, "panic")
	if !strings.Contains(out, "put back") || code == 0 {
		t.Fatal(code, out)
	}
}

func init() {
	children["panic"] = func() {
		defer func() { fmt.Println("put back") }()
		panic("recovered by nobody")
	}
}
""",
            ),
            Statement(
                "It runs when `runtime.Goexit` ends the goroutine, as `t.FailNow` does. `os.Exit` "
                "and `log.Fatal` skip it: the program is over.",
                """\
func TestDeferAndTheEnd(t *testing.T) {
	alone(t)
	var pool sync.Pool
	v := new(int)
	done := make(chan bool)
	go func() {
		defer close(done)
		defer pool.Put(v)
		runtime.Goexit()
	}()
	<-done
	if pool.Get() != any(v) {
		t.Fatal("not put back")
	}
	for _, way := range []string{"exit", "fatal"} {
		if out, _ := child(t, way); strings.Contains(out, "put back") {
			t.Fatal(way, out)
		}
	}
}

func init() {
	children["exit"] = func() {
		defer func() { fmt.Println("put back") }()
		os.Exit(0)
	}
	children["fatal"] = func() {
		defer func() { fmt.Println("put back") }()
		log.Fatal("over")
	}
}
""",
            ),
            Statement(
                "`defer pool.Put(v)` keeps the value that `v` has at the `defer` statement. A "
                "deferred function literal sees what `v` holds in the end, be it nil.",
                """\
func TestWhatADeferredPutSees(t *testing.T) {
	alone(t)
	var pool sync.Pool
	func() {
		v := new(int)
		*v = 7
		defer pool.Put(v)
		v = nil
	}()
	if v := pool.Get().(*int); v == nil || *v != 7 {
		t.Fatal(v)
	}
	func() {
		v := new(int)
		defer func() { pool.Put(v) }()
		v = nil
	}()
	if v := pool.Get().(*int); v != nil {
		t.Fatal(v)
	}
}
""",
            ),
            Statement(
                "So `defer pool.Put(b)` of a slice puts back the slice as it was then: what "
                "`append` makes of it later is lost to the pool.",
                """\
func TestDeferredPutOfASliceThatGrows(t *testing.T) {
	alone(t)
	var pool sync.Pool
	func() {
		b := make([]byte, 0, 8)
		defer pool.Put(b)
		b = append(b, make([]byte, 100)...)
	}()
	if b := pool.Get().([]byte); cap(b) != 8 {
		t.Fatal(cap(b))
	}
}
""",
            ),
        ),
    ),
    Section(
        "What a Put allocates",
        (
            Statement(
                "A slice, string or struct is copied to the heap at each `Put`, deferred or not, "
                "since an interface holds one pointer. Pointers, channels, maps and functions are "
                "one, and so is a struct of nothing else than one of these.",
                """\
var (
	sinks  sync.Pool
	theMap = map[int]int{}
	theFun = func() {}
)

func TestPutOfValuesAllocates(t *testing.T) {
	alone(t)
	b, s, p, c := make([]byte, 8), strings.Repeat("x", 8), new(int), make(chan int)
	for name, put := range map[string]func(){
		"slice":    func() { sinks.Put(b); sinks.Get() },
		"deferred": func() { func() { defer sinks.Put(b) }(); sinks.Get() },
		"string":   func() { sinks.Put(s); sinks.Get() },
		"struct":   func() { sinks.Put(struct{ a, b *int }{p, p}); sinks.Get() },
	} {
		if n := testing.AllocsPerRun(100, put); n != 1 {
			t.Error(name, n)
		}
	}
	for name, put := range map[string]func(){
		"pointer":  func() { sinks.Put(p); sinks.Get() },
		"channel":  func() { sinks.Put(c); sinks.Get() },
		"map":      func() { sinks.Put(theMap); sinks.Get() },
		"function": func() { sinks.Put(theFun); sinks.Get() },
		"wrapper":  func() { sinks.Put(struct{ p *int }{p}); sinks.Get() },
	} {
		if n := testing.AllocsPerRun(100, put); n != 0 {
			t.Error(name, n)
		}
	}
}
""",
            ),
            Statement(
                "The address of a parameter or local variable moves that variable to the heap, "
                "which costs the same. Only the pointer that `Get` gave is free.",
                """\
var addresses = sync.Pool{New: func() any { return new([]byte) }}

//go:noinline
func putAddress(b []byte) { addresses.Put(&b) }

func TestPutOfAnAddressAllocates(t *testing.T) {
	alone(t)
	if n := testing.AllocsPerRun(100, func() {
		putAddress(*addresses.Get().(*[]byte))
	}); n != 1 {
		t.Error("address of a parameter", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		b := addresses.Get().(*[]byte)
		*b = append((*b)[:0], 'x')
		addresses.Put(b)
	}); n != 0 {
		t.Error("pointer from Get", n)
	}
}
""",
            ),
            Statement(
                "A value that does not escape is on the stack and costs no allocation at all: "
                "there, a pool saves nothing.",
                """\
type small struct{ words [8]int }

func TestAValueOnTheStackAllocatesNothing(t *testing.T) {
	sum := 0
	if n := testing.AllocsPerRun(100, func() {
		v := new(small)
		for i := range v.words {
			v.words[i] = i
		}
		sum += v.words[3]
	}); n != 0 {
		t.Fatal(n)
	}
}
""",
            ),
        ),
    ),
    Section(
        "How long a pool keeps what it holds",
        (
            Statement(
                "A pool is emptied over two collections: what is not used between the first and "
                "the second is gone. One collection alone loses nothing.",
                """\
func TestTwoCollectionsEmptyAPool(t *testing.T) {
	alone(t)
	var pool sync.Pool
	v := new(int)
	pool.Put(v)
	runtime.GC()
	if pool.Get() != any(v) {
		t.Fatal("one collection emptied the pool")
	}
	pool.Put(v)
	runtime.GC()
	runtime.GC()
	if got := pool.Get(); got != nil {
		t.Fatal("two collections did not empty the pool")
	}
}
""",
            ),
            Statement(
                "Between collections it has no limit: it holds all that is put, and a buffer at "
                "the size that it once grew to.",
                """\
func TestNoLimit(t *testing.T) {
	alone(t)
	var pool sync.Pool
	const many = 5000
	for i := 0; i < many; i++ {
		pool.Put(new([64]byte))
	}
	kept := 0
	for pool.Get() != nil {
		kept++
	}
	if kept != many {
		t.Fatal(kept)
	}
	buffer := new(bytes.Buffer)
	buffer.Grow(1 << 20)
	buffer.Reset()
	pool.Put(buffer)
	if c := pool.Get().(*bytes.Buffer).Cap(); c < 1<<20 {
		t.Fatal(c)
	}
}
""",
            ),
            Statement(
                "A value that is not put back is no leak: the collector frees it like any other, "
                "and the pool makes another.",
                """\
func TestNotPutBackIsNoLeak(t *testing.T) {
	made, freed := 0, make(chan bool, 1)
	pool := sync.Pool{New: func() any { made++; return new([64]byte) }}
	func() {
		v := pool.Get().(*[64]byte)
		runtime.SetFinalizer(v, func(*[64]byte) { freed <- true })
	}()
	for i := 0; i < 100; i++ {
		runtime.GC()
		select {
		case <-freed:
			pool.Get()
			if made != 2 {
				t.Fatal(made)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("not freed")
}
""",
            ),
            Statement(
                "A pool that is copied after its first use shares what it holds then with the "
                "copy, and the collector, which knows only the original, never empties the copy.",
                """\
func TestCollectionsDoNotEmptyACopy(t *testing.T) {
	alone(t)
	var pool sync.Pool
	v := new(int)
	pool.Put(v)
	other := pool
	for i := 0; i < 5; i++ {
		runtime.GC()
	}
	if got := pool.Get(); got != nil {
		t.Fatal("the original was not emptied")
	}
	if other.Get() != any(v) {
		t.Fatal("the copy was emptied")
	}
}
""",
            ),
        ),
    ),
)
