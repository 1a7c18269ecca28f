// Package tests has tests inside and outside.
package tests

// Kept is set by everyone.
var Kept any

// New is inlined everywhere.
func New(n int) *int { return &n }

// Box is inlined nowhere.
//
//go:noinline
func Box(n int) { Kept = n }

func own() { Kept = New(1) }
