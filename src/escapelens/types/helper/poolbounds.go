package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// inUnboundedLoop tells whether the last of the nodes stands in a loop of the same function that
// turns as often as the input decides.
func (s *poolScan) inUnboundedLoop(b *body, path []ast.Node) bool {
	for i := len(path) - 1; i >= 0; i-- {
		switch node := path[i].(type) {
		case *ast.FuncLit:
			return false
		case *ast.RangeStmt:
			if i+1 < len(path) && path[i+1] == node.Body && !s.isBounded(b, node.X) {
				return true
			}
		case *ast.ForStmt:
			if i+1 < len(path) && path[i+1] != node.Init && !turnsSeldom(b.unit, node) {
				return true
			}
		}
	}
	return false
}

// turnsSeldom tells a loop that counts up to a constant, or goes through the digits of a number.
func turnsSeldom(p *unit, loop *ast.ForStmt) bool {
	if countsToConstant(p, loop.Cond) {
		return true
	}
	shrinks := false
	inspectFunction(loop, func(node ast.Node) {
		if assignment, ok := node.(*ast.AssignStmt); ok {
			switch assignment.Tok {
			case token.QUO_ASSIGN, token.SHR_ASSIGN:
				shrinks = true
			case token.ASSIGN:
				for _, value := range assignment.Rhs {
					binary, ok := unparen(value).(*ast.BinaryExpr)
					shrinks = shrinks || ok && (binary.Op == token.QUO || binary.Op == token.SHR)
				}
			}
		}
	})
	return shrinks
}

func countsToConstant(p *unit, condition ast.Expr) bool {
	binary, ok := unparen(condition).(*ast.BinaryExpr)
	if !ok {
		return false
	}
	switch binary.Op {
	case token.LAND:
		return countsToConstant(p, binary.X) || countsToConstant(p, binary.Y)
	case token.LSS, token.LEQ, token.NEQ:
		value := p.info.Types[binary.Y].Value
		return value != nil && value.String() != "0"
	}
	return false
}

// isBounded tells an expression that is as long as the source says, whatever the input: an array,
// a constant, a literal, a variable of the package, or a part of constant length.
func (s *poolScan) isBounded(b *body, expr ast.Expr) bool {
	info := b.unit.info
	if info.Types[expr].Value != nil {
		return true
	}
	t := info.TypeOf(expr)
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if _, isArray := t.Underlying().(*types.Array); isArray {
		return true
	}
	switch e := unparen(expr).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.SliceExpr:
		return e.High != nil && info.Types[e.High].Value != nil || s.isBounded(b, e.X)
	case *ast.CallExpr:
		return info.Types[e.Fun].IsType() && len(e.Args) == 1 && s.isBounded(b, e.Args[0])
	case *ast.Ident:
		v, ok := info.Uses[e].(*types.Var)
		return ok && (v.Parent() == b.unit.types.Scope() || onlyLiterals(b, v))
	case *ast.SelectorExpr:
		v, ok := info.Uses[e.Sel].(*types.Var)
		return ok && !v.IsField()
	}
	return false
}

// onlyLiterals tells a local variable that holds nothing but composite literals.
func onlyLiterals(b *body, v *types.Var) bool {
	if v.Pos() < b.block.Pos() || b.block.End() <= v.Pos() {
		return false
	}
	literals, others := false, false
	assign := func(left, value ast.Expr, number int) {
		if name, ok := unparen(left).(*ast.Ident); ok && variableOf(b.unit, name) == v {
			_, isLiteral := unparen(value).(*ast.CompositeLit)
			literals, others = literals || isLiteral, others || !isLiteral
		}
	}
	ast.Inspect(b.block, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			forEachAssigned(node.Lhs, node.Rhs, assign)
		case *ast.ValueSpec:
			for i, value := range node.Values {
				assign(node.Names[min(i, len(node.Names)-1)], value, i)
			}
		case *ast.RangeStmt:
			for _, left := range []ast.Expr{node.Key, node.Value} {
				if left != nil {
					assign(left, node.X, 0)
				}
			}
		case *ast.UnaryExpr:
			name, ok := unparen(node.X).(*ast.Ident)
			others = others || ok && node.Op == token.AND && b.unit.info.Uses[name] == v
		}
		return true
	})
	return literals && !others
}

// holdsMany tells a type whose values may have as many parts as they like: what is encoded of them
// is as long. What encodes itself is not known.
func holdsMany(t types.Type, depth int) bool {
	if depth > 6 {
		return false
	}
	switch t := unalias(t).(type) {
	case *types.TypeParam:
		return false
	case *types.Named:
		if encodesItself(t) {
			return false
		}
	}
	switch t := t.Underlying().(type) {
	case *types.Slice, *types.Map:
		return true
	case *types.Interface:
		return t.Empty()
	case *types.Pointer:
		return holdsMany(t.Elem(), depth+1)
	case *types.Array:
		return holdsMany(t.Elem(), depth+1)
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			if t.Field(i).Exported() && holdsMany(t.Field(i).Type(), depth+1) {
				return true
			}
		}
	}
	return false
}

func encodesItself(named *types.Named) bool {
	methods := types.NewMethodSet(types.NewPointer(named))
	for i := 0; i < methods.Len(); i++ {
		switch methods.At(i).Obj().Name() {
		case "MarshalJSON", "MarshalText", "MarshalXML", "MarshalBinary", "GobEncode":
			return true
		}
	}
	return false
}

// sizeDecides tells a Put that a comparison stands before: what is compared may be the size.
func (s *poolScan) sizeDecides(c *poolCall) bool {
	at := s.placed(c.body, c.call)
	if at == nil {
		return false
	}
	for _, node := range at.path {
		if statement, ok := node.(*ast.IfStmt); ok && compares(statement.Cond) {
			return true
		}
	}
	found := false
	inspectFunction(c.body.block, func(node ast.Node) {
		statement, ok := node.(*ast.IfStmt)
		if !ok || found || statement.Pos() > c.call.Pos() && !c.deferred || len(statement.Body.List) == 0 {
			return
		}
		_, leaves := statement.Body.List[len(statement.Body.List)-1].(*ast.ReturnStmt)
		found = leaves && compares(statement.Cond)
	})
	return found
}

func compares(condition ast.Expr) bool {
	found := false
	ast.Inspect(condition, func(node ast.Node) bool {
		if binary, ok := node.(*ast.BinaryExpr); ok {
			switch binary.Op {
			case token.LSS, token.LEQ, token.GTR, token.GEQ:
				found = true
			}
		}
		return !found
	})
	return found
}

// limitsReading tells a function that reads through something that ends after so many bytes.
func limitsReading(b *body) bool {
	found := false
	ast.Inspect(b.block, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			if function, ok := staticObject(b.unit, node.Fun).(*types.Func); ok {
				switch fullName(function) {
				case "io.LimitReader", "io.NewSectionReader", "net/http.MaxBytesReader":
					found = true
				}
			}
		case *ast.Ident:
			if v, ok := b.unit.info.Uses[node].(*types.Var); ok {
				t := v.Type()
				if pointer, isPointer := unalias(t).(*types.Pointer); isPointer {
					t = pointer.Elem()
				}
				found = found || isNamed(t, "io", "LimitedReader") || isNamed(t, "io", "SectionReader")
			}
		}
		return !found
	})
	return found
}
