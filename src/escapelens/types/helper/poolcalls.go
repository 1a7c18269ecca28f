package main

import (
	"go/ast"
	"go/types"
)

// summary is what a function does with pools and with what it is given.
type summary struct {
	// gets are the pools that a result is taken from, by the number of the result.
	gets map[int][]*pool
	// puts are what becomes of parameters that are put back, by their number.
	puts map[int]*putting
	// keeps tells, by number, whether a parameter may be kept for longer than the call.
	keeps map[int]bool
}

// putting is how a function puts a parameter back.
type putting struct {
	pools []*pool
	// definite is put back on every path, but for those that a test of its size leads to.
	definite bool
	// detaches sets the memory behind the parameter to something else before.
	detaches bool
	address  bool
}

func (s *poolScan) summaryOf(b *body) *summary {
	if s.summaries[b] == nil {
		s.summaries[b] = &summary{map[int][]*pool{}, map[int]*putting{}, map[int]bool{}}
	}
	return s.summaries[b]
}

// poolMethod is the method of sync.Pool that a call calls, and the pools it may be called on.
func (s *poolScan) poolMethod(p *unit, call *ast.CallExpr) (string, []*pool) {
	selector, _ := unparen(call.Fun).(*ast.SelectorExpr)
	if known := s.methodValueOf(p, call.Fun); known != nil {
		p, selector = known.unit, known.selector
	}
	if selector == nil || !isMethodOfPool(p, selector) {
		return "", nil
	}
	return selector.Sel.Name, s.receiverPools(p, selector, p.info.Selections[selector])
}

func isPoolMethod(method *types.Func) bool {
	return (method.Name() == "Get" || method.Name() == "Put") && fullName(method) == "(*sync.Pool)."+method.Name()
}

// receiverPools goes through embedded fields to the pool whose method is selected.
func (s *poolScan) receiverPools(p *unit, selector *ast.SelectorExpr, selection *types.Selection) []*pool {
	path := selection.Index()
	if len(path) == 1 {
		return s.poolsOf(p, selector.X)
	}
	t := selection.Recv()
	var field *types.Var
	for _, index := range path[:len(path)-1] {
		if pointer, ok := unalias(t).(*types.Pointer); ok {
			t = pointer.Elem()
		}
		structure, ok := t.Underlying().(*types.Struct)
		if !ok {
			return nil
		}
		field = structure.Field(index)
		t = field.Type()
	}
	var found []*pool
	s.resolveVariable(p, field.Origin(), map[key]bool{}, &found)
	return found
}

// taken are the pools that an expression takes a value from; result is its number in a tuple.
func (s *poolScan) taken(p *unit, expr ast.Expr, result int) []*pool {
	switch e := unparen(expr).(type) {
	case *ast.TypeAssertExpr:
		if result > 0 {
			return nil
		}
		return s.taken(p, e.X, 0)
	case *ast.StarExpr:
		return s.taken(p, e.X, 0)
	case *ast.SliceExpr:
		return s.taken(p, e.X, 0)
	case *ast.CallExpr:
		if name, pools := s.poolMethod(p, e); name == "Get" {
			return pools
		}
		if callee := s.callee(p, e); callee != nil {
			return s.summaryOf(callee).gets[result]
		}
	}
	return nil
}

// given is one value that a call puts back.
type put struct {
	value    ast.Expr
	pools    []*pool
	through  string
	definite bool
	detaches bool
}

// putBy are the values that a call puts back, itself or through a wrapper.
func (s *poolScan) putBy(p *unit, call *ast.CallExpr) []put {
	if name, pools := s.poolMethod(p, call); name == "Put" && len(call.Args) == 1 {
		return []put{{value: call.Args[0], pools: pools, definite: true}}
	}
	callee := s.callee(p, call)
	if callee == nil {
		return nil
	}
	var puts []put
	arguments := argumentsOf(p, callee, call)
	for i := range callee.parameters {
		how := s.summaryOf(callee).puts[i]
		if how != nil && i < len(arguments) && arguments[i] != nil {
			puts = append(puts, put{arguments[i], how.pools, callee.name, how.definite, how.detaches})
		}
	}
	return puts
}

