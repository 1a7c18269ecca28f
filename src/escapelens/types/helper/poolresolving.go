package main

import (
	"go/ast"
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
