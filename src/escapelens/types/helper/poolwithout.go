package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// withoutEdits make a new value in place of each Get. That is no loss only for values that own no
// memory besides their own.
func (s *poolScan) withoutEdits(p *pool) []Edit {
	if !p.isClosed() || len(p.news) != 1 || len(p.gets) == 0 || !s.makesZero(p.news[0]) {
		return nil
	}
	var edits []Edit
	taken := map[*types.Var]bool{}
	for _, c := range p.gets {
		t := s.takingOf(c)
		pointer, ok := c.asserted.(*types.Pointer)
		if c.through != "" || t == nil || !ok || pointerish(pointer.Elem()) {
			return nil
		}
		taken[t.variable] = true
		star, ok := unparen(t.assertion.Type).(*ast.StarExpr)
		if !ok {
			return nil
		}
		text := "new(" + s.raw(c.body, star.X) + ")"
		edits = append(edits, s.replace(t.assertion.Pos(), t.assertion.End(), text))
	}
	for _, c := range p.puts {
		name, ok := unparen(c.value).(*ast.Ident)
		at := s.placed(c.body, c.call)
		if c.through != "" || !ok || at == nil || !taken[carried(c.body.unit, name)] {
			return nil
		}
		statement, list := at.statement()
		switch statement := statement.(type) {
		case *ast.ExprStmt:
			ok = unparen(statement.X) == c.call
		case *ast.DeferStmt:
			ok = statement.Call == c.call
		default:
			ok = false
		}
		if !ok || s.between(c.body, list, statement) == "; " {
			return nil
		}
		edit, ok := s.lineOf(c.body, statement)
		if !ok {
			return nil
		}
		edits = append(edits, edit)
	}
	return edits
}

// makesZero tells a New that returns new(T) or &T{}.
func (s *poolScan) makesZero(n newFunction) bool {
	literal, ok := unparen(n.expr).(*ast.FuncLit)
	if !ok || len(literal.Body.List) != 1 {
		return false
	}
	statement, ok := literal.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(statement.Results) != 1 {
		return false
	}
	switch e := unparen(statement.Results[0]).(type) {
	case *ast.CallExpr:
		return makesPool(n.unit, e) // which is any call of new
	case *ast.UnaryExpr:
		composite, ok := unparen(e.X).(*ast.CompositeLit)
		return ok && e.Op == token.AND && len(composite.Elts) == 0
	}
	return false
}

// bypassEdits are ugly, but keep the meaning wherever Get and Put stand.
func (s *poolScan) bypassEdits(p *pool) []Edit {
	if len(p.news) == 0 || p.open {
		return nil
	}
	var edits []Edit
	for _, c := range append(append([]*poolCall{}, p.gets...), p.puts...) {
		selector, ok := unparen(c.call.Fun).(*ast.SelectorExpr)
		switch {
		case c.through != "":
		case !ok:
			return nil
		case c.value == nil:
			edits = append(edits, s.replace(selector.Sel.Pos(), selector.Sel.End(), "New"))
		default:
			edits = append(edits, s.replace(c.call.Fun.Pos(), c.call.Fun.End(), "(func(any) {})"))
		}
	}
	return edits
}
