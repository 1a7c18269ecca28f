package main

import (
	"go/ast"
	"go/types"
)

// later is the memory of the closure in which a go or defer statement keeps its call: a code pointer
// and what is evaluated at once (cmd/compile/internal/typecheck/stmt.go, normalizeGoDeferCall).
func (v visitor) later(call *ast.CallExpr) Memory {
	if v.declaration == nil || isGeneric(v.declaration) {
		return unknown // which may hold a dictionary too
	}
	kept, ok := v.calledLater(call)
	if !ok {
		return unknown
	}
	for _, argument := range call.Args {
		t := v.parameter(call, argument)
		if t == nil {
			t = v.unit.info.TypeOf(argument)
		}
		if _, several := t.(*types.Tuple); several || !ok {
			return unknown
		}
		kept, ok = v.evaluated(kept, argument, t)
	}
	if !ok {
		return unknown
	}
	return v.closureOf(kept)
}

// calledLater is what is kept of the function itself: a method's receiver, or a function value.
func (v visitor) calledLater(call *ast.CallExpr) ([]types.Type, bool) {
	called := unparen(call.Fun)
	if name, ok := called.(*ast.Ident); ok && v.unit.info.Types[called].IsBuiltin() {
		return nil, name.Name == "close" || name.Name == "panic"
	}
	signature, ok := v.unit.info.TypeOf(called).(*types.Signature)
	if !ok {
		if t := v.unit.info.TypeOf(called); t != nil && !v.unit.info.Types[called].IsType() {
			return []types.Type{t}, true // a function value of a named type
		}
		return nil, false
	}
	selector, ok := called.(*ast.SelectorExpr)
	if selection := v.unit.info.Selections[selector]; ok && selection != nil {
		if selection.Kind() == types.MethodExpr {
			return nil, false
		}
		if method, ok := selection.Obj().Type().(*types.Signature); ok && selection.Kind() == types.MethodVal {
			return []types.Type{method.Recv().Type()}, true
		}
	}
	if v.isDeclared(called) {
		return nil, v.isPlain(called)
	}
	return []types.Type{signature}, true
}

// evaluated adds what is kept of an argument for a parameter, or a part of a literal: nothing of
// what can as well be evaluated later.
func (v visitor) evaluated(kept []types.Type, argument ast.Expr, t types.Type) ([]types.Type, bool) {
	argument = unparen(argument)
	known := v.unit.info.Types[argument]
	if types.IsInterface(t) && !known.IsNil() && known.Type != nil && !types.IsInterface(known.Type) {
		return append(kept, t), true
	}
	if known.Value != nil || known.IsNil() {
		return kept, true
	}
	switch argument := argument.(type) {
	case *ast.CallExpr:
		if name, ok := unparen(argument.Fun).(*ast.Ident); ok && name.Name == "new" && v.unit.info.Types[argument.Fun].IsBuiltin() {
			return kept, true
		}
	case *ast.CompositeLit:
		return v.evaluatedParts(kept, argument, known.Type)
	case *ast.Ident, *ast.SelectorExpr:
		if v.isDeclared(argument) {
			return kept, v.isPlain(argument)
		}
	case *ast.IndexExpr, *ast.IndexListExpr:
		if v.isDeclared(argument) {
			return kept, false
		}
	}
	return append(kept, t), true
}

// evaluatedParts adds what is kept of the elements of a literal, which is made later but for maps.
func (v visitor) evaluatedParts(kept []types.Type, literal *ast.CompositeLit, t types.Type) ([]types.Type, bool) {
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array, *types.Struct:
	default:
		return append(kept, t), true
	}
	ok := true
	for i, element := range literal.Elts {
		part := v.element(literal, element, i)
		if pair, isKeyed := element.(*ast.KeyValueExpr); isKeyed {
			element, part = pair.Value, v.keyed(literal, pair, pair.Value)
		}
		if !ok || part == nil {
			return nil, false
		}
		kept, ok = v.evaluated(kept, element, part)
	}
	return kept, ok
}

// isDeclared tells a declared function from a function value.
func (v visitor) isDeclared(called ast.Expr) bool {
	switch called := called.(type) {
	case *ast.IndexExpr:
		return v.isDeclared(unparen(called.X))
	case *ast.IndexListExpr:
		return v.isDeclared(unparen(called.X))
	case *ast.SelectorExpr:
		selection := v.unit.info.Selections[called]
		if selection != nil {
			return selection.Kind() == types.MethodExpr
		}
		return v.isDeclared(called.Sel)
	case *ast.Ident:
		_, ok := v.unit.info.Uses[called].(*types.Func)
		return ok
	}
	return false
}

// isPlain tells a function without type parameters, which needs no dictionary.
func (v visitor) isPlain(called ast.Expr) bool {
	name, ok := called.(*ast.Ident)
	if selector, isSelector := called.(*ast.SelectorExpr); isSelector {
		name, ok = selector.Sel, true
	}
	if !ok {
		return false
	}
	signature, ok := v.unit.info.Uses[name].Type().(*types.Signature)
	return ok && signature.TypeParams().Len() == 0
}
