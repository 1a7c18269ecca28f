package main

import (
	"go/ast"
	"go/constant"
	"go/types"
)

// span is the range of a node: lines and byte columns count from 1, the end is exclusive.
type span struct{ start, end spot }

// spanOf is where a node stands, whatever line directives say.
func (r *reader) spanOf(node ast.Node) span {
	start := r.fset.PositionFor(node.Pos(), false)
	end := r.fset.PositionFor(node.End(), false)
	return span{spot{start.Line, start.Column}, spot{end.Line, end.Column}}
}

// valueOf is the value of an expression where it stands.
func (v visitor) valueOf(node ast.Expr) *Value {
	value := v.value(node)
	if literal, ok := unparen(node).(*ast.FuncLit); ok && value != nil {
		value.Object = v.closure(literal)
	}
	return value
}

// value says what an expression takes, as a value and in what it allocates.
func (r *reader) value(node ast.Expr) *Value {
	t := r.unit.info.TypeOf(node)
	if t == nil {
		return nil
	}
	value := r.ofType(t)
	value.Constant, value.Makes = r.unit.info.Types[node].Value != nil, ""
	switch node := unparen(node).(type) {
	case *ast.UnaryExpr:
		if pointer, ok := t.Underlying().(*types.Pointer); ok {
			value.Object = r.memory(pointer.Elem(), 1)
		}
	case *ast.CompositeLit:
		value.Makes = madeOf(t)
		value.Object = r.literal(node, t)
		if value.Makes == "map" && len(node.Elts) == 0 {
			value.Object = r.emptyMap()
		}
	case *ast.SelectorExpr:
		if selection := r.unit.info.Selections[node]; selection != nil && selection.Kind() == types.MethodVal {
			value.Makes = "method value"
			value.Object = r.methodValue(selection)
		}
	case *ast.BinaryExpr:
		if value.Joined = r.joined(node, t); value.Joined != nil {
			value.Makes = "sum"
		}
	case *ast.CallExpr:
		value.Converts, value.Object = r.converted(node)
		if value.Converts != "" {
			value.Makes = "conversion"
		} else {
			value.Object = r.made(node, t)
		}
	}
	return value
}

// ofType is a literal of a type, of which is not known what it holds.
func (u *universe) ofType(t types.Type) *Value {
	memory := u.memory(t, 1)
	return &Value{
		Kind:    kindOf(sole(t)),
		Memory:  memory,
		Object:  unknown,
		Aligned: memory.Size > 0 && u.isAligned(t, memory.Size),
		Makes:   madeOf(t),
	}
}

// madeOf is what a literal of a type makes beside its value.
func madeOf(t types.Type) string {
	switch t.Underlying().(type) {
	case *types.Slice:
		return "slice"
	case *types.Map:
		return "map"
	}
	return ""
}

var unknown = Memory{Size: -1}

// memory is the size of so many values of a type, and whether they hold pointers.
func (u *universe) memory(t types.Type, count int64) (memory Memory) {
	defer func() {
		if recover() != nil {
			memory = unknown
		}
	}()
	if dependsOnParameters(t, map[types.Type]bool{}) {
		return unknown
	}
	return Memory{u.sizes.Sizeof(t) * count, holdsPointers(t, map[types.Type]bool{})}
}

func (r *reader) literal(node *ast.CompositeLit, t types.Type) Memory {
	switch t := t.Underlying().(type) {
	case *types.Pointer: // within another literal, where & may be left out
		return r.memory(t.Elem(), 1)
	case *types.Slice:
		length, next := int64(0), int64(0)
		for _, element := range node.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				index, exact := r.constant(pair.Key)
				if !exact {
					return unknown
				}
				next = index
			}
			next++
			length = max64(length, next)
		}
		return r.memory(t.Elem(), length)
	}
	return unknown
}

