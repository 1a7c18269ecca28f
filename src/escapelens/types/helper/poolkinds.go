package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// findNews finds the New functions of all pools.
func (s *poolScan) findNews() {
	for _, p := range s.pools {
		k := s.key(p.object)
		p.news = append(p.news, s.news[k]...)
		for _, given := range s.given[k] {
			s.newsIn(given.unit, given.expr, p, 0)
		}
	}
}

// newsIn finds New in the literals that an expression consists of or a call returns.
func (s *poolScan) newsIn(unit *unit, expr ast.Expr, p *pool, depth int) {
	switch e := unparen(expr).(type) {
	case *ast.UnaryExpr:
		s.newsIn(unit, e.X, p, depth)
	case *ast.KeyValueExpr:
		s.newsIn(unit, e.Value, p, depth)
	case *ast.CompositeLit:
		t := unit.info.TypeOf(e)
		if pointer, ok := t.(*types.Pointer); ok {
			t = pointer.Elem()
		}
		for _, element := range e.Elts {
			if !isPool(t) {
				s.newsIn(unit, element, p, depth)
			} else if pair, ok := element.(*ast.KeyValueExpr); ok {
				p.news = append(p.news, newFunction{unit, pair.Value})
			}
		}
	case *ast.CallExpr:
		callee := s.callee(unit, e)
		if callee == nil || callee.block == nil || depth > 4 {
			return
		}
		inspectFunction(callee.block, func(node ast.Node) {
			if r, ok := node.(*ast.ReturnStmt); ok {
				for _, result := range r.Results {
					s.newsIn(callee.unit, result, p, depth+1)
				}
			}
		})
	case *ast.Ident:
		if v, ok := variableOf(unit, e).(*types.Var); ok && depth < 4 {
			k := s.key(v)
			p.news = append(p.news, s.news[k]...)
			for _, given := range s.given[k] {
				s.newsIn(given.unit, given.expr, p, depth+1)
			}
		}
	}
}

// observePool finds what is wrong with a pool as a whole.
func (s *poolScan) observePool(p *pool) {
	s.observeValues(p)
	s.observeAddresses(p)
	s.observeWithoutNew(p)
	s.observeTypes(p)
	s.observeContents(p)
}

// observeValues finds values that do not fit into an interface as they are.
func (s *poolScan) observeValues(p *pool) {
	for _, c := range p.puts {
		t := c.body.unit.info.TypeOf(c.value)
		if c.through != "" || t == nil || isPointerShaped(t) || types.IsInterface(t) {
			continue
		}
		if _, ok := unalias(t).(*types.TypeParam); ok {
			continue
		}
		o := s.observation(c.body, "pool-put-by-value", p, c.call)
		o.Edits, o.Shared = s.pointerEdits(p), p.object.Exported()
		o.What, o.Type = s.text(c.body, c.value), writeType(c.body.unit, t)
	}
}

// isPointerShaped tells types that are one pointer, which an interface holds as it is.
func isPointerShaped(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Pointer, *types.Chan, *types.Map, *types.Signature:
		return true
	case *types.Basic:
		return t.Kind() == types.UnsafePointer || t.Kind() == types.UntypedNil
	case *types.Struct:
		return t.NumFields() == 1 && isPointerShaped(t.Field(0).Type())
	case *types.Array:
		return t.Len() == 1 && isPointerShaped(t.Elem())
	}
	return false
}

// observeAddresses finds addresses of parameters, and of variables that hold a copy of what the
// pool gave.
func (s *poolScan) observeAddresses(p *pool) {
	for _, c := range p.puts {
		unary, ok := unparen(c.value).(*ast.UnaryExpr)
		if !ok || unary.Op != token.AND {
			continue
		}
		name, ok := unparen(unary.X).(*ast.Ident)
		if !ok {
			continue
		}
		v, _ := c.body.unit.info.Uses[name].(*types.Var)
		if v == nil || v.IsField() || v.Pkg() == nil || v.Parent() == v.Pkg().Scope() {
			continue
		}
		detail := ""
		for b := c.body; b != nil; b = b.outer {
			for _, parameter := range b.parameters {
				if parameter == v {
					detail = "parameter"
				}
			}
			if detail == "" && s.holdsCopy(b, v) {
				detail = "copy"
			}
		}
		if detail == "" || detail == "copy" && s.madeBefore(c, v) {
			continue
		}
		o := s.observation(c.body, "pool-put-address", p, c.call)
		declared := s.place(v.Pos())
		o.What, o.OtherPlace, o.Detail = v.Name(), &declared, detail
		o.Type = writeType(c.body.unit, v.Type())
	}
}

