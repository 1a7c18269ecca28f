package main

// Request is what is known of the packages, and what is asked about them.
type Request struct {
	GOARCH string `json:"goarch"`
	// Overlay names files that are read in place of others.
	Overlay  map[string]string `json:"overlay"`
	Packages []Package         `json:"packages"`
	Calls    []Place           `json:"calls"`
	Stores   []Place           `json:"stores"`
	// Declarations asks for everything about the declarations around these places.
	Declarations []Spot `json:"declarations"`
	// Values asks what expressions take.
	Values []Span `json:"values"`
	// Types asks what values of types take that packages declare.
	Types []TypeName `json:"types"`
	// Pools asks for everything about the pools of the packages that are near.
	Pools bool `json:"pools"`
}

// Package is one package as `go list -deps -export` gives it.
type Package struct {
	// ID is the import path; that of a test variant ends in " [p.test]".
	ID    string   `json:"id"`
	Files []string `json:"files"`
	// Imports are the IDs of the packages it imports.
	Imports []string `json:"imports"`
	// ImportMap gives the ID for what is written in an import, where they differ.
	ImportMap map[string]string `json:"import_map"`
	// Export is the file with its export data.
	Export string `json:"export"`
	// GoVersion is the version that its module asks for, such as "1.22".
	GoVersion string `json:"go_version"`
	// Near packages are those that the user asked for, and all of the same modules.
	Near bool `json:"near"`
	// Analysed packages are those whose types are looked through for implementers.
	Analysed bool `json:"analysed"`
}

// Place is a position as the compiler prints it: lines and byte columns count from 1.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Span is the text of a node: lines and byte columns count from 1, the end is exclusive.
type Span struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
}

// TypeName is a type that a package declares, exported or not.
type TypeName struct {
	Package string `json:"package"`
	Name    string `json:"name"`
}

// Value says what an expression takes.
type Value struct {
	// Kind is a basic type's name, slice, pointer (also a map, chan or func), interface or other;
	// of a struct or an array of one thing, the kind of that.
	Kind string `json:"kind"`
	// Constant tells that the value is known when it is compiled.
	Constant bool `json:"constant"`
	// Memory is that of the value itself, Object that of what the expression allocates.
	Memory Memory `json:"memory"`
	Object Memory `json:"object"`
	// Aligned tells that it is moved like a number of its size.
	Aligned bool `json:"aligned"`
	// Makes is what is made beside the value: sum, conversion, slice, map or method value.
	Makes string `json:"makes,omitempty"`
	// Converts is what a conversion from or to text converts: string, bytes, runes or number.
	Converts string `json:"converts,omitempty"`
	// Joined is there for a sum of strings.
	Joined *Joined `json:"joined,omitempty"`
	// Interface is the one that the value is put in where it stands, as written in that file.
	Interface string `json:"interface,omitempty"`
}

// Joined is what a sum of strings consists of.
type Joined struct {
	// Constants counts those that are not empty; neighbours are one. Variables counts all else.
	Constants int `json:"constants"`
	Variables int `json:"variables"`
	// Bytes is the length of all constants.
	Bytes int64 `json:"bytes"`
}

// Memory is a number of bytes, and whether there are pointers among them.
type Memory struct {
	// Size is -1 where it is not known.
	Size     int64 `json:"size"`
	Pointers bool  `json:"pointers"`
}

// Reply holds an answer, or nil, for each question of a Request.
type Reply struct {
	Calls  []*Call    `json:"calls"`
	Stores [][]Target `json:"stores"`
	// Declarations are those that were asked for and found, and those that use them.
	Declarations []*Declaration `json:"declarations"`
	// Declared are all names that the packages of these declarations declare.
	Declared map[string][]string `json:"declared"`
	Values   []*Value            `json:"values"`
	Types    []*Value            `json:"types"`
	Pools    *PoolReply          `json:"pools"`
}

// Call says what is called at a place.
type Call struct {
	// Kind is static, interface, value, builtin or conversion.
	Kind string `json:"kind"`
	// Callee is the full name: path.F, (path.T).M or (*path.T).M.
	Callee string `json:"callee,omitempty"`
	// Package is the import path of the package that declares the callee.
	Package string `json:"package,omitempty"`
	// Function is the callee as the compiler names it in its own package: F, T.M or (*T).M.
	Function string `json:"function,omitempty"`
	// Interface is the type whose method is called, as written in the file of the call.
	Interface string `json:"interface,omitempty"`
	Method    string `json:"method,omitempty"`
	// Value is the source text of a function value.
	Value string `json:"value,omitempty"`
	// Implementers are the types of analysed packages that have all methods of the interface, as
	// written in the file of the call; nil where the interface depends on a type parameter.
	Implementers []string `json:"implementers"`
	// Parameters are the names of the parameters, for a method expression with the receiver's.
	Parameters []string `json:"parameters,omitempty"`
	Variadic   bool     `json:"variadic,omitempty"`
	// HasBody tells a function written in Go from one that is not; nil where its source is unknown.
	HasBody *bool `json:"has_body,omitempty"`
}

// Target is one left side of an assignment.
type Target struct {
	Text string `json:"text"`
	// Into is where the assigned memory lies: behind the innermost pointer, slice or map that the
	// left side goes through, else in a global or local variable, whole or a field or array
	// element of it.
	Into string `json:"into,omitempty"`
	// Root is the variable that the left side begins with.
	Root string `json:"root,omitempty"`
	// RootKind is global, parameter, receiver, result, local or captured.
	RootKind string `json:"root_kind,omitempty"`
	// Container is the type of what is indexed, dereferenced or has the field.
	Container string `json:"container,omitempty"`
}
