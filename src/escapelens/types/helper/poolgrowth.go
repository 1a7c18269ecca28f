package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// growthLost finds slices that grow where the pool does not get what has grown: a deferred Put
// holds the slice as it was, or the pointer that is put back still has the slice that it had.
func (w *walker) growthLost() {
	if w.variable.Type() == nil {
		return
	}
	if isSlice(w.variable.Type()) {
		w.growsAfterDefer()
	} else if pointer, ok := unalias(w.variable.Type()).Underlying().(*types.Pointer); ok && isSliceLike(pointer.Elem()) {
		w.copyGrows()
	}
}

func isSliceLike(t types.Type) bool {
	_, ok := t.Underlying().(*types.Slice)
	return ok
}

// growsAfterDefer finds what is appended to a slice that a defer statement holds already.
func (w *walker) growsAfterDefer() {
	for number, e := range w.events {
		if e.kind != grows || !w.always(number, func(s state) bool { return s.deferred == putsValue }) {
			continue
		}
		for _, d := range w.events {
			if p := w.poolOf(takes); d.kind == defersPut && p != nil {
				o := w.note("pool-growth-lost", p, e.node)
				w.setOther(o, d.node)
				o.Detail, o.Edits = "deferred", w.laterEdits(d.node)
				return
			}
		}
	}
}

// laterEdits put a deferred statement into a function literal, which sees what has grown.
func (w *walker) laterEdits(node ast.Node) []Edit {
	deferred, ok := node.(*ast.DeferStmt)
	if !ok || w.has(nils) || w.has(replaces) {
		return nil
	}
	if _, isLiteral := unparen(deferred.Call.Fun).(*ast.FuncLit); isLiteral {
		return nil
	}
	text := "defer func() { " + w.raw(w.body, deferred.Call) + " }()"
	return []Edit{w.replace(deferred.Pos(), deferred.End(), text)}
}

// copyGrows finds what is appended to a copy of the slice behind a pointer that is put back, where
// nothing writes the slice back through the pointer.
func (w *walker) copyGrows() {
	p := w.poolOf(takes)
	if p == nil || !(w.has(puts) || w.has(defersPut)) || w.has(escapes) || w.has(replaces) {
		return
	}
	copies := map[types.Object]bool{}
	w.assignments(func(name *ast.Ident, value ast.Expr, number int) {
		star, ok := unparen(value).(*ast.StarExpr)
		if sliced, isSliced := unparen(value).(*ast.SliceExpr); isSliced {
			star, ok = unparen(sliced.X).(*ast.StarExpr)
		}
		if ok && w.objectOf(star.X) == w.variable {
			copies[w.objectOf(name)] = true
		}
	})
	if len(copies) == 0 || w.isWrittenBack() {
		return
	}
	var grown ast.Node
	inspectFunction(w.body.block, func(node ast.Node) {
		assignment, ok := node.(*ast.AssignStmt)
		if !ok || grown != nil {
			return
		}
		forEachAssigned(assignment.Lhs, assignment.Rhs, func(left, value ast.Expr, number int) {
			from := appendsTo(w.body.unit, value)
			if from != nil && copies[from] && w.objectOf(left) == types.Object(from) {
				grown = assignment
			}
		})
	})
	if grown == nil {
		return
	}
	for _, e := range w.events {
		if e.kind == puts || e.kind == defersPut {
			o := w.note("pool-growth-lost", p, grown)
			o.Type = w.text(w.body, grown.(*ast.AssignStmt).Lhs[0])
			w.setOther(o, e.node)
			return
		}
	}
}

// isWrittenBack tells whether anything may give the memory behind the pointer another slice.
func (w *walker) isWrittenBack() bool {
	found := false
	ast.Inspect(w.body.block, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			for _, left := range node.Lhs {
				if star, ok := unparen(left).(*ast.StarExpr); ok && w.objectOf(star.X) == w.variable {
					found = true
				}
			}
		case *ast.UnaryExpr:
			found = found || node.Op == token.AND
		case *ast.CallExpr:
			for _, argument := range node.Args {
				if w.objectOf(argument) == w.variable && len(w.putBy(w.body.unit, node)) == 0 {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

// appendsTo is the variable that an expression appends to: append(v, …), or a function that says so.
func appendsTo(p *unit, expr ast.Expr) *types.Var {
	call, ok := unparen(expr).(*ast.CallExpr)
	if !ok || len(call.Args) == 0 || p.info.Types[call.Fun].IsType() {
		return nil
	}
	name := ""
	switch fun := unparen(call.Fun).(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = fun.Sel.Name
	}
	if !strings.HasPrefix(strings.ToLower(name), "append") {
		return nil
	}
	if v := appendsTo(p, call.Args[0]); v != nil {
		return v
	}
	return carried(p, call.Args[0])
}