// madeBefore tells whether a statement before a Put, in the same list, gives the variable a new
// value: then the pool gets something new, which must be somewhere.
func (s *poolScan) madeBefore(c *poolCall, v *types.Var) bool {
	at := s.placed(c.body, c.call)
	if at == nil {
		return false
	}
	statement, list := at.statement()
	made := false
	for _, other := range statementsOf(list) {
		if other == statement {
			break
		}
		if assignment, ok := other.(*ast.AssignStmt); ok {
			forEachAssigned(assignment.Lhs, assignment.Rhs, func(left, value ast.Expr, number int) {
				if name, ok := unparen(left).(*ast.Ident); ok && variableOf(c.body.unit, name) == v {
					made = isFresh(c.body.unit.info, value)
				}
			})
		}
	}
	return made
}

func statementsOf(list ast.Node) []ast.Stmt {
	switch list := list.(type) {
	case *ast.BlockStmt:
		return list.List
	case *ast.CaseClause:
		return list.Body
	case *ast.CommClause:
		return list.Body
	}
	return nil
}

// holdsCopy tells whether a variable gets what a pooled pointer points to.
func (s *poolScan) holdsCopy(b *body, v *types.Var) bool {
	found := false
	fromPool := map[types.Object]bool{}
	assign := func(left, value ast.Expr, number int) {
		name, ok := unparen(left).(*ast.Ident)
		if !ok {
			return
		}
		object := variableOf(b.unit, name)
		if len(s.taken(b.unit, value, number)) > 0 {
			fromPool[object] = true
			found = found || object == v
		}
		if star, ok := unparen(value).(*ast.StarExpr); ok && object == v {
			if from := carried(b.unit, star.X); from != nil && fromPool[from] {
				found = true
			}
		}
	}
	inspectFunction(b.block, func(node ast.Node) {
		if assignment, ok := node.(*ast.AssignStmt); ok {
			forEachAssigned(assignment.Lhs, assignment.Rhs, assign)
		}
	})
	return found
}

// isClosed tells a pool of which all uses are known: nobody outside of the analysed packages
// can name it, and inside it is only used by calls of its methods.
func (p *pool) isClosed() bool {
	return !p.open && !p.object.Exported() && p.isDeclared()
}

// observeWithoutNew finds a type assertion that panics when the pool is empty.
func (s *poolScan) observeWithoutNew(p *pool) {
	if len(p.news) > 0 || !p.isClosed() || !s.isZeroOrLiteral(p) {
		return
	}
	for _, c := range p.gets {
		if c.through == "" && c.asserted != nil && !c.checked {
			o := s.observation(c.body, "pool-get-without-new", p, c.call)
			o.Type = writeType(c.body.unit, c.asserted)
		}
	}
}

// isZeroOrLiteral tells a pool whose every value is written down: none, or a literal without New.
func (s *poolScan) isZeroOrLiteral(p *pool) bool {
	for _, given := range s.given[s.key(p.object)] {
		if !makesPool(given.unit, given.expr) {
			return false
		}
	}
	return true
}

