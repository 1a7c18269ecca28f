// Package box is generic and has an instance of its own.
package box

// Box holds a value on the heap.
type Box[T any] struct{ value *T }

// New moves its parameter to the heap.
func New[T any](value T) *Box[T] {
	return &Box[T]{value: &value}
}

// Number is an instance beside the generic function.
func Number() *Box[int] { return New(1) }

// Maker has a method for which the compiler makes up a pointer wrapper.
type Maker[T any] struct{ _ int }

// Make is that method.
func (Maker[T]) Make() *T { return new(T) }
