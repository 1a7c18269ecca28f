// Package closures holds function literals, method values and what go and defer wrap.
package closures

type counter struct{ n int }

func (c *counter) add(n int) { c.n += n }

var kept []func()

var atTop = func(n int) *int { return &n }

func started(c *counter) {
	go c.add(1)
	go func() { c.n++ }()
}

func deferred(c *counter) {
	for i := 0; i < 10; i++ {
		defer c.add(i)
	}
	defer c.add(1)
}

func values(c *counter) func(int) { return c.add }

func nested(n int) func() func() *int {
	return func() func() *int {
		m := n + 1
		return func() *int { return &m }
	}
}

func (c *counter) each(items []string) {
	for _, item := range items {
		kept = append(kept, func() { c.n += len(item) })
	}
	func() {
		local := 1
		kept = append(kept, func() { local++ })
	}()
}