// observeTypes finds what is put or made with another type than all Gets assert.
func (s *poolScan) observeTypes(p *pool) {
	var wanted types.Type
	for _, c := range p.gets {
		if c.through != "" {
			continue
		}
		if c.asserted == nil || c.checked || types.IsInterface(c.asserted) || hasTypeParameter(c.asserted) {
			return
		}
		if wanted != nil && !types.Identical(wanted, c.asserted) {
			return
		}
		wanted = c.asserted
	}
	if wanted == nil || p.open {
		return
	}
	for _, c := range p.puts {
		t := c.body.unit.info.TypeOf(c.value)
		if c.through != "" || t == nil || types.IsInterface(t) || hasTypeParameter(t) || types.Identical(t, wanted) {
			continue
		}
		if basic, ok := t.(*types.Basic); ok && basic.Kind() == types.UntypedNil {
			continue
		}
		o := s.observation(c.body, "pool-wrong-type", p, c.call)
		o.What = s.text(c.body, c.value)
		o.Type, o.OtherType = writeType(c.body.unit, t), writeType(c.body.unit, wanted)
	}
	for _, n := range p.news {
		if t := s.newType(n); t != nil && !hasTypeParameter(t) && !types.Identical(t, wanted) {
			s.observeNew(p, n, t, wanted)
		}
	}
}

func (s *poolScan) observeNew(p *pool, n newFunction, made, wanted types.Type) {
	o := &Observation{
		Finding: "pool-wrong-type", Pool: s.place(p.pos), Place: s.place(n.expr.Pos()), End: s.place(n.expr.End()),
		Package: n.unit.path, What: "New", Detail: "new",
		Type: writeType(n.unit, made), OtherType: writeType(n.unit, wanted),
	}
	s.observations = append(s.observations, o)
}

func hasTypeParameter(t types.Type) bool {
	found := false
	var look func(t types.Type, depth int)
	look = func(t types.Type, depth int) {
		if depth > 6 || found {
			return
		}
		switch t := unalias(t).(type) {
		case *types.TypeParam:
			found = true
		case *types.Pointer:
			look(t.Elem(), depth+1)
		case *types.Slice:
			look(t.Elem(), depth+1)
		case *types.Array:
			look(t.Elem(), depth+1)
		case *types.Map:
			look(t.Key(), depth+1)
			look(t.Elem(), depth+1)
		case *types.Chan:
			look(t.Elem(), depth+1)
		case *types.Named:
			for i := 0; i < t.TypeArgs().Len(); i++ {
				look(t.TypeArgs().At(i), depth+1)
			}
		}
	}
	look(t, 0)
	return found
}

// observeCopies finds pools that are copied.
func (s *poolScan) observeCopies() {
	for _, b := range s.order {
		check := func(value ast.Expr) {
			if value == nil || !isPool(typeOf(b.unit, value)) || !isVariable(value) {
				return
			}
			if pools := s.poolsOf(b.unit, value); len(pools) > 0 {
				o := s.observation(b, "pool-copied", pools[0], value)
				o.What = s.text(b, value)
			}
		}
		inspectFunction(b.block, func(node ast.Node) {
			switch node := node.(type) {
			case *ast.AssignStmt:
				for i, value := range node.Rhs {
					if name, ok := node.Lhs[min(i, len(node.Lhs)-1)].(*ast.Ident); ok && name.Name == "_" {
						continue
					}
					check(value)
				}
			case *ast.ValueSpec:
				for _, value := range node.Values {
					check(value)
				}
			case *ast.ReturnStmt:
				for _, value := range node.Results {
					check(value)
				}
			case *ast.CallExpr:
				if !b.unit.info.Types[node.Fun].IsType() {
					for _, value := range node.Args {
						check(value)
					}
				}
			case *ast.CompositeLit:
				for _, element := range node.Elts {
					if pair, ok := element.(*ast.KeyValueExpr); ok {
						element = pair.Value
					}
					check(element)
				}
			case *ast.RangeStmt:
				if node.Value != nil && isPool(typeOf(b.unit, node.Value)) {
					if pools := s.poolsOf(b.unit, node.X); len(pools) > 0 {
						s.observation(b, "pool-copied", pools[0], node.Value).What = s.text(b, node.Value)
					}
				}
			}
		})
	}
}

func typeOf(p *unit, expr ast.Expr) types.Type {
	t := p.info.TypeOf(expr)
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return t
}

func isVariable(expr ast.Expr) bool {
	switch e := unparen(expr).(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.StarExpr:
		return true
	case *ast.IndexExpr:
		return isVariable(e.X)
	}
	return false
}
