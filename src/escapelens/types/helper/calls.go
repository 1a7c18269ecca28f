package main

import (
	"go/ast"
	"go/types"
)

// call says what a call calls, or nil where the type checker does not know.
func (v visitor) call(node *ast.CallExpr) *Call {
	callee := unparen(node.Fun)
	facts := v.unit.info.Types[callee]
	switch {
	case facts.IsType():
		return &Call{Kind: "conversion"}
	case facts.IsBuiltin():
		return builtin(callee)
	}
	switch node := v.uninstantiated(callee).(type) {
	case *ast.Ident:
		return v.named(node, callee)
	case *ast.SelectorExpr:
		if selection := v.unit.info.Selections[node]; selection != nil {
			return v.selected(selection, callee)
		}
		return v.named(node.Sel, callee)
	case *ast.FuncLit:
		return value("func literal", facts.Type)
	}
	return value(v.source.textOf(v.fset, callee), facts.Type)
}

// named is a call of what an identifier stands for: a declared function or a variable.
func (v visitor) named(name *ast.Ident, callee ast.Expr) *Call {
	switch object := v.unit.info.Uses[name].(type) {
	case *types.Func:
		return v.static(object)
	case *types.Var:
		return value(v.source.textOf(v.fset, callee), object.Type())
	}
	return nil
}

// selected is a call of a method, of a method expression or of a field.
func (v visitor) selected(selection *types.Selection, callee ast.Expr) *Call {
	method, ok := selection.Obj().(*types.Func)
	if !ok {
		return value(v.source.textOf(v.fset, callee), selection.Type())
	}
	owner := methodOwner(selection)
	if owner == nil {
		return nil
	}
	var call *Call
	if types.IsInterface(owner) {
		call = v.dispatched(method, owner)
	} else {
		call = v.static(method)
	}
	if selection.Kind() == types.MethodExpr {
		receiver := method.Type().(*types.Signature).Recv().Name()
		call.Parameters = append([]string{receiver}, call.Parameters...)
	}
	return call
}

// static is a call of a declared function.
func (v visitor) static(function *types.Func) *Call {
	call := declared("static", function)
	call.HasBody = v.hasBody(function.Origin())
	return call
}

// dispatched is a call of a method of an interface, or of a type parameter's constraint.
func (v visitor) dispatched(method *types.Func, owner types.Type) *Call {
	if parameter, ok := unalias(owner).(*types.TypeParam); ok {
		owner = parameter.Constraint()
	}
	call := declared("interface", method)
	call.Method = method.Name()
	call.Interface = v.write(owner)
	if found := v.implementers.of(owner); found != nil {
		call.Implementers = make([]string, len(found))
		for i, t := range found {
			call.Implementers[i] = v.write(t)
		}
	}
	return call
}

// uninstantiated is the function in f[T]; an element of a slice or map stays as it is.
func (v visitor) uninstantiated(callee ast.Expr) ast.Expr {
	var base ast.Expr
	switch node := callee.(type) {
	case *ast.IndexExpr:
		base = unparen(node.X)
	case *ast.IndexListExpr:
		base = unparen(node.X)
	}
	name, _ := base.(*ast.Ident)
	if selector, ok := base.(*ast.SelectorExpr); ok {
		name = selector.Sel
	}
	if name != nil {
		if _, ok := v.unit.info.Uses[name].(*types.Func); ok {
			return base
		}
	}
	return callee
}

// declared is a call of something with a declaration, without its type arguments.
func declared(kind string, function *types.Func) *Call {
	origin := function.Origin()
	signature := origin.Type().(*types.Signature)
	return &Call{
		Kind:       kind,
		Callee:     fullName(origin),
		Package:    packagePath(origin),
		Function:   functionName(origin),
		Parameters: parameterNames(signature),
		Variadic:   signature.Variadic(),
	}
}

// builtin is a call of one of the language's own functions, or of package unsafe's.
func builtin(callee ast.Expr) *Call {
	switch name := callee.(type) {
	case *ast.Ident:
		return &Call{Kind: "builtin", Callee: name.Name, Function: name.Name}
	case *ast.SelectorExpr:
		function := name.Sel.Name
		return &Call{Kind: "builtin", Callee: "unsafe." + function, Package: "unsafe", Function: function}
	}
	return nil
}

// value is a call of a function value.
func value(text string, t types.Type) *Call {
	if t == nil {
		return nil
	}
	signature, ok := core(t).(*types.Signature)
	if !ok {
		return nil
	}
	return &Call{
		Kind:       "value",
		Value:      text,
		Parameters: parameterNames(signature),
		Variadic:   signature.Variadic(),
	}
}

// methodOwner is the type whose method is called: the operand's, or of the field that it is
// promoted from.
func methodOwner(selection *types.Selection) types.Type {
	owner := selection.Recv()
	path := selection.Index()
	for _, field := range path[:len(path)-1] {
		structure, ok := pointee(owner).Underlying().(*types.Struct)
		if !ok {
			return nil
		}
		owner = structure.Field(field).Type()
	}
	return owner
}

// pointee is the type behind a pointer, or the type itself.
func pointee(t types.Type) types.Type {
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		return pointer.Elem()
	}
	return t
}

func parameterNames(signature *types.Signature) []string {
	parameters := signature.Params()
	names := make([]string, parameters.Len())
	for i := range names {
		names[i] = parameters.At(i).Name()
	}
	return names
}

// unparen is an expression without the parentheses around it.
func unparen(expression ast.Expr) ast.Expr {
	for {
		inner, ok := expression.(*ast.ParenExpr)
		if !ok {
			return expression
		}
		expression = inner.X
	}
}
