package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// eventsOf is what a node of the graph does with the variable, in order.
func (t *tracker) eventsOf(node ast.Node) []event {
	t.found = nil
	t.read(node)
	return t.found
}

func (t *tracker) emit(kind eventKind, node ast.Node) *event {
	t.found = append(t.found, event{kind: kind, node: node})
	return &t.found[len(t.found)-1]
}

func (t *tracker) read(node ast.Node) {
	switch n := node.(type) {
	case nil:
	case *ast.AssignStmt:
		t.readAssignment(n)
	case *ast.DeclStmt:
		if decl, ok := n.Decl.(*ast.GenDecl); ok {
			for _, spec := range decl.Specs {
				if values, ok := spec.(*ast.ValueSpec); ok {
					t.readDeclaration(values)
				}
			}
		}
	case *rangeTurn:
		for _, left := range []ast.Expr{n.Key, n.Value} {
			if left != nil && t.objectOf(left) == t.variable {
				t.emit(replaces, n.RangeStmt)
			}
		}
	case *ast.ReturnStmt:
		t.readReturn(n)
	case *ast.SendStmt:
		t.read(n.Chan)
		t.readGiven(n.Value, n)
	case *ast.GoStmt:
		if t.mentions(n.Call) {
			t.emit(escapes, n)
		}
	case *ast.DeferStmt:
		t.readDefer(n)
	case *ast.CallExpr:
		t.readCall(n)
	case *ast.FuncLit:
		if t.mentions(n) {
			t.emit(escapes, n)
		}
	case *ast.BinaryExpr:
		if (n.Op == token.EQL || n.Op == token.NEQ) && (t.info().Types[n.X].IsNil() || t.info().Types[n.Y].IsNil()) {
			return // which reads no memory
		}
		t.read(n.X)
		t.read(n.Y)
	case *ast.UnaryExpr:
		if n.Op == token.AND && t.objectOf(n.X) == t.variable {
			t.emit(escapes, n) // its address may be used to give it another value
			return
		}
		t.read(n.X)
	case *ast.SelectorExpr:
		if s := t.info().Selections[n]; s != nil && s.Kind() == types.MethodVal && t.flows(n.X) {
			t.emit(escapes, n) // a method value, which may be called by anybody
		}
		t.read(n.X)
	case *ast.Ident:
		switch object := t.info().Uses[n]; {
		case object == nil:
		case object == t.variable:
			t.emit(uses, n)
		case t.aliases[object]:
			t.emit(uses, n).alias = object
		}
	default:
		t.readChildren(node)
	}
}

func (t *tracker) readChildren(node ast.Node) {
	first := true
	ast.Inspect(node, func(child ast.Node) bool {
		if first {
			first = false
			return true
		}
		if child != nil {
			t.read(child)
		}
		return false
	})
}

func (t *tracker) readAssignment(n *ast.AssignStmt) {
	for _, value := range n.Rhs {
		t.read(value)
	}
	if n.Tok != token.ASSIGN && n.Tok != token.DEFINE {
		t.read(n.Lhs[0])
		return
	}
	for _, left := range n.Lhs {
		if _, ok := unparen(left).(*ast.Ident); !ok {
			t.read(left) // which writes to memory of the value, or finds where to store
		}
	}
	forEachAssigned(n.Lhs, n.Rhs, func(left, value ast.Expr, number int) {
		t.assign(n, left, value, number)
	})
}

func (t *tracker) readDeclaration(spec *ast.ValueSpec) {
	for _, value := range spec.Values {
		t.read(value)
	}
	for i, name := range spec.Names {
		switch {
		case len(spec.Values) == len(spec.Names):
			t.assign(spec, name, spec.Values[i], 0)
		case len(spec.Values) == 1:
			t.assign(spec, name, spec.Values[0], i)
		case t.objectOf(name) == t.variable:
			t.emit(renews, spec)
		}
	}
}

// assign is one value that goes to one left side.
func (t *tracker) assign(node ast.Node, left, value ast.Expr, number int) {
	object := t.objectOf(left)
	switch {
	case object != nil && object == t.variable:
		t.assignVariable(node, value, number)
	case object == nil:
		// A blank name, or memory of somebody's: that of the value itself, of another local
		// variable, or one that outlives the function.
		if name, ok := left.(*ast.Ident); ok && name.Name == "_" {
			return
		}
		if root := rootOf(left); t.flows(value) && (root == nil || t.objectOf(root) != t.variable) {
			t.emit(escapes, node)
		}
	case t.flows(value) && (t.isWhole(value) || !t.isLocal(object)):
		t.emit(escapes, node)
	}
}

func (t *tracker) assignVariable(node ast.Node, value ast.Expr, number int) {
	pools := t.taken(t.body.unit, value, number)
	switch {
	case len(pools) > 0:
		t.emit(takes, node).pools = pools
	case t.info().Types[value].IsNil():
		t.emit(nils, node)
	case t.flows(value): // the same value, such as v[:0] or append(v, …)
		if appendsTo(t.body.unit, value) != nil {
			t.emit(grows, node)
		}
	case isFresh(t.info(), value):
		t.emit(renews, node)
	default:
		t.emit(replaces, node)
	}
}

