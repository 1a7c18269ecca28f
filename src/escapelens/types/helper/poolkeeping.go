package main

import (
	"go/ast"
	"go/types"
)

func (t *tracker) readCall(call *ast.CallExpr) {
	unit := t.body.unit
	put := map[ast.Expr]bool{}
	var events []event
	for _, one := range t.putBy(unit, call) {
		if carried(unit, one.value) == t.variable {
			put[one.value] = true
			events = append(events, event{
				kind: puts, node: call, definite: one.definite, pools: one.pools, detaches: one.detaches,
			})
		} else if t.flows(one.value) {
			put[one.value] = true
			events = append(events, event{kind: escapes, node: call})
		}
	}
	if name, ok := unparen(call.Fun).(*ast.Ident); ok {
		if builtin, ok := t.info().Uses[name].(*types.Builtin); ok {
			if builtin.Name() == "len" || builtin.Name() == "cap" {
				return // of the variable's own words
			}
		}
	}
	t.readArguments(call, put)
	if literal, ok := unparen(call.Fun).(*ast.FuncLit); ok {
		t.readCalled(literal)
	} else if receiverOfCall(call) == nil {
		t.read(call.Fun)
	}
	t.found = append(t.found, events...)
}

// readArguments are what stands before a method and what a call is given, but for what it puts back.
func (t *tracker) readArguments(call *ast.CallExpr, put map[ast.Expr]bool) {
	for i, argument := range append([]ast.Expr{receiverOfCall(call)}, call.Args...) {
		if argument == nil || put[argument] {
			continue
		}
		t.read(argument)
		if t.flows(argument) && t.mayKeep(call, i-1) {
			t.emit(escapes, call)
		}
	}
}

// readCalled is a function literal that is called where it stands, with the variable as it is then.
func (t *tracker) readCalled(literal *ast.FuncLit) {
	if !t.mentions(literal) {
		return
	}
	callee := t.literals[literal]
	var inner *tracker
	if callee != nil {
		inner = t.inside(callee)
	}
	if inner == nil {
		t.emit(escapes, literal)
		return
	}
	var used, put *event
	for _, block := range callee.graphOf().blocks {
		for _, node := range block.nodes {
			_, isReturn := node.(*ast.ReturnStmt)
			for _, e := range inner.eventsOf(node) {
				switch {
				case isReturn && e.node == node: // the result, which is seen where it is assigned
				case e.kind == escapes:
					t.emit(escapes, literal)
				case e.kind == puts || e.kind == defersPut:
					if put == nil {
						put = &event{kind: puts, node: e.node, pools: e.pools, detaches: e.detaches}
					}
				case (e.kind == uses || e.kind == gives) && used == nil:
					used = &event{kind: uses, node: e.node, alias: e.alias}
				}
			}
		}
	}
	if used != nil {
		t.found = append(t.found, *used)
	}
	if put != nil {
		put.definite = inner.putsDefinitely()
		t.found = append(t.found, *put)
	}
}

// mayKeep tells whether a call may keep an argument for longer than it takes, or put it back.
// The argument of number -1 is what stands before the method.
func (t *tracker) mayKeep(call *ast.CallExpr, number int) bool {
	info := t.info()
	if info.Types[call.Fun].IsType() {
		return false
	}
	var object types.Object
	switch fun := unparen(call.Fun).(type) {
	case *ast.Ident:
		object = info.Uses[fun]
		if _, builtin := object.(*types.Builtin); builtin {
			return false
		}
	case *ast.SelectorExpr:
		object = info.Uses[fun.Sel]
		if selection := info.Selections[fun]; selection != nil && types.IsInterface(selection.Recv()) {
			return mayRelease(fun.Sel.Name) || !t.isStandard(object.Pkg())
		}
	case *ast.FuncLit:
		callee := t.literals[fun]
		return callee == nil || t.keepsArgument(callee, number)
	default:
		object = staticObject(t.body.unit, fun)
	}
	function, ok := object.(*types.Func)
	if !ok {
		return true
	}
	if callee := t.bodies[t.key(function.Origin())]; callee != nil && callee.block != nil {
		return t.keepsArgument(callee, number)
	}
	return !t.isStandard(function.Pkg())
}

// keepsArgument is mayKeep for a call of a function that is known.
func (s *poolScan) keepsArgument(callee *body, number int) bool {
	if callee.signature.Recv() != nil {
		number++
	}
	number = min(number, len(callee.parameters)-1)
	return number >= 0 && s.keeps(callee, number)
}

// mayRelease tells the names of methods that end the use of a value.
func mayRelease(name string) bool {
	switch name {
	case "Close", "Release", "Free", "Put", "Recycle", "Done", "Stop", "Destroy":
		return true
	}
	return false
}

// keeps tells whether a function may keep a parameter for longer than the call, or put it back.
func (s *poolScan) keeps(b *body, number int) bool {
	how := s.summaryOf(b)
	if known, ok := how.keeps[number]; ok {
		return known
	}
	how.keeps[number] = false // a call of itself adds nothing
	t := s.track(b, b.parameters[number])
	keeps := t == nil || how.puts[number] != nil
	if t != nil {
		for _, block := range b.graphOf().blocks {
			for _, node := range block.nodes {
				_, isReturn := node.(*ast.ReturnStmt)
				for _, e := range t.eventsOf(node) {
					if isReturn && e.node == node {
						continue // it is given to the caller, who sees it in the result
					}
					keeps = keeps || e.kind == escapes || e.kind == puts || e.kind == defersPut
				}
			}
		}
	}
	how.keeps[number] = keeps
	return keeps
}
