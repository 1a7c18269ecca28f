package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// poolsOf are the pools that an expression may be, or point to.
func (s *poolScan) poolsOf(p *unit, expr ast.Expr) []*pool {
	var found []*pool
	s.resolve(p, expr, map[key]bool{}, &found)
	return found
}

// resolve adds the pools that an expression may be, and tells whether it led to a pool or to a
// variable that was visited before.
func (s *poolScan) resolve(p *unit, expr ast.Expr, visited map[key]bool, found *[]*pool) bool {
	switch e := unparen(expr).(type) {
	case *ast.UnaryExpr:
		return s.resolve(p, e.X, visited, found)
	case *ast.StarExpr:
		return s.resolve(p, e.X, visited, found)
	case *ast.CallExpr:
		callee := s.callee(p, e)
		return callee != nil && callee.block != nil && s.resolveResults(callee, visited, found)
	}
	v, ok := variableOf(p, expr).(*types.Var)
	return ok && s.resolveVariable(p, v.Origin(), visited, found)
}

// resolveResults adds the pools that a function may return.
func (s *poolScan) resolveResults(callee *body, visited map[key]bool, found *[]*pool) bool {
	k := key{s.fset.Position(callee.block.Pos()).Filename, -int(callee.block.Pos())}
	if visited[k] {
		return false // what it makes is a pool of the variable's own
	}
	visited[k] = true
	led := false
	for _, result := range callee.results {
		if result.Name() != "" && holdsPool(result.Type()) {
			led = s.resolveVariable(callee.unit, result.Origin(), visited, found) || led
		}
	}
	inspectFunction(callee.block, func(node ast.Node) {
		if r, ok := node.(*ast.ReturnStmt); ok {
			for _, result := range r.Results {
				if t := callee.unit.info.TypeOf(result); t != nil && holdsPool(t) {
					led = s.resolve(callee.unit, result, visited, found) || led
				}
			}
		}
	})
	return led
}

func (s *poolScan) resolveVariable(p *unit, v *types.Var, visited map[key]bool, found *[]*pool) bool {
	k := s.key(v)
	if visited[k] {
		return true
	}
	visited[k] = true
	if isPool(elementOfContainer(v.Type())) {
		*found = appendPool(*found, s.poolAt(p, v))
		return true
	}
	if !holdsPool(v.Type()) {
		return false
	}
	led := false
	for _, given := range s.given[k] {
		if makesPool(given.unit, given.expr) {
			*found = appendPool(*found, s.poolAt(p, v))
			led = true
			continue
		}
		led = s.resolve(given.unit, given.expr, visited, found) || led
	}
	// A pointer from an unknown place is a pool of its own, unless it comes and goes with a call.
	if !led && (v.IsField() || v.Parent() == v.Pkg().Scope()) {
		*found = appendPool(*found, s.poolAt(p, v))
		return true
	}
	return led
}

func appendPool(pools []*pool, p *pool) []*pool {
	for _, other := range pools {
		if other == p {
			return pools
		}
	}
	return append(pools, p)
}

// callee is the analysed function, or the function literal, that a call calls, or nil.
func (s *poolScan) callee(p *unit, call *ast.CallExpr) *body {
	if literal, ok := unparen(call.Fun).(*ast.FuncLit); ok {
		return s.literals[literal]
	}
	return s.bodies[s.key(staticObject(p, call.Fun))]
}

// makesPool tells an expression that makes a pool where it stands.
func makesPool(p *unit, expr ast.Expr) bool {
	switch e := unparen(expr).(type) {
	case *ast.UnaryExpr:
		return e.Op == token.AND && makesPool(p, e.X)
	case *ast.CompositeLit:
		return holdsPool(p.info.TypeOf(e))
	case *ast.CallExpr:
		name, ok := unparen(e.Fun).(*ast.Ident)
		return ok && p.info.Uses[name] == types.Universe.Lookup("new")
	}
	return false
}

// staticObject is the function that an expression names, of a generic one its origin.
func staticObject(p *unit, expr ast.Expr) types.Object {
	var object types.Object
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		object = p.info.Uses[e]
	case *ast.SelectorExpr:
		object = p.info.Uses[e.Sel]
	case *ast.IndexExpr:
		return staticObject(p, e.X)
	case *ast.IndexListExpr:
		return staticObject(p, e.X)
	}
	if function, ok := object.(*types.Func); ok {
		return function.Origin()
	}
	return nil
}

// variableOf is the variable or field that an expression begins or ends with: p, s.p, p[i], *p, &p.
func variableOf(p *unit, expr ast.Expr) types.Object {
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		if object := p.info.Defs[e]; object != nil {
			return object
		}
		return p.info.Uses[e]
	case *ast.SelectorExpr:
		if v, ok := p.info.Uses[e.Sel].(*types.Var); ok {
			return v.Origin()
		}
	case *ast.IndexExpr:
		return variableOf(p, e.X)
	case *ast.StarExpr:
		return variableOf(p, e.X)
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return variableOf(p, e.X)
		}
	}
	return nil
}

// isPool tells the type sync.Pool.
func isPool(t types.Type) bool {
	named, ok := unalias(t).(*types.Named)
	return ok && named.Obj().Name() == "Pool" && named.Obj().Pkg() != nil &&
		named.Obj().Pkg().Path() == "sync"
}

// holdsPool tells a pool, a pointer to one, and arrays, slices and maps of these.
func holdsPool(t types.Type) bool {
	if t == nil {
		return false
	}
	t = elementOfContainer(t)
	if pointer, ok := unalias(t).(*types.Pointer); ok {
		t = elementOfContainer(pointer.Elem())
	}
	return isPool(t)
}

// elementOfContainer goes through arrays, slices and maps to what they hold.
func elementOfContainer(t types.Type) types.Type {
	for i := 0; i < 8; i++ {
		switch container := unalias(t).(type) {
		case *types.Array:
			t = container.Elem()
		case *types.Slice:
			t = container.Elem()
		case *types.Map:
			t = container.Elem()
		default:
			return t
		}
	}
	return t
}