// isWhole tells an expression that is the value itself, not only memory that belongs to it.
func (t *tracker) isWhole(expr ast.Expr) bool {
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		return t.objectOf(e) == t.variable
	case *ast.TypeAssertExpr:
		return t.isWhole(e.X)
	case *ast.CallExpr:
		return len(e.Args) == 1 && t.info().Types[e.Fun].IsType() && t.isWhole(e.Args[0])
	}
	return false
}

// isLocal tells a variable that is declared in this body.
func (t *tracker) isLocal(object types.Object) bool {
	for _, result := range t.body.results {
		if object == result {
			return false
		}
	}
	return t.body.block.Pos() <= object.Pos() && object.Pos() < t.body.block.End()
}

// rootOf is the name that a left side begins with.
func rootOf(expr ast.Expr) *ast.Ident {
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return rootOf(e.X)
	case *ast.IndexExpr:
		return rootOf(e.X)
	case *ast.StarExpr:
		return rootOf(e.X)
	case *ast.SliceExpr:
		return rootOf(e.X)
	}
	return nil
}

// isFresh tells an expression that makes a new value: make, new, a literal or its address.
func isFresh(info *types.Info, expr ast.Expr) bool {
	switch e := unparen(expr).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		return e.Op == token.AND && isFresh(info, e.X)
	case *ast.CallExpr:
		if name, ok := unparen(e.Fun).(*ast.Ident); ok {
			_, builtin := info.Uses[name].(*types.Builtin)
			return builtin && (name.Name == "make" || name.Name == "new")
		}
	}
	return false
}

func (t *tracker) readReturn(n *ast.ReturnStmt) {
	for _, result := range n.Results {
		if t.shares(result) {
			t.emit(gives, result)
		} else {
			t.read(result)
		}
	}
	for _, result := range n.Results {
		if t.flows(result) {
			t.emit(escapes, n)
		}
	}
	if len(n.Results) == 0 {
		for _, result := range t.body.results {
			if t.aliases[result] {
				t.emit(gives, n).alias = result
			}
			if t.mayHold(result) {
				t.emit(escapes, n)
			}
		}
	}
}

// readGiven is a value that somebody else gets.
func (t *tracker) readGiven(value ast.Expr, node ast.Node) {
	t.read(value)
	if t.flows(value) {
		t.emit(escapes, node)
	}
}

func (t *tracker) readDefer(n *ast.DeferStmt) {
	literal, isLiteral := unparen(n.Call.Fun).(*ast.FuncLit)
	if isLiteral {
		if how := t.promiseOf(literal); how != nothing {
			t.emit(defersPut, n).promise = how
			return
		}
	}
	for _, one := range t.putBy(t.body.unit, n.Call) {
		if carried(t.body.unit, one.value) == t.variable {
			e := t.emit(defersPut, n)
			e.pools, e.promise = one.pools, putsSomething
			if one.definite {
				e.promise = putsValue
				if unary, ok := unparen(one.value).(*ast.UnaryExpr); ok && unary.Op == token.AND {
					e.promise = putsSomething // the variable as it is then
				}
			}
			return
		}
	}
	if isLiteral {
		t.readArguments(n.Call, nil) // what it reads itself, it reads later
		return
	}
	t.readCall(n.Call)
}

// promiseOf is what a deferred literal does with the variable.
func (t *tracker) promiseOf(literal *ast.FuncLit) promise {
	how := nothing
	unit := t.body.unit
	ast.Inspect(literal.Body, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		for _, one := range t.putBy(unit, call) {
			if carried(unit, one.value) == t.variable {
				how = putsSomething
				// The value as it is, as a statement of the literal that nothing skips.
				if isStatementOf(literal.Body, call) && one.definite && one.through == "" && t.isPlain(one.value) {
					how = putsVariable
				}
				return false
			}
		}
		return true
	})
	if how == nothing && t.mentions(literal) && t.handsOver(literal) {
		return putsSomething
	}
	return how
}

// isPlain tells v and v[:n] from &v, *v and the like.
func (t *tracker) isPlain(expr ast.Expr) bool {
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		return true
	case *ast.SliceExpr:
		return t.isPlain(e.X)
	}
	return false
}

// isStatementOf tells a call that is reached whenever the block is run, with nothing before it
// that may leave or give the variable another value.
func isStatementOf(list *ast.BlockStmt, call *ast.CallExpr) bool {
	for _, statement := range list.List {
		switch s := statement.(type) {
		case *ast.ExprStmt:
			if unparen(s.X) == call {
				return true
			}
		case *ast.AssignStmt, *ast.IncDecStmt, *ast.DeclStmt:
			if assignment, ok := s.(*ast.AssignStmt); ok && assignment.Tok != token.DEFINE {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// handsOver tells a literal that may put the value back in ways that are not followed.
func (t *tracker) handsOver(literal *ast.FuncLit) bool {
	found := false
	ast.Inspect(literal.Body, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok && !found {
			for i, argument := range append([]ast.Expr{receiverOfCall(call)}, call.Args...) {
				if argument != nil && t.flows(argument) && t.mayKeep(call, i-1) {
					found = true
				}
			}
		}
		return !found
	})
	return found
}

func receiverOfCall(call *ast.CallExpr) ast.Expr {
	if selector, ok := unparen(call.Fun).(*ast.SelectorExpr); ok {
		return selector.X
	}
	return nil
}
