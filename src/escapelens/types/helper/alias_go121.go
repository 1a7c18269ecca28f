//go:build !go1.22

package main

import "go/types"

// unalias is the type that an alias stands for; Go 1.21 has no types for aliases.
func unalias(t types.Type) types.Type { return t }
