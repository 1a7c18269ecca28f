package main

import "go/types"

// Spot is a byte offset in a file.
type Spot struct {
	File   string `json:"file"`
	Offset int    `json:"offset"`
	// Users asks for the declarations that use the function that is declared here, too.
	Users bool `json:"users"`
	// Callee asks the same of the function that what stands here is handed to.
	Callee bool `json:"callee"`
}

// Declaration is what is known of one top-level declaration. All offsets are those of its file; an
// index of -1 stands for nothing.
type Declaration struct {
	File    string `json:"file"`
	Start   int    `json:"start"`
	End     int    `json:"end"`
	Package string `json:"package"`
	// Imports gives the import path for each name that the file has for a package.
	Imports map[string]string `json:"imports"`
	// Function is the object that a function's declaration declares.
	Function    int          `json:"function"`
	Types       []*TypeFacts `json:"types"`
	Objects     []Object     `json:"objects"`
	Names       []Name       `json:"names"`
	Expressions []Expression `json:"expressions"`
	// Users are the places that use the function, in all analysed packages, if they were asked for.
	Users []Spot `json:"users"`
	scope *types.Scope
}

// TypeFacts is what is known of a type.
type TypeFacts struct {
	// Text is how the file writes it.
	Text string `json:"text"`
	// ID tells it from all other types.
	ID string `json:"id"`
	// Kind is that of the underlying type: a basic type's name, or array, slice, struct …
	Kind  string `json:"kind"`
	Named bool   `json:"named"`
	// Size is in bytes, or -1 where it depends on type arguments.
	Size       int64 `json:"size"`
	Elem       int   `json:"elem"`
	Key        int   `json:"key"`
	Length     int64 `json:"length"`
	Comparable bool  `json:"comparable"`
	// Lock tells that a value must not be copied.
	Lock bool `json:"lock"`
	// Writable tells that Text means this type wherever the file's own names are visible.
	Writable bool `json:"writable"`
	// Methods are the names of the methods of a value, PointerMethods those of a pointer to it.
	Methods        []string `json:"methods"`
	PointerMethods []string `json:"pointer_methods"`
	Parameters     []int    `json:"parameters"`
	Results        []int    `json:"results"`
	Variadic       bool     `json:"variadic"`
}

// Object is what a name stands for.
type Object struct {
	Name string `json:"name"`
	// Kind is var, field, func, method, type, const, package, builtin, nil or label.
	Kind string `json:"kind"`
	// Role is that of a variable in its function: global, parameter, receiver, result or local.
	Role    string `json:"role"`
	Type    int    `json:"type"`
	Package string `json:"package"`
	// File and Offset are where it is declared, if that is in a file that was read.
	File   string `json:"file"`
	Offset int    `json:"offset"`
	// Pointer tells that a method's receiver is a pointer.
	Pointer bool `json:"pointer"`
	// Interface tells that the method is an interface's.
	Interface bool `json:"interface"`
}

// Name is one use of an identifier.
type Name struct {
	Offset int `json:"offset"`
	Object int `json:"object"`
	// Role is what happens to the variable there: declare, read, write, part (of it is written),
	// address (is taken) or receiver (its address is taken to call a method).
	Role string `json:"role"`
	// Indirect tells that a selected field lies behind a pointer, which may be an embedded one.
	Indirect bool `json:"indirect"`
}

// Expression is one expression, with the value of a constant.
type Expression struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Type  int    `json:"type"`
	Value string `json:"value"`
}