// argumentsOf gives a call's arguments in the order of a body's parameters, the receiver first.
func argumentsOf(p *unit, callee *body, call *ast.CallExpr) []ast.Expr {
	if callee.signature.Recv() == nil {
		return call.Args
	}
	selector, ok := unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	if selection := p.info.Selections[selector]; selection != nil && selection.Kind() == types.MethodVal {
		return append([]ast.Expr{selector.X}, call.Args...)
	}
	return call.Args
}

// carried is the local variable whose value an argument carries: v, &v, v[:n], *v or T(v).
func carried(p *unit, expr ast.Expr) *types.Var {
	switch e := unparen(expr).(type) {
	case *ast.Ident:
		v, _ := p.info.Uses[e].(*types.Var)
		if v != nil && (v.IsField() || v.Pkg() == nil || v.Parent() == v.Pkg().Scope()) {
			return nil
		}
		return v
	case *ast.UnaryExpr:
		return carried(p, e.X)
	case *ast.StarExpr:
		return carried(p, e.X)
	case *ast.SliceExpr:
		return carried(p, e.X)
	case *ast.TypeAssertExpr:
		return carried(p, e.X)
	case *ast.CallExpr:
		if len(e.Args) == 1 && p.info.Types[e.Fun].IsType() {
			return carried(p, e.Args[0])
		}
	}
	return nil
}

// findWrappers finds the functions that take from pools and put back for others.
func (s *poolScan) findWrappers() {
	for round, changed := 0, true; changed && round < 8; round++ {
		changed = false
		for _, b := range s.order {
			changed = s.findGetter(b) || changed
			changed = s.findPutter(b) || changed
		}
	}
}

func (s *poolScan) findGetter(b *body) bool {
	if len(b.results) == 0 {
		return false
	}
	fromPool := map[types.Object][]*pool{}
	assign := func(left ast.Expr, value ast.Expr, number int) {
		if name, ok := left.(*ast.Ident); ok {
			if pools := s.taken(b.unit, value, number); len(pools) > 0 {
				object := variableOf(b.unit, name)
				fromPool[object] = mergePools(fromPool[object], pools)
			}
		}
	}
	changed := false
	add := func(result int, pools []*pool) {
		how := s.summaryOf(b)
		merged := mergePools(how.gets[result], pools)
		changed = changed || len(merged) != len(how.gets[result])
		how.gets[result] = merged
	}
	inspectFunction(b.block, func(node ast.Node) {
		switch node := node.(type) {
		case *ast.AssignStmt:
			forEachAssigned(node.Lhs, node.Rhs, assign)
		case *ast.ValueSpec:
			for i, name := range node.Names {
				if len(node.Values) == len(node.Names) {
					assign(name, node.Values[i], 0)
				} else if len(node.Values) == 1 {
					assign(name, node.Values[0], i)
				}
			}
		case *ast.ReturnStmt:
			if len(node.Results) == len(b.results) {
				for i, result := range node.Results {
					if pools := s.taken(b.unit, result, 0); len(pools) > 0 {
						add(i, pools)
					} else if v := returned(b.unit, result); v != nil {
						add(i, fromPool[v])
					}
				}
			} else if len(node.Results) == 0 {
				for i, result := range b.results {
					add(i, fromPool[result])
				}
			}
		}
	})
	return changed
}

// returned is the variable that a result gives on as a whole: v, *v, v[:n] or v.(T).
func returned(p *unit, expr ast.Expr) *types.Var {
	if unary, ok := unparen(expr).(*ast.UnaryExpr); ok {
		return carried(p, unary.X)
	}
	return carried(p, expr)
}

func forEachAssigned(left, right []ast.Expr, visit func(left, value ast.Expr, number int)) {
	for i := range left {
		if len(left) == len(right) {
			visit(left[i], right[i], 0)
		} else if len(right) == 1 {
			visit(left[i], right[0], i)
		}
	}
}

func mergePools(pools, more []*pool) []*pool {
	for _, p := range more {
		pools = appendPool(pools, p)
	}
	return pools
}

func (s *poolScan) findPutter(b *body) bool {
	changed := false
	ast.Inspect(b.block, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		for _, one := range s.putBy(b.unit, call) {
			v := carried(b.unit, one.value)
			for i, parameter := range b.parameters {
				if v != parameter || len(one.pools) == 0 || s.takesAnew(b, v) {
					continue
				}
				how := s.summaryOf(b)
				if how.puts[i] == nil {
					how.puts[i] = &putting{}
				}
				merged := mergePools(how.puts[i].pools, one.pools)
				changed = changed || len(merged) != len(how.puts[i].pools)
				how.puts[i].pools = merged
				how.puts[i].detaches = how.puts[i].detaches || one.detaches || s.detaches(b, v)
				t := s.track(b, v)
				definite := t != nil && t.putsDefinitely()
				changed = changed || definite != how.puts[i].definite
				how.puts[i].definite = definite
			}
		}
		return true
	})
	return changed
}

