// Package use has more instances, in a file of the same name.
package use

import "example.com/generics/box"

// Text is an instance over another type.
func Text() *box.Box[string] { return box.New("one") }

// Wrapped needs the wrapper.
func Wrapped() interface{ Make() *string } { return box.Maker[string]{} }

//go:noinline
func list[T any](value T) []T { return []T{value} }

// Lists has instances of this package's own generic function.
func Lists() ([]int, []string) { return list(1), list("two") }
