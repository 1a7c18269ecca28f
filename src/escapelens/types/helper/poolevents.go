package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// eventKind is what a part of a statement does with a tracked variable.
type eventKind int

const (
	takes     eventKind = iota // it gets a value from a pool
	nils                       // it is set to nil
	renews                     // it gets a new value that nobody else has
	grows                      // it gets what was appended to its value, which may lie elsewhere
	replaces                   // it gets a value that somebody else has
	puts                       // its value is put back
	defersPut                  // its value will be put back when the function ends
	escapes                    // somebody else may have its value from here on
	uses                       // its value, or memory that it owns, is read or written
	gives                      // its value, or memory that it owns, is a result
)

type event struct {
	kind eventKind
	node ast.Node
	// definite puts happen whenever they are reached.
	definite bool
	// detaches tells a wrapper that gives the memory away before it puts the value back.
	detaches bool
	promise  promise
	pools    []*pool
	// alias is set where not the variable is used but another that shares its memory.
	alias types.Object
}

// tracker finds out what a body does with one variable.
type tracker struct {
	*poolScan
	body     *body
	variable *types.Var
	// holders are other variables that may hold the value, or memory that belongs to it.
	holders map[types.Object]bool
	// aliases are variables that are assigned once, and share the memory of the value for sure.
	aliases map[types.Object]bool
	// companions are assigned together with it: ok, err.
	companions map[types.Object]bool
	// related variables decide whether it is taken from the pool.
	related  map[types.Object]bool
	detached bool
	found    []event
}

// track is nil for a variable that cannot be followed: a function literal assigns to it.
func (s *poolScan) track(b *body, v *types.Var) *tracker {
	return s.newTracker(b, v).started()
}

// inside follows the variable into a function literal of the body; nil where it cannot.
func (t *tracker) inside(literal *body) *tracker {
	inner := t.newTracker(literal, t.variable)
	for object := range t.holders {
		inner.holders[object] = true
	}
	for object := range t.aliases {
		inner.aliases[object] = true
	}
	return inner.started()
}

func (s *poolScan) newTracker(b *body, v *types.Var) *tracker {
	return &tracker{
		poolScan: s, body: b, variable: v,
		holders:    map[types.Object]bool{},
		aliases:    map[types.Object]bool{},
		companions: map[types.Object]bool{},
		related:    map[types.Object]bool{},
	}
}

func (t *tracker) started() *tracker {
	if t.assignedInLiteral() {
		return nil
	}
	t.detached = t.detaches(t.body, t.variable)
	t.findHolders()
	t.findAliases()
	t.findRelated(t.body.block, nil)
	return t
}

func (t *tracker) info() *types.Info { return t.body.unit.info }

func (t *tracker) objectOf(expr ast.Expr) types.Object {
	if name, ok := unparen(expr).(*ast.Ident); ok {
		if object := t.info().Defs[name]; object != nil {
			return object
		}
		return t.info().Uses[name]
	}
	return nil
}

// assignedInLiteral looks for assignments in function literals that are not deferred here.
func (t *tracker) assignedInLiteral() bool {
	deferred := map[*ast.FuncLit]bool{}
	found := false
	var look func(root ast.Node, inLiteral bool)
	look = func(root ast.Node, inLiteral bool) {
		ast.Inspect(root, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.DeferStmt:
				if literal, ok := unparen(node.Call.Fun).(*ast.FuncLit); ok && !inLiteral {
					deferred[literal] = true
				}
			case *ast.FuncLit:
				if node != root {
					if !deferred[node] {
						look(node.Body, true)
					}
					return false
				}
			case *ast.AssignStmt:
				for _, left := range node.Lhs {
					found = found || inLiteral && t.objectOf(left) == t.variable
				}
			}
			return true
		})
	}
	look(t.body.block, false)
	return found
}

// detaches tells whether the memory behind a variable is replaced as a whole: *v = other.
func (s *poolScan) detaches(b *body, v *types.Var) bool {
	found := false
	ast.Inspect(b.block, func(node ast.Node) bool {
		if assignment, ok := node.(*ast.AssignStmt); ok {
			for i, left := range assignment.Lhs {
				star, ok := unparen(left).(*ast.StarExpr)
				if !ok || carried(b.unit, star.X) != v {
					continue
				}
				if len(assignment.Lhs) != len(assignment.Rhs) || grown(b.unit, assignment.Rhs[i]) != v {
					found = true
				}
			}
		}
		return true
	})
	return found
}

// grown is the variable whose value an expression carries, or appends to.
func grown(p *unit, expr ast.Expr) *types.Var {
	call, ok := unparen(expr).(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return carried(p, expr)
	}
	if name, ok := unparen(call.Fun).(*ast.Ident); ok {
		if builtin, ok := p.info.Uses[name].(*types.Builtin); ok && builtin.Name() == "append" {
			return grown(p, call.Args[0])
		}
	}
	return carried(p, expr)
}

