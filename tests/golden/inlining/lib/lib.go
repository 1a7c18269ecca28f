// Package lib has constructors that are inlined.
package lib

// Node is one of a list.
type Node struct {
	Next  *Node
	Value int
}

// New is inlined into its callers.
func New(value int) *Node { return &Node{Value: value} }

// Pair inlines New twice and is inlined itself.
func Pair(a, b int) *Node {
	first := New(a)
	first.Next = New(b)
	return first
}

// Fill moves its parameter to the heap, wherever it is inlined.
func Fill(value int) func() int { return func() int { value++; return value } }
