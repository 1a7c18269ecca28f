// Package use has the callers.
package use

import "example.com/inlining/lib"

var (
	kept   *lib.Node
	filled func() int
)

// Keep lets its copy escape.
func Keep() { kept = lib.New(1) }

// Drop does not.
func Drop() int { return lib.New(2).Value }

// Both does so with one of two copies.
func Both(n int) int {
	kept = lib.New(n)
	dropped := lib.New(n)
	return dropped.Value
}

// Nested inlines Pair, and so New.
func Nested() { kept = lib.Pair(1, 2) }

// Moved gets the parameter of Fill.
func Moved() { filled = lib.Fill(1) }

// Wrapped puts the same copy in a function literal.
func Wrapped() func() *lib.Node {
	return func() *lib.Node { return lib.New(3) }
}