// takesAnew tells whether a parameter gets a value of the function's own, which it then puts back:
// `if p == nil { p = get(); defer put(p) }`.
func (s *poolScan) takesAnew(b *body, parameter *types.Var) bool {
	found := false
	inspectFunction(b.block, func(node ast.Node) {
		if assignment, ok := node.(*ast.AssignStmt); ok {
			forEachAssigned(assignment.Lhs, assignment.Rhs, func(left, value ast.Expr, number int) {
				if name, ok := unparen(left).(*ast.Ident); ok && variableOf(b.unit, name) == parameter {
					found = found || len(s.taken(b.unit, value, number)) > 0
				}
			})
		}
	})
	return found
}

// findUses lists all calls that take or put, in the order of the source.
func (s *poolScan) findUses() {
	for _, b := range s.order {
		deferred := map[*ast.CallExpr]bool{}
		asserted := map[*ast.CallExpr]*ast.TypeAssertExpr{}
		checked := map[*ast.TypeAssertExpr]bool{}
		called := map[ast.Expr]bool{}
		inspectFunction(b.block, func(node ast.Node) {
			switch node := node.(type) {
			case *ast.DeferStmt:
				deferred[node.Call] = true
			case *ast.AssignStmt:
				if len(node.Lhs) == 2 && len(node.Rhs) == 1 {
					if assertion, ok := unparen(node.Rhs[0]).(*ast.TypeAssertExpr); ok {
						checked[assertion] = true
					}
				}
			case *ast.ValueSpec:
				if len(node.Names) == 2 && len(node.Values) == 1 {
					if assertion, ok := unparen(node.Values[0]).(*ast.TypeAssertExpr); ok {
						checked[assertion] = true
					}
				}
			case *ast.TypeAssertExpr:
				if call, ok := unparen(node.X).(*ast.CallExpr); ok {
					asserted[call] = node
				}
			case *ast.CallExpr:
				called[unparen(node.Fun)] = true
				s.addUse(b, node, deferred[node], asserted[node], checked)
			case *ast.SelectorExpr:
				if isMethodOfPool(b.unit, node) && !called[node] && !s.isFollowed(node) {
					s.open(b.unit, node)
				}
			case *ast.Ident:
				if known := s.methodValueOf(b.unit, node); known != nil && !called[node] {
					s.open(known.unit, known.selector)
				}
			}
		})
	}
}

func (s *poolScan) addUse(
	b *body, call *ast.CallExpr, deferred bool, assertion *ast.TypeAssertExpr, checked map[*ast.TypeAssertExpr]bool,
) {
	if _, isLiteral := unparen(call.Fun).(*ast.FuncLit); isLiteral {
		return // what is called in it is listed by itself
	}
	use := &poolCall{body: b, call: call, deferred: deferred}
	if assertion != nil && assertion.Type != nil {
		use.asserted, use.checked = b.unit.info.TypeOf(assertion), checked[assertion]
		if tuple, ok := use.asserted.(*types.Tuple); ok {
			use.asserted = tuple.At(0).Type()
		}
	}
	if name, pools := s.poolMethod(b.unit, call); name == "Get" {
		for _, p := range pools {
			p.gets = append(p.gets, use)
		}
	} else if callee := s.callee(b.unit, call); callee != nil {
		for result, pools := range s.summaryOf(callee).gets {
			for _, p := range pools {
				wrapped := *use
				wrapped.through = callee.name
				wrapped.asserted = callee.results[result].Type()
				p.gets = append(p.gets, &wrapped)
			}
		}
	}
	for _, one := range s.putBy(b.unit, call) {
		for _, p := range one.pools {
			p.puts = append(p.puts, &poolCall{
				body: b, call: call, value: one.value, through: one.through, deferred: deferred,
			})
		}
	}
}

// isStandard tells a package of the standard library.
func (s *poolScan) isStandard(p *types.Package) bool {
	if p == nil {
		return true
	}
	listed := s.packages[p.Path()]
	return listed != nil && isStandard(listed.Package)
}
