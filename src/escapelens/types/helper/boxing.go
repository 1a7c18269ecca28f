package main

import (
	"go/ast"
	"go/types"
)

// boxed is what is put in an interface where a value stands, the operand of a conversion that does
// so, and the interface, which is empty if there is none.
func (v visitor) boxed(node ast.Expr) (value ast.Expr, in string) {
	if call, ok := node.(*ast.CallExpr); ok && len(call.Args) == 1 {
		if to := v.unit.info.Types[call.Fun]; to.IsType() && v.isPutIn(call.Args[0], to.Type) {
			return call.Args[0], v.write(to.Type)
		}
	}
	if wanted := v.wanted(node); v.isPutIn(node, wanted) {
		return node, v.write(wanted)
	}
	return node, ""
}

// isPutIn tells whether a value becomes a type by being put in an interface.
func (v visitor) isPutIn(node ast.Expr, wanted types.Type) bool {
	own := v.unit.info.TypeOf(node)
	if own == nil || wanted == nil || types.IsInterface(own) || !types.IsInterface(wanted) {
		return false
	}
	_, isParameter := unalias(wanted).(*types.TypeParam)
	return !isParameter
}

// wanted is the type that what is around a value gives it; nil if it leaves the value as it is.
func (v visitor) wanted(node ast.Expr) types.Type {
	info := v.unit.info
	switch around := v.around[0].(type) {
	case *ast.CallExpr:
		return v.parameter(around, node)
	case *ast.AssignStmt:
		if i := index(around.Rhs, node); i >= 0 && len(around.Lhs) == len(around.Rhs) {
			return info.TypeOf(around.Lhs[i])
		}
	case *ast.ValueSpec:
		if around.Type != nil {
			return info.TypeOf(around.Type)
		}
	case *ast.ReturnStmt:
		if i := index(around.Results, node); i >= 0 {
			return v.result(i)
		}
	case *ast.SendStmt:
		if channel, ok := core(info.TypeOf(around.Chan)).(*types.Chan); ok && around.Value == node {
			return channel.Elem()
		}
	case *ast.IndexExpr:
		if table, ok := core(info.TypeOf(around.X)).(*types.Map); ok && around.Index == node {
			return table.Key()
		}
	case *ast.BinaryExpr:
		if around.X == node {
			return info.TypeOf(around.Y)
		}
		return info.TypeOf(around.X)
	case *ast.CompositeLit:
		return v.element(around, node, index(around.Elts, node))
	case *ast.KeyValueExpr:
		if literal, ok := v.around[1].(*ast.CompositeLit); ok {
			return v.keyed(literal, around, node)
		}
	}
	return nil
}

// parameter is the type of the parameter, or of the conversion, that a value is an argument of.
func (v visitor) parameter(call *ast.CallExpr, node ast.Expr) types.Type {
	i := index(call.Args, node)
	called := v.unit.info.Types[call.Fun]
	if i < 0 || called.Type == nil {
		return nil
	}
	if called.IsType() {
		return called.Type
	}
	signature, ok := core(called.Type).(*types.Signature)
	if !ok {
		return nil
	}
	parameters := signature.Params()
	last := parameters.Len() - 1
	if !signature.Variadic() || i < last {
		if i > last {
			return nil
		}
		return parameters.At(i).Type()
	}
	if slice, ok := parameters.At(last).Type().(*types.Slice); ok && !call.Ellipsis.IsValid() {
		return slice.Elem()
	}
	return nil
}

// result is the type of a result of the function around the value.
func (v visitor) result(i int) types.Type {
	if v.function.signature == nil || v.function.signature.Results == nil {
		return nil
	}
	for _, field := range v.function.signature.Results.List {
		if names := len(field.Names); names > 0 {
			i -= names
		} else {
			i--
		}
		if i < 0 {
			return v.unit.info.TypeOf(field.Type)
		}
	}
	return nil
}

// element is the type of the part of a literal that a value without a key becomes.
func (v visitor) element(literal *ast.CompositeLit, node ast.Expr, i int) types.Type {
	switch t := v.literalType(literal).(type) {
	case *types.Slice:
		return t.Elem()
	case *types.Array:
		return t.Elem()
	case *types.Struct:
		if i >= 0 && i < t.NumFields() {
			return t.Field(i).Type()
		}
	}
	return nil
}

// keyed is the type of the key or the value that a value is in a literal.
func (v visitor) keyed(literal *ast.CompositeLit, pair *ast.KeyValueExpr, node ast.Expr) types.Type {
	switch t := v.literalType(literal).(type) {
	case *types.Map:
		if pair.Key == node {
			return t.Key()
		}
		return t.Elem()
	case *types.Struct:
		if name, ok := pair.Key.(*ast.Ident); ok && pair.Value == node {
			return v.unit.info.TypeOf(name)
		}
	case *types.Slice:
		return t.Elem()
	case *types.Array:
		return t.Elem()
	}
	return nil
}

// literalType is the core type of a literal; it may leave out that it is pointed to.
func (v visitor) literalType(literal *ast.CompositeLit) types.Type {
	t := core(v.unit.info.TypeOf(literal))
	if pointer, ok := t.(*types.Pointer); ok {
		return core(pointer.Elem())
	}
	return t
}

func index(list []ast.Expr, node ast.Expr) int {
	for i, one := range list {
		if one == node {
			return i
		}
	}
	return -1
}
