package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// phase is what has become of the value that a variable holds.
type phase uint8

const (
	unclear  phase = iota // nobody can tell, or somebody else has it too
	none                  // it was not taken from a pool
	held                  // it was taken and is the function's own
	isPut                 // it was put back
	nilled                // the variable was set to nil
	replaced              // the variable was given something that somebody else has
)

// promise is what a defer statement will do with the variable.
type promise uint8

const (
	nothing       promise = iota
	putsValue             // puts the value that the variable had then
	putsVariable          // puts what the variable holds in the end
	putsIfNotNil          // the same, under a condition
	putsSomething         // puts it back, under a condition or through others
)

// state is what is known of a variable at a point of a path.
type state struct {
	phase    phase
	deferred promise
	// guarded paths were chosen by a test of the value itself, or of what decided to take it.
	guarded bool
	// sized paths were chosen by a test of the value's length or capacity.
	sized bool
	// put and reset are numbers of the events that put it back or set it to nil, -1 for none.
	put, set int
}

// walker follows all paths of a body for one variable.
type walker struct {
	*tracker
	events []event
	number map[ast.Node][2]int // the events of a node
	// before are the states in which each event is met.
	before [][]state
	exits  []leaving
	// optional are the blocks in which a branch that puts the value back meets one that does not:
	// what decides that may well be known, so nothing is said of the paths behind.
	optional map[*block]bool
	reached  map[*block][]state
}

// leaving is a way out of the function.
type leaving struct {
	state state
	kind  exitKind
	at    token.Pos
	// because is the last test on the way, and taken whether it held.
	because ast.Expr
	taken   bool
	bare    bool
	by      token.Token
}

type point struct {
	block *block
	state state
}

type step struct {
	point
	because ast.Expr
	taken   bool
}

// walk follows the paths from a first state.
func (t *tracker) walk(first state) *walker {
	w := &walker{tracker: t, number: map[ast.Node][2]int{}, optional: map[*block]bool{}}
	g := t.body.graphOf()
	for _, b := range g.blocks {
		for _, node := range b.nodes {
			begin := len(w.events)
			w.events = append(w.events, t.eventsOf(node)...)
			w.number[node] = [2]int{begin, len(w.events)}
		}
	}
	first.put, first.set = -1, -1
	w.follow(g, first)
	if w.findOptional(g) {
		w.follow(g, first)
	}
	return w
}

// follow follows the paths once.
func (w *walker) follow(g *graph, first state) {
	w.before, w.exits, w.reached = make([][]state, len(w.events)), nil, map[*block][]state{}
	visited := map[point]bool{}
	queue := []step{{point: point{g.blocks[0], first}}}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if visited[at.point] {
			continue
		}
		visited[at.point] = true
		w.reached[at.block] = append(w.reached[at.block], at.state)
		queue = append(queue, w.through(at)...)
	}
}

// findOptional finds where paths meet on which the value was, and was not, put back within one
// statement.
func (w *walker) findOptional(g *graph) bool {
	for _, b := range g.blocks {
		if b.joins == nil {
			continue
		}
		isPutInside, isHeld := false, false
		for _, now := range w.reached[b] {
			inside := now.phase == isPut && now.put >= 0 && encloses(b.joins, w.events[now.put].node)
			isPutInside = isPutInside || inside || now.deferred != nothing && w.defersIn(b.joins)
			isHeld = isHeld || now.phase == held
		}
		if isPutInside && isHeld {
			w.optional[b] = true
		}
	}
	return len(w.optional) > 0
}

func encloses(outer, inner ast.Node) bool {
	return outer.Pos() <= inner.Pos() && inner.End() <= outer.End()
}

// defersIn tells whether a defer statement in a node puts the value back.
func (w *walker) defersIn(node ast.Node) bool {
	for _, e := range w.events {
		if e.kind == defersPut && encloses(node, e.node) {
			return true
		}
	}
	return false
}

// through goes through one block and tells where it leads.
func (w *walker) through(at step) []step {
	now := at.state
	if w.optional[at.block] {
		now.guarded = true
	}
	for _, node := range at.block.nodes {
		span := w.number[node]
		for i := span[0]; i < span[1]; i++ {
			w.meet(i, now)
			if w.events[i].kind == takes && now.phase == held {
				w.leave(at, now, leaving{kind: retakes, at: node.Pos()})
			}
			now = w.after(i, now)
		}
	}
	if at.block.exit != noExit {
		w.leave(at, now, leaving{kind: at.block.exit, at: at.block.at})
		return nil
	}
	if d := at.block.leaves; d != nil && w.isLeftBy(d) {
		w.leave(at, now, leaving{kind: leaves, at: d.at, by: d.by})
		now.phase = none
	}
	var next []step
	for _, e := range at.block.next {
		next = append(next, w.along(e, now, at))
	}
	return next
}

// leave keeps a way out, with the last test on the way.
func (w *walker) leave(at step, now state, out leaving) {
	out.state, out.because, out.taken = now, at.because, at.taken
	w.exits = append(w.exits, out)
}

// isLeftBy tells whether there is no such variable behind a departure.
func (w *walker) isLeftBy(d *departure) bool {
	scope := w.variable.Parent()
	switch {
	case scope == nil:
		return false
	case d.by == token.GOTO:
		return scope.Contains(d.at) && (!scope.Contains(d.to) || d.to < w.variable.Pos())
	}
	return d.of != nil && d.of.Pos() <= scope.Pos() && scope.End() <= d.of.End()
}