// assignments visits all assignments of a body to single names.
func (t *tracker) assignments(visit func(name *ast.Ident, value ast.Expr, number int)) {
	assign := func(left, value ast.Expr, number int) {
		if name, ok := unparen(left).(*ast.Ident); ok {
			visit(name, value, number)
		}
	}
	inspectFunction(t.body.block, func(node ast.Node) {
		switch node := node.(type) {
		case *ast.AssignStmt:
			forEachAssigned(node.Lhs, node.Rhs, assign)
		case *ast.ValueSpec:
			for i, name := range node.Names {
				if len(node.Values) == len(node.Names) {
					visit(name, node.Values[i], 0)
				} else if len(node.Values) == 1 {
					visit(name, node.Values[0], i)
				}
			}
		case *ast.RangeStmt:
			for _, left := range []ast.Expr{node.Key, node.Value} {
				if left != nil {
					assign(left, node.X, 0)
				}
			}
		}
	})
}

func (t *tracker) findHolders() {
	for changed := true; changed; {
		changed = false
		t.assignments(func(name *ast.Ident, value ast.Expr, number int) {
			object := t.objectOf(name)
			if object == nil || object == t.variable || t.holders[object] || !t.flows(value) {
				return
			}
			if pointerish(object.Type()) && !isErrorType(object.Type()) {
				t.holders[object], changed = true, true
			}
		})
	}
}

func (t *tracker) findAliases() {
	times := map[types.Object]int{}
	t.assignments(func(name *ast.Ident, value ast.Expr, number int) {
		times[t.objectOf(name)]++
	})
	for changed := true; changed; {
		changed = false
		t.assignments(func(name *ast.Ident, value ast.Expr, number int) {
			object := t.objectOf(name)
			if object != nil && object != t.variable && times[object] == 1 && !t.aliases[object] && t.shares(value) {
				t.aliases[object], changed = true, true
			}
		})
	}
}

// findRelated finds the companions, and what decides whether the value is taken from the pool.
func (t *tracker) findRelated(node ast.Node, conditions []ast.Expr) {
	switch node := node.(type) {
	case nil:
	case *ast.BlockStmt:
		for _, statement := range node.List {
			t.findRelated(statement, conditions)
		}
		if len(conditions) > 0 && t.takesIn(node.List) {
			for _, condition := range conditions {
				t.relate(condition)
			}
			for _, statement := range node.List {
				if assignment, ok := statement.(*ast.AssignStmt); ok && assignment.Tok == token.ASSIGN {
					for _, left := range assignment.Lhs {
						if object := t.objectOf(left); object != nil && object != t.variable {
							t.related[object] = true
						}
					}
				}
			}
		}
	case *ast.IfStmt:
		inner := append(conditions[:len(conditions):len(conditions)], node.Cond)
		t.findRelated(node.Init, conditions)
		t.findRelated(node.Body, inner)
		if node.Else != nil {
			t.findRelated(&ast.BlockStmt{List: []ast.Stmt{node.Else}}, inner)
		}
	case *ast.ForStmt:
		t.findRelated(node.Body, conditions)
	case *ast.RangeStmt:
		t.findRelated(node.Body, conditions)
	case *ast.LabeledStmt:
		t.findRelated(node.Stmt, conditions)
	case *ast.SwitchStmt:
		inner := conditions
		if node.Tag != nil {
			inner = append(conditions[:len(conditions):len(conditions)], node.Tag)
		}
		for _, clause := range node.Body.List {
			clause := clause.(*ast.CaseClause)
			t.findRelated(&ast.BlockStmt{List: clause.Body}, append(inner[:len(inner):len(inner)], clause.List...))
		}
	case *ast.TypeSwitchStmt:
		for _, clause := range node.Body.List {
			inner := append(conditions[:len(conditions):len(conditions)], typeSwitchSubject(node.Assign))
			t.findRelated(&ast.BlockStmt{List: clause.(*ast.CaseClause).Body}, inner)
		}
	case *ast.SelectStmt:
		for _, clause := range node.Body.List {
			t.findRelated(&ast.BlockStmt{List: clause.(*ast.CommClause).Body}, conditions)
		}
	case *ast.AssignStmt:
		if t.takesIn([]ast.Stmt{node}) {
			for _, left := range node.Lhs {
				if object := t.objectOf(left); object != nil && object != t.variable {
					t.companions[object] = true
				}
			}
		}
	}
}

