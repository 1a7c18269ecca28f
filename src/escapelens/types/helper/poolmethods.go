package main

import (
	"go/ast"
	"go/types"
)

// methodValue is a variable that a method of a pool was assigned to: put := pool.Put.
type methodValue struct {
	unit     *unit
	selector *ast.SelectorExpr
	// again tells that it was assigned more than once, so that nobody knows what it holds.
	again bool
}

// giveMethod notes that a variable gets a value, if that is a method of a pool or was before.
func (s *poolScan) giveMethod(p *unit, object types.Object, value ast.Expr) {
	v, ok := object.(*types.Var)
	if !ok || v.IsField() || v.Exported() {
		return
	}
	k := s.key(v)
	if known := s.methods[k]; known != nil {
		known.again = true
		return
	}
	if _, ok := v.Type().Underlying().(*types.Signature); ok {
		selector, _ := unparen(value).(*ast.SelectorExpr)
		is := selector != nil && isMethodOfPool(p, selector)
		s.methods[k] = &methodValue{p, selector, !is}
	}
}

func isMethodOfPool(p *unit, selector *ast.SelectorExpr) bool {
	method, ok := p.info.Uses[selector.Sel].(*types.Func)
	selection := p.info.Selections[selector]
	return ok && isPoolMethod(method) && selection != nil && selection.Kind() == types.MethodVal
}

// methodValueOf is what is known of a name that stands for a method of a pool; nil for any other.
func (s *poolScan) methodValueOf(p *unit, expr ast.Expr) *methodValue {
	name, ok := unparen(expr).(*ast.Ident)
	if !ok {
		return nil
	}
	known := s.methods[s.key(p.info.Uses[name])]
	if known == nil || known.again {
		return nil
	}
	return known
}

// open notes that a pool is used in ways that are not followed: nobody knows who calls its method.
func (s *poolScan) open(p *unit, selector *ast.SelectorExpr) {
	for _, one := range s.receiverPools(p, selector, p.info.Selections[selector]) {
		one.open = true
	}
}

// isFollowed tells whether a method value is only given to a variable that is known to hold it.
func (s *poolScan) isFollowed(selector *ast.SelectorExpr) bool {
	for _, known := range s.methods {
		if known.selector == selector {
			return !known.again
		}
	}
	return false
}