func (w *walker) meet(number int, now state) {
	for _, other := range w.before[number] {
		if other == now {
			return
		}
	}
	w.before[number] = append(w.before[number], now)
}

// after is the state behind an event.
func (w *walker) after(number int, now state) state {
	e := w.events[number]
	switch e.kind {
	case takes:
		return state{phase: held, put: -1, set: -1, deferred: w.still(now)}
	case nils:
		if now.phase == held || now.phase == unclear {
			now.phase = nilled
		} else {
			now.phase = none
		}
		now.set = number
		now.deferred = w.still(now)
	case renews:
		now.phase, now.deferred = none, w.still(now)
	case replaces:
		now.phase, now.deferred, now.set = replaced, w.still(now), number
	case puts:
		if !e.definite {
			now.phase = unclear
			return now
		}
		now.phase, now.put = isPut, number
	case defersPut:
		now.deferred = e.promise
	case escapes:
		if now.phase == held {
			now.phase = unclear
		}
	}
	return now
}

// still is what is promised when the variable gets another value.
func (w *walker) still(now state) promise {
	if now.deferred == putsValue {
		return nothing
	}
	return now.deferred
}

// along is the state behind a branch.
func (w *walker) along(e edge, now state, from step) step {
	next := step{point: point{e.to, now}, because: from.because, taken: from.taken}
	if e.condition == nil {
		return next
	}
	next.because, next.taken = e.condition, e.taken
	switch w.test(e.condition) {
	case testsNothing:
	case testsPresence:
		if absent := w.isAbsent(e.condition, e.taken); absent && now.phase == held {
			next.state.phase = none
		}
	case testsSize:
		next.state.guarded, next.state.sized = true, true
	case testsValue:
		next.state.guarded = true
	}
	return next
}

type testKind int

const (
	testsNothing testKind = iota
	testsPresence
	testsSize
	testsValue
)

// test tells what a condition has to do with the variable.
func (w *walker) test(condition ast.Expr) testKind {
	if w.presence(condition) != nil {
		return testsPresence
	}
	found := testsNothing
	ast.Inspect(condition, func(node ast.Node) bool {
		name, ok := node.(*ast.Ident)
		if !ok {
			return true
		}
		object := w.body.unit.info.Uses[name]
		if object != nil && (object == w.variable || w.holders[object] || w.related[object]) && found == testsNothing {
			found = testsValue
		}
		return true
	})
	if found == testsValue && w.asksSize(condition) {
		return testsSize
	}
	return found
}

// asksSize tells a condition with cap(v), len(v), v.Cap() or v.Len(), or that of what v holds.
func (w *walker) asksSize(condition ast.Expr) bool {
	found := false
	ast.Inspect(condition, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		var of ast.Expr
		switch fun := unparen(call.Fun).(type) {
		case *ast.Ident:
			if (fun.Name == "cap" || fun.Name == "len") && len(call.Args) == 1 {
				of = call.Args[0]
			}
		case *ast.SelectorExpr:
			if fun.Sel.Name == "Cap" || fun.Sel.Name == "Len" {
				of = fun.X
			}
		}
		if of != nil {
			root := rootOf(of)
			found = found || root != nil && w.objectOf(root) == w.variable
		}
		return true
	})
	return found
}

// presence is the name whose being nil, false or an error a condition tests, and nothing else.
func (w *walker) presence(condition ast.Expr) *ast.Ident {
	info := w.body.unit.info
	is := func(expr ast.Expr) *ast.Ident {
		name, ok := unparen(expr).(*ast.Ident)
		if !ok {
			return nil
		}
		if object := info.Uses[name]; object != nil && (object == w.variable || w.companions[object]) {
			return name
		}
		return nil
	}
	switch e := unparen(condition).(type) {
	case *ast.Ident:
		return is(e)
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return is(e.X)
		}
	case *ast.BinaryExpr:
		if e.Op == token.EQL || e.Op == token.NEQ {
			if info.Types[e.Y].IsNil() {
				return is(e.X)
			}
			if info.Types[e.X].IsNil() {
				return is(e.Y)
			}
		}
	}
	return nil
}

// isAbsent tells whether there is no value where such a condition held, or did not.
func (w *walker) isAbsent(condition ast.Expr, taken bool) bool {
	name := w.presence(condition)
	isError := w.body.unit.info.Uses[name] != w.variable && isErrorType(w.body.unit.info.TypeOf(name))
	switch e := unparen(condition).(type) {
	case *ast.Ident:
		return !taken
	case *ast.UnaryExpr:
		return taken
	case *ast.BinaryExpr:
		isNil := (e.Op == token.EQL) == taken
		return isNil != isError
	}
	return false
}

func isErrorType(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// putsDefinitely tells whether every way out of a function puts back a value that it is given.
func (t *tracker) putsDefinitely() bool {
	for _, exit := range t.walk(state{phase: held}).exits {
		isBack := exit.state.phase == isPut || exit.state.deferred == putsValue || exit.state.deferred == putsVariable
		if exit.kind == returns && !isBack && !exit.state.sized {
			return false
		}
	}
	return true
}