// takesIn tells whether one of the statements itself takes the value from a pool.
func (t *tracker) takesIn(statements []ast.Stmt) bool {
	for _, statement := range statements {
		if assignment, ok := statement.(*ast.AssignStmt); ok {
			found := false
			forEachAssigned(assignment.Lhs, assignment.Rhs, func(left, value ast.Expr, number int) {
				found = found || t.objectOf(left) == t.variable && len(t.taken(t.body.unit, value, number)) > 0
			})
			if found {
				return true
			}
		}
	}
	return false
}

func (t *tracker) relate(condition ast.Expr) {
	ast.Inspect(condition, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok {
			if v, ok := t.info().Uses[name].(*types.Var); ok {
				t.related[v] = true
			}
		}
		return true
	})
}

// isVariable tells the variable itself, or one that may hold its value.
func (t *tracker) mayHold(object types.Object) bool {
	return object != nil && (object == t.variable || t.holders[object])
}

// flows tells whether an expression may give on the value, or memory that belongs to it.
func (t *tracker) flows(expr ast.Expr) bool {
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		return t.mayHold(t.objectOf(e))
	case *ast.StarExpr:
		return t.flows(e.X) && pointerish(t.info().TypeOf(e))
	case *ast.UnaryExpr:
		return e.Op == token.AND && t.flows(e.X)
	case *ast.SliceExpr:
		return t.flows(e.X) && pointerish(t.info().TypeOf(e))
	case *ast.IndexExpr:
		return t.flows(e.X) && pointerish(t.info().TypeOf(e))
	case *ast.SelectorExpr:
		return t.flows(e.X) && pointerish(t.info().TypeOf(e))
	case *ast.TypeAssertExpr:
		return t.flows(e.X)
	case *ast.FuncLit:
		return t.mentions(e)
	case *ast.CompositeLit:
		for _, element := range e.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				element = pair.Value
			}
			if t.flows(element) {
				return true
			}
		}
	case *ast.CallExpr:
		return t.resultFlows(e)
	}
	return false
}

func (t *tracker) resultFlows(call *ast.CallExpr) bool {
	result := t.info().TypeOf(call)
	if result == nil || !pointerish(result) || isErrorType(result) {
		return false
	}
	if name, ok := unparen(call.Fun).(*ast.Ident); ok {
		if _, builtin := t.info().Uses[name].(*types.Builtin); builtin && name.Name != "append" {
			return false
		}
	}
	switch fun := unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		if t.flows(fun.X) {
			return true
		}
	case *ast.FuncLit:
		if t.mentions(fun) {
			return true
		}
	}
	for _, argument := range call.Args {
		if t.flows(argument) {
			return true
		}
	}
	return false
}

// mentions tells whether a node names the variable or one that may hold its value.
func (t *tracker) mentions(root ast.Node) bool {
	found := false
	ast.Inspect(root, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok && t.mayHold(t.info().Uses[name]) {
			found = true
		}
		return !found
	})
	return found
}

// shares tells whether an expression is memory of the value for sure.
func (t *tracker) shares(expr ast.Expr) bool {
	if t.detached {
		return false
	}
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		object := t.objectOf(e)
		return (object == t.variable || t.aliases[object]) && isReference(t.info().TypeOf(e))
	case *ast.StarExpr:
		return t.shares(e.X) && isReference(t.info().TypeOf(e))
	case *ast.SliceExpr:
		if pointer, ok := unalias(t.info().TypeOf(e.X)).Underlying().(*types.Pointer); ok {
			_, array := pointer.Elem().Underlying().(*types.Array)
			return array && t.shares(e.X)
		}
		return t.shares(e.X)
	case *ast.CallExpr:
		if t.info().Types[e.Fun].IsType() {
			return len(e.Args) == 1 && isReference(t.info().TypeOf(e)) && t.shares(e.Args[0])
		}
		selector, ok := unparen(e.Fun).(*ast.SelectorExpr)
		if !ok {
			return false
		}
		method, ok := t.info().Uses[selector.Sel].(*types.Func)
		return ok && fullName(method) == "(*bytes.Buffer).Bytes" && t.shares(selector.X)
	}
	return false
}

// isReference tells pointers and slices, whose copies share their memory.
func isReference(t types.Type) bool {
	if t == nil {
		return false
	}
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Slice:
		return true
	}
	return false
}

// pointerish tells a type whose values may hold pointers; strings are never changed.
func pointerish(t types.Type) bool {
	return mayPoint(t, 0)
}

func mayPoint(t types.Type, depth int) bool {
	if t == nil || depth > 8 {
		return true
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() == types.UnsafePointer
	case *types.Array:
		return mayPoint(t.Elem(), depth+1)
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			if mayPoint(t.Field(i).Type(), depth+1) {
				return true
			}
		}
		return false
	case *types.Tuple:
		for i := 0; i < t.Len(); i++ {
			if element := t.At(i).Type(); mayPoint(element, depth+1) && !isErrorType(element) {
				return true
			}
		}
		return false
	}
	return true
}