// made is what a call of new or make allocates, or the slice of a variadic call's arguments.
func (r *reader) made(node *ast.CallExpr, t types.Type) Memory {
	if name, ok := unparen(node.Fun).(*ast.Ident); ok {
		if _, ok := r.unit.info.Uses[name].(*types.Builtin); ok {
			switch t := t.Underlying().(type) {
			case *types.Pointer:
				if name.Name == "new" {
					return r.memory(t.Elem(), 1)
				}
			case *types.Slice:
				if name.Name == "make" && len(node.Args) > 1 {
					if none := r.memory(t.Elem(), 1); none.Size == 0 {
						return none
					}
					if length, exact := r.constant(node.Args[len(node.Args)-1]); exact {
						return r.memory(t.Elem(), length)
					}
				}
			case *types.Map:
				if hint, exact := r.room(node); exact && hint <= mapRoom {
					return r.emptyMap()
				}
			case *types.Chan:
				if room, exact := r.room(node); exact {
					return r.memory(t.Elem(), room)
				}
			}
			return unknown
		}
	}
	signature, ok := r.unit.info.TypeOf(node.Fun).(*types.Signature)
	if !ok || !signature.Variadic() || node.Ellipsis.IsValid() {
		return unknown
	}
	fixed := signature.Params().Len() - 1
	if len(node.Args) == 1 {
		if _, several := r.unit.info.TypeOf(node.Args[0]).(*types.Tuple); several {
			return unknown
		}
	}
	last, ok := signature.Params().At(fixed).Type().Underlying().(*types.Slice)
	if !ok {
		return unknown
	}
	return r.memory(last.Elem(), int64(len(node.Args)-fixed))
}

// room is what a call of make says that a map or a channel is to hold.
func (r *reader) room(node *ast.CallExpr) (int64, bool) {
	if len(node.Args) < 2 {
		return 0, true
	}
	return r.constant(node.Args[1])
}

// mapRoom is how many elements a new map is made for unless more are asked for.
const mapRoom = 8

// emptyMap is the head of a map, which is all that is made of one for up to mapRoom elements
// before the first comes (runtime.makemap_small).
func (r *reader) emptyMap() Memory {
	if r.sizes.Sizeof(types.Typ[types.Uintptr]) != 8 {
		return unknown
	}
	return Memory{48, true}
}

// methodValue is the closure behind a method value: a code pointer and the receiver.
func (r *reader) methodValue(selection *types.Selection) Memory {
	signature, ok := selection.Obj().Type().(*types.Signature)
	if !ok || signature.Recv() == nil {
		return unknown
	}
	receiver := signature.Recv().Type()
	if types.IsInterface(receiver) {
		receiver = selection.Recv()
	}
	code := types.NewVar(0, nil, "F", types.Typ[types.Uintptr])
	kept := types.NewVar(0, nil, "R", receiver)
	return r.memory(types.NewStruct([]*types.Var{code, kept}, nil), 1)
}

func (r *reader) constant(node ast.Expr) (int64, bool) {
	value := r.unit.info.Types[node].Value
	if value == nil {
		return 0, false
	}
	return constant.Int64Val(constant.ToInt(value))
}

func max64(a, b int64) int64 {
	if a > b {
		return a
	}
	return b
}

// kindOf is the kind of the underlying type that decides how a value is put in an interface.
func kindOf(t types.Type) string {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Name()
	case *types.Slice:
		return "slice"
	case *types.Pointer, *types.Map, *types.Chan, *types.Signature:
		return "pointer"
	case *types.Interface:
		return "interface"
	}
	return "other"
}

// dependsOnParameters tells whether the size of a type may depend on type arguments, or on what is
// not known, such as types of C.
func dependsOnParameters(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.TypeParam:
		return true
	case *types.Basic:
		return t.Kind() == types.Invalid
	case *types.Named:
		return dependsOnParameters(t.Underlying(), seen)
	case *types.Array:
		return dependsOnParameters(t.Elem(), seen)
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			if dependsOnParameters(t.Field(i).Type(), seen) {
				return true
			}
		}
	default:
		if u := t.Underlying(); u != t {
			return dependsOnParameters(u, seen)
		}
	}
	return false
}

// holdsPointers tells whether the garbage collector looks into values of a type.
func holdsPointers(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() == types.String || t.Kind() == types.UnsafePointer
	case *types.Array:
		return t.Len() > 0 && holdsPointers(t.Elem(), seen)
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			if holdsPointers(t.Field(i).Type(), seen) {
				return true
			}
		}
		return false
	}
	return true
}
