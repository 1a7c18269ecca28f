package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"unicode/utf8"
)

// converted is what a conversion makes text of, or what it makes of text.
func (r *reader) converted(node *ast.CallExpr) (from string, memory Memory) {
	if !r.unit.info.Types[node.Fun].IsType() || len(node.Args) != 1 {
		return "", unknown
	}
	argument := node.Args[0]
	to := r.unit.info.TypeOf(node).Underlying()
	switch t := r.unit.info.TypeOf(argument).Underlying().(type) {
	case *types.Basic:
		switch {
		case t.Info()&types.IsInteger != 0 && isString(to):
			return "number", Memory{Size: utf8.UTFMax}
		case t.Info()&types.IsString != 0:
			if slice, ok := core(r.unit.info.TypeOf(node)).(*types.Slice); ok {
				return "string", r.spelled(argument, slice)
			}
		}
	case *types.Slice:
		switch {
		case !isString(to):
		case types.Identical(t.Elem().Underlying(), types.Typ[types.Int32]):
			return "runes", unknown
		default:
			return "bytes", unknown
		}
	case *types.Interface: // of a type parameter, whose instances are text or bytes
		if isString(to) {
			return "bytes", unknown
		}
	}
	return "", unknown
}

// spelled is the slice that is made of a constant text.
func (r *reader) spelled(node ast.Expr, slice *types.Slice) Memory {
	value := r.unit.info.Types[node].Value
	if value == nil {
		return unknown
	}
	text := constant.StringVal(value)
	if types.Identical(slice.Elem().Underlying(), types.Typ[types.Int32]) {
		return r.memory(slice.Elem(), int64(utf8.RuneCountInString(text)))
	}
	return r.memory(slice.Elem(), int64(len(text)))
}

// joined tells of the operands that the compiler joins with one call.
func (r *reader) joined(node *ast.BinaryExpr, t types.Type) *Joined {
	if node.Op != token.ADD || !isString(t.Underlying()) {
		return nil
	}
	joined := &Joined{}
	isBehind := false // whether a constant is behind another one, which makes them one operand
	var add func(ast.Expr)
	add = func(operand ast.Expr) {
		operand = unparen(operand)
		value := r.unit.info.Types[operand].Value
		inner, isSum := operand.(*ast.BinaryExpr)
		switch {
		case value != nil:
			length := int64(len(constant.StringVal(value)))
			joined.Bytes += length
			if length > 0 && !isBehind {
				joined.Constants++
				isBehind = true
			}
		case isSum && inner.Op == token.ADD:
			add(inner.X)
			add(inner.Y)
		default:
			joined.Variables++
			isBehind = false
		}
	}
	add(node)
	return joined
}

func isString(t types.Type) bool {
	basic, ok := t.(*types.Basic)
	return ok && basic.Info()&types.IsString != 0
}

// sole is the only thing that a type consists of.
func sole(t types.Type) types.Type {
	switch u := t.Underlying().(type) {
	case *types.Struct:
		if u.NumFields() == 1 {
			return sole(u.Field(0).Type())
		}
	case *types.Array:
		if u.Len() == 1 {
			return sole(u.Elem())
		}
	}
	return t
}

// isAligned tells whether values of a type are moved like a number of their size.
func (u *universe) isAligned(t types.Type, size int64) bool {
	switch size {
	case 2:
		return u.sizes.Alignof(t) == u.sizes.Alignof(types.Typ[types.Uint16])
	case 4:
		return u.sizes.Alignof(t) == u.sizes.Alignof(types.Typ[types.Uint32])
	case 8:
		return u.sizes.Alignof(t) == u.sizes.Alignof(types.Typ[types.Uint64])
	}
	return false
}
