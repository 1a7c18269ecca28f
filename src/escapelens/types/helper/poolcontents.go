package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// contents is what functions do with what a pooled buffer or slice holds.
type contents struct {
	// written is the first place where something is added to it, grown one where as much is added
	// as somebody else decides.
	written, grown ast.Node
	// in is the function that is called there and makes it grow, if it is one.
	in string
	// varies tells that what is added is no constant.
	varies bool
	// emptied, measured: somewhere it is set back to nothing, or its size is looked at.
	emptied, measured bool
	// unclear uses may do any of this, and handed on it may be emptied.
	unclear, handed bool
	// unread tells that a function is not read to its end yet, repeats that it calls itself in a loop.
	unread, repeats bool
	body            *body
	name            string
}

// observeContents finds buffers that are not emptied, and such that grow without bounds.
func (s *poolScan) observeContents(p *pool) {
	if !p.isClosed() || len(p.gets) == 0 || !s.holdsBuffers(p) {
		return
	}
	all := &contents{}
	for _, b := range s.order {
		for _, v := range s.pooledVariables(b) {
			if s.belongs(p, b, v) {
				s.readContents(b, v, all)
			}
		}
		s.checkBound(p, b, all)
	}
	if all.unclear || all.written == nil {
		return
	}
	if !all.emptied && !all.handed {
		o := s.observation(all.body, "pool-not-reset", p, all.written)
		o.Edits = s.resetEdits(p)
		o.What = all.name
	}
	for _, c := range p.puts {
		all.measured = all.measured || s.sizeDecides(c)
	}
	if all.grown != nil && !all.measured {
		o := s.observation(all.body, "pool-unbounded", p, all.grown)
		o.Edits = s.guardEdits(p)
		o.What, o.Other = all.name, all.in
	}
}

// holdsBuffers tells pools of *bytes.Buffer and of slices or pointers to slices, also with methods.
func (s *poolScan) holdsBuffers(p *pool) bool {
	t := s.elementOf(p)
	if t == nil {
		return false
	}
	if pointer, ok := unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
		if isNamed(t, "bytes", "Buffer") {
			return true
		}
	}
	return isSliceLike(t)
}

func isNamed(t types.Type, path, name string) bool {
	named, ok := unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}

// belongs tells whether a body takes the variable from this pool, or puts it there.
func (s *poolScan) belongs(p *pool, b *body, v *types.Var) bool {
	found := false
	has := func(pools []*pool) {
		for _, other := range pools {
			found = found || other == p
		}
	}
	assign := func(left, value ast.Expr, number int) {
		if name, ok := unparen(left).(*ast.Ident); ok && variableOf(b.unit, name) == v {
			has(s.taken(b.unit, value, number))
		}
	}
	ast.Inspect(b.block, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			forEachAssigned(node.Lhs, node.Rhs, assign)
		case *ast.CallExpr:
			for _, one := range s.putBy(b.unit, node) {
				if carried(b.unit, one.value) == v {
					has(one.pools)
				}
			}
		}
		return true
	})
	return found
}

// checkBound makes it unclear where a body takes a value that it does not keep in a variable.
func (s *poolScan) checkBound(p *pool, b *body, all *contents) {
	if !p.isUsedBy(b) {
		return
	}
	bound := map[ast.Expr]bool{}
	bind := func(left, value ast.Expr, number int) {
		if _, ok := unparen(left).(*ast.Ident); ok {
			bound[innermostCall(value)] = true
		}
	}
	inspectFunction(b.block, func(node ast.Node) {
		switch node := node.(type) {
		case *ast.AssignStmt:
			forEachAssigned(node.Lhs, node.Rhs, bind)
		case *ast.ValueSpec:
			for _, value := range node.Values {
				bound[innermostCall(value)] = true
			}
		case *ast.ReturnStmt:
			for _, result := range node.Results {
				bound[innermostCall(result)] = true
			}
		}
	})
	for _, uses := range [][]*poolCall{p.gets, p.puts} {
		for _, c := range uses {
			if c.body != b {
				continue
			}
			if c.value == nil && !bound[c.call] {
				all.unclear = true
			}
			if c.value != nil && carried(b.unit, c.value) == nil {
				all.unclear = true
			}
		}
	}
}

