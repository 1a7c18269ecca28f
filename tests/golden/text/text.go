// Package text has columns that are hard to count.
package text

var kept any

var größe = 3

func umlauts(straße string) {
	kept = "größer: " + straße + "!"
	/* ein Übermaß */ kept = straße[1:]
	kept = []any{"日本語", größe}
}

func tabs(n int) {
	if n > 0 {
		if n > 1 {
			kept = map[string]int{"a	b": n}
		}
	}
}

func long(n int) {
	kept = []any{"................................................................................................................................................................................................................................................", n, "the end"}
}

func raw(n int) {
	kept = []any{`first
	second`, n}
}
