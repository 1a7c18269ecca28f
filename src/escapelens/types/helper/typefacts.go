package main

import (
	"go/types"
	"strings"
)

// typ gives the number of a type.
func (d *describer) typ(t types.Type) int {
	if t == nil {
		return -1
	}
	if number, ok := d.types[t]; ok {
		return number
	}
	number := len(d.result.Types)
	d.types[t] = number
	facts := &TypeFacts{Size: -1, Elem: -1, Key: -1}
	d.result.Types = append(d.result.Types, facts)
	facts.Text, facts.ID = d.write(t), types.TypeString(t, nil)
	_, facts.Named = unalias(t).(*types.Named)
	facts.Comparable = types.Comparable(t)
	facts.Writable = d.isWritable(t)
	if _, ok := unalias(t).(*types.TypeParam); ok {
		facts.Kind = "parameter"
		return number
	}
	if tuple, ok := t.(*types.Tuple); ok {
		facts.Kind, facts.Results = "tuple", d.tuple(tuple)
		return number
	}
	if !dependsOnTypeParameter(t) {
		facts.Size = d.sizeof(t)
		facts.Lock = holdsLock(t, map[types.Type]bool{})
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		facts.Kind = u.Name()
	case *types.Pointer:
		facts.Kind, facts.Elem = "pointer", d.typ(u.Elem())
	case *types.Slice:
		facts.Kind, facts.Elem = "slice", d.typ(u.Elem())
	case *types.Array:
		facts.Kind, facts.Elem, facts.Length = "array", d.typ(u.Elem()), u.Len()
	case *types.Chan:
		facts.Kind, facts.Elem = "chan", d.typ(u.Elem())
	case *types.Map:
		facts.Kind, facts.Elem, facts.Key = "map", d.typ(u.Elem()), d.typ(u.Key())
	case *types.Struct:
		facts.Kind = "struct"
	case *types.Interface:
		facts.Kind = "interface"
	case *types.Signature:
		facts.Kind, facts.Variadic = "func", u.Variadic()
		facts.Parameters, facts.Results = d.tuple(u.Params()), d.tuple(u.Results())
	}
	facts.Methods = methodNames(t)
	if !types.IsInterface(t) {
		facts.PointerMethods = methodNames(types.NewPointer(t))
	}
	return number
}

// sizeof is -1 for what has no size, such as an untyped nil.
func (d *describer) sizeof(t types.Type) (size int64) {
	defer func() {
		if recover() != nil {
			size = -1
		}
	}()
	return d.sizes.Sizeof(t)
}

func (d *describer) tuple(tuple *types.Tuple) []int {
	numbers := make([]int, tuple.Len())
	for i := range numbers {
		numbers[i] = d.typ(tuple.At(i).Type())
	}
	return numbers
}

func methodNames(t types.Type) []string {
	methods := types.NewMethodSet(t)
	names := make([]string, methods.Len())
	for i := range names {
		names[i] = methods.At(i).Obj().Name()
	}
	return names
}

// isWritable tells whether the file can name every part of a type.
func (d *describer) isWritable(t types.Type) bool {
	writable := true
	seen := map[types.Type]bool{}
	var visit func(types.Type)
	visit = func(t types.Type) {
		if t == nil || seen[t] || !writable {
			return
		}
		seen[t] = true
		if named, ok := unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil {
			p := named.Obj().Pkg()
			local := named.Obj().Parent() != p.Scope()
			foreign := p != d.unit.types
			if local || foreign && (!named.Obj().Exported() || !d.imports(p)) {
				writable = false
			}
		}
		if structure, ok := t.(*types.Struct); ok && structure.NumFields() > 0 {
			writable = writable && !strings.Contains(types.TypeString(t, nil), "\n")
		}
		for _, component := range components(t) {
			visit(component)
		}
	}
	visit(t)
	return writable
}

// imports tells whether the file has a name for a package.
func (d *describer) imports(p *types.Package) bool {
	for _, path := range d.result.Imports {
		if path == p.Path() {
			return true
		}
	}
	return false
}

// holdsLock tells whether a type is, or holds by value, something whose pointer has the methods
// Lock and Unlock, as `go vet` does, or a field of sync/atomic that must not be copied.
func holdsLock(t types.Type, seen map[types.Type]bool) bool {
	t = unalias(t)
	if seen[t] {
		return false
	}
	seen[t] = true
	if named, ok := t.(*types.Named); ok && !types.IsInterface(t) {
		methods := types.NewMethodSet(types.NewPointer(named))
		locks := methods.Lookup(named.Obj().Pkg(), "Lock") != nil
		if locks && methods.Lookup(named.Obj().Pkg(), "Unlock") != nil {
			return true
		}
		if path := packageOf(named); path == "sync" || path == "sync/atomic" || path == "strings" {
			// strings.Builder panics when it is used after it was copied.
			_, isStruct := named.Underlying().(*types.Struct)
			return isStruct && (path != "strings" || named.Obj().Name() == "Builder")
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Array:
		return holdsLock(u.Elem(), seen)
	case *types.Struct:
		for i := 0; i < u.NumFields(); i++ {
			if holdsLock(u.Field(i).Type(), seen) {
				return true
			}
		}
	}
	return false
}

func packageOf(named *types.Named) string {
	if named.Obj().Pkg() == nil {
		return ""
	}
	return named.Obj().Pkg().Path()
}