// isUsedBy tells whether a body takes from the pool or puts back.
func (p *pool) isUsedBy(b *body) bool {
	for _, uses := range [][]*poolCall{p.gets, p.puts} {
		for _, c := range uses {
			if c.body == b {
				return true
			}
		}
	}
	return false
}

// innermostCall goes through type assertions to the call.
func innermostCall(expr ast.Expr) ast.Expr {
	for {
		switch e := unparen(expr).(type) {
		case *ast.TypeAssertExpr:
			expr = e.X
		default:
			return e
		}
	}
}

// readContents looks at every use of a variable.
func (s *poolScan) readContents(b *body, v *types.Var, all *contents) {
	var path []ast.Node
	ast.Inspect(b.block, func(node ast.Node) bool {
		if node == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, node)
		if name, ok := node.(*ast.Ident); ok && b.unit.info.Uses[name] == v {
			s.readUse(b, v, path, all)
		}
		return true
	})
}

// readUse looks at what stands around one name of the variable.
func (s *poolScan) readUse(b *body, v *types.Var, path []ast.Node, all *contents) {
	i := len(path) - 1
	deref := false
	_, byValue := v.Type().Underlying().(*types.Slice)
climb:
	for ; i > 0; i-- {
		switch parent := path[i-1].(type) {
		case *ast.ParenExpr:
			continue
		case *ast.StarExpr:
			deref = true
			continue
		case *ast.SliceExpr:
			if parent.X != path[i] || !isZero(b.unit, parent.High) || parent.Low != nil {
				all.unclear = true
				return
			}
			all.emptied = true
			continue
		}
		break climb
	}
	if i == 0 {
		return
	}
	whole := byValue || deref
	switch parent := path[i-1].(type) {
	case *ast.SelectorExpr:
		s.readMethod(b, v, path[:i], all)
	case *ast.CallExpr:
		s.readArgument(b, v, parent, path[i], path[:i-1], whole, all)
	case *ast.AssignStmt:
		s.readStore(b, v, parent, path[i], all)
	case *ast.ReturnStmt, *ast.BinaryExpr:
	case *ast.IndexExpr, *ast.RangeStmt:
		all.unclear = all.unclear || !whole
	default:
		all.unclear = true
	}
}

func isZero(p *unit, expr ast.Expr) bool {
	if expr == nil {
		return false
	}
	value := p.info.Types[expr].Value
	return value != nil && value.String() == "0"
}

func isText(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsString != 0
}

// isAssignedTo tells whether the result of append goes to the variable, or to where it points.
func isAssignedTo(p *unit, path []ast.Node, call *ast.CallExpr, v *types.Var) bool {
	assignment, ok := path[len(path)-1].(*ast.AssignStmt)
	if !ok || len(assignment.Lhs) != len(assignment.Rhs) || assignment.Tok != token.ASSIGN {
		return false
	}
	for i, value := range assignment.Rhs {
		if unparen(value) == call {
			left := unparen(assignment.Lhs[i])
			if star, ok := left.(*ast.StarExpr); ok {
				left = unparen(star.X)
			}
			name, ok := left.(*ast.Ident)
			return ok && p.info.Uses[name] == v
		}
	}
	return false
}

// readStore looks at an assignment that has the variable on one of its sides.
func (s *poolScan) readStore(b *body, v *types.Var, assignment *ast.AssignStmt, side ast.Node, all *contents) {
	for i, left := range assignment.Lhs {
		if len(assignment.Lhs) == len(assignment.Rhs) && assignment.Rhs[i] == side && carried(b.unit, left) == v {
			return // v = v[:0]
		}
		if left != side {
			continue
		}
		value := assignment.Rhs[min(i, len(assignment.Rhs)-1)]
		switch {
		case len(s.taken(b.unit, value, i)) > 0, len(s.taken(b.unit, value, 0)) > 0:
			return
		case grown(b.unit, value) == v, isFresh(b.unit.info, value):
			return
		}
	}
	all.unclear = true
}
