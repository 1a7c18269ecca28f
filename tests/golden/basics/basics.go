// Package basics holds one of every kind of site.
package basics

type point struct{ x, y int }

var (
	kept      *int
	keptAny   any
	keptBytes []byte
	keptCall  func() int
	keptText  string
)

func moved(n int) {
	sum := n * 2
	kept = &sum
}

func movedParameter(n int) *int { return &n }

func addressOfLiteral() *point { return &point{x: 1} }

func newValue() *point { return new(point) }

func made(n int) { keptBytes = make([]byte, n) }

func madeMap() map[string]int { return make(map[string]int) }

func literals() ([]int, map[string]*point) {
	return []int{1, 2, 3}, map[string]*point{"a": {1, 2}}
}

func closure(n int) { keptCall = func() int { n++; return n } }

func boxed(p point, text string) {
	keptAny = p
	keptAny = text
	keptAny = 1000
}

func variadic(values ...any) { keptAny = values }

func passed(n int) { variadic(n, "text") }

func appended(text string) { keptBytes = append(keptBytes, text...) }

func joined(a, b string) { keptText = a + ": " + b }

func joinedAndBoxed(a, b string) { keptAny = a + b }

func converted(text string) { keptBytes = []byte(text) }

func convertedBack(bytes []byte) { keptText = string(bytes) }

func large() int {
	var array [11 << 20]byte
	return len(array) + int(array[5])
}
