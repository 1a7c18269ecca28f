package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// observe finds everything that findings rest on.
func (s *poolScan) observe() {
	s.findNews()
	for _, b := range s.order {
		for _, v := range s.pooledVariables(b) {
			if t := s.track(b, v); t != nil {
				s.observePaths(t)
			}
		}
	}
	for _, p := range s.pools {
		s.observePool(p)
	}
	s.observeCopies()
}

// pooledVariables are the variables that a body takes from pools or puts back; each body is looked
// through once, since every pool asks.
func (s *poolScan) pooledVariables(b *body) []*types.Var {
	found, known := s.variables[b]
	if !known {
		found = s.findVariables(b)
		s.variables[b] = found
	}
	return found
}

func (s *poolScan) findVariables(b *body) []*types.Var {
	var found []*types.Var
	add := func(v *types.Var) {
		for _, other := range found {
			if other == v {
				return
			}
		}
		if v != nil {
			found = append(found, v)
		}
	}
	assign := func(left, value ast.Expr, number int) {
		if name, ok := unparen(left).(*ast.Ident); ok && len(s.taken(b.unit, value, number)) > 0 {
			if v, ok := variableOf(b.unit, name).(*types.Var); ok && v.Parent() != v.Pkg().Scope() {
				add(v)
			}
		}
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
		case *ast.CallExpr:
			for _, one := range s.putBy(b.unit, node) {
				if v := carried(b.unit, one.value); v != nil {
					add(v)
				}
			}
		}
	})
	return found
}

// observePaths finds what is wrong on the paths of one variable.
func (s *poolScan) observePaths(t *tracker) {
	w := t.walk(state{phase: unclear})
	w.notPutBack()
	w.usedAfterPut()
	w.returnedWithDeferredPut()
	w.putTwice()
	w.putOfNil()
	w.growthLost()
}

// poolOf is the pool that the variable is put into or taken from.
func (w *walker) poolOf(kinds ...eventKind) *pool {
	for _, kind := range kinds {
		for _, e := range w.events {
			if e.kind == kind && len(e.pools) > 0 {
				return e.pools[0]
			}
		}
	}
	for _, e := range w.events {
		if e.kind == defersPut {
			if deferred, ok := e.node.(*ast.DeferStmt); ok {
				if pools := w.deferredPools(deferred); len(pools) > 0 {
					return pools[0]
				}
			}
		}
	}
	return nil
}

func (w *walker) deferredPools(deferred *ast.DeferStmt) []*pool {
	var found []*pool
	ast.Inspect(deferred.Call, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok {
			for _, one := range w.putBy(w.body.unit, call) {
				if carried(w.body.unit, one.value) == w.variable {
					found = mergePools(found, one.pools)
				}
			}
		}
		return true
	})
	return found
}

// note makes an observation at a node of the body.
func (w *walker) note(finding string, p *pool, node ast.Node) *Observation {
	o := w.observation(w.body, finding, p, node)
	o.What = w.variable.Name()
	return o
}

func (s *poolScan) observation(b *body, finding string, p *pool, node ast.Node) *Observation {
	o := &Observation{
		Finding: finding, Pool: s.place(p.pos), Place: s.place(node.Pos()), End: s.place(node.End()),
		Package: b.unit.path, Function: b.name,
	}
	s.observations = append(s.observations, o)
	return o
}

func (w *walker) setOther(o *Observation, node ast.Node) {
	place := w.place(node.Pos())
	o.Other, o.OtherPlace = w.text(w.body, node), &place
}

// notPutBack finds places where a function lets go of a taken value that it otherwise puts back:
// where it returns, leaves what the variable is declared in, or takes another one.
func (w *walker) notPutBack() {
	if !w.has(takes) || !(w.has(puts) || w.has(defersPut)) || w.has(replaces) {
		return
	}
	p := w.poolOf(takes)
	if p == nil {
		return
	}
	for _, exit := range w.exits {
		if !exit.loses() || exit.kind == returns && w.isCaptured() {
			continue
		}
		o := w.noteOnce("pool-not-put-back", p, exit.at)
		if o == nil {
			continue
		}
		o.What = w.variable.Name()
		if exit.because != nil {
			o.Detail, o.Failed = w.text(w.body, exit.because), !exit.taken
		}
		o.Edits = w.deferEdits()
		o.At = w.lostAt(exit)
		for _, e := range w.events {
			if e.kind == takes {
				w.setOther(o, e.node)
				break
			}
		}
	}
	w.recovered(p)
}

// loses tells a way out by which a value is neither put back nor will be.
func (l leaving) loses() bool {
	switch {
	case l.state.phase != held || l.state.guarded:
		return false
	case l.kind == retakes:
		return l.state.deferred == nothing || l.state.deferred == putsVariable
	}
	return l.isOrderly() && l.state.deferred == nothing
}

// isCaptured tells a variable of a function around this one, which still has it when this returns.
func (w *walker) isCaptured() bool {
	return w.variable.Pos() < w.body.node.Pos() || w.body.node.End() <= w.variable.Pos()
}

// isOrderly tells a way by which the variable comes to its end without a panic.
func (l leaving) isOrderly() bool { return l.kind == returns || l.kind == leaves }

// lostAt is what stands where a value is lost.
func (w *walker) lostAt(l leaving) string {
	switch {
	case l.kind == retakes:
		return "taking"
	case l.kind == leaves && l.by == token.ILLEGAL:
		return "turn"
	case l.kind == leaves:
		return l.by.String()
	case l.at == w.body.block.Rbrace:
		return "end"
	}
	return "return"
}

// recovered finds a Put that a recovered panic skips: the function recovers, and no defer puts.
func (w *walker) recovered(p *pool) {
	if w.has(defersPut) || !w.has(puts) {
		return
	}
	for _, block := range w.body.graphOf().blocks {
		for _, node := range block.nodes {
			deferred, ok := node.(*ast.DeferStmt)
			if !ok {
				continue
			}
			literal, ok := unparen(deferred.Call.Fun).(*ast.FuncLit)
			if !ok || !callsRecover(w.info(), literal) || w.mentions(literal) {
				continue
			}
			for _, exit := range w.exits {
				if exit.kind == panics && exit.state.phase == held && !exit.state.guarded {
					if o := w.noteOnce("pool-not-put-back", p, exit.at); o != nil {
						o.What, o.At = w.variable.Name(), "panic"
					}
				}
			}
		}
	}
}

func callsRecover(info *types.Info, literal *ast.FuncLit) bool {
	found := false
	inspectFunction(literal.Body, func(node ast.Node) {
		if call, ok := node.(*ast.CallExpr); ok {
			if name, ok := unparen(call.Fun).(*ast.Ident); ok {
				found = found || info.Uses[name] == types.Universe.Lookup("recover")
			}
		}
	})
	return found
}

// noteOnce makes an observation at a position, or nil if there is one already.
func (w *walker) noteOnce(finding string, p *pool, at token.Pos) *Observation {
	place := w.place(at)
	this := mark{finding, w.variable.Name(), place}
	if w.seen[this] {
		return nil
	}
	w.seen[this] = true
	o := &Observation{
		Finding: finding, Pool: w.place(p.pos), Place: place, End: place,
		Package: w.body.unit.path, Function: w.body.name,
	}
	w.observations = append(w.observations, o)
	return o
}

func (w *walker) has(kind eventKind) bool {
	for _, e := range w.events {
		if e.kind == kind {
			return true
		}
	}
	return false
}

// always tells whether an event is reached, and in states only that all fulfil a condition.
func (w *walker) always(number int, condition func(state) bool) bool {
	for _, now := range w.before[number] {
		if !condition(now) {
			return false
		}
	}
	return len(w.before[number]) > 0
}

// usedAfterPut finds uses that every path to them has put the value back before.
func (w *walker) usedAfterPut() {
	reported := map[int]bool{}
	for number, e := range w.events {
		if e.kind != uses && e.kind != gives {
			continue
		}
		if !w.always(number, func(s state) bool { return s.phase == isPut }) {
			continue
		}
		put := w.before[number][0].put
		if reported[put] || e.alias != nil && w.events[put].detaches {
			continue
		}
		if e.alias != nil && !w.boundBefore(e.alias, w.events[put].node) {
			continue
		}
		reported[put] = true
		if p := w.poolOfPut(put); p != nil {
			o := w.note("pool-used-after-put", p, e.node)
			if e.alias != nil {
				o.What = e.alias.Name()
				o.OtherType = w.variable.Name()
			}
			if e.kind == gives {
				o.Detail = "returned"
			}
			w.setOther(o, w.events[put].node)
		}
	}
}

// boundBefore tells whether a variable got its memory before a node, as the source reads.
func (w *walker) boundBefore(alias types.Object, node ast.Node) bool {
	before := false
	w.assignments(func(name *ast.Ident, value ast.Expr, number int) {
		before = before || w.objectOf(name) == alias && name.Pos() < node.Pos()
	})
	return before
}

func (w *walker) poolOfPut(number int) *pool {
	if pools := w.events[number].pools; len(pools) > 0 {
		return pools[0]
	}
	return w.poolOf(takes)
}

// returnedWithDeferredPut finds results that share memory with what a deferred Put puts back.
func (w *walker) returnedWithDeferredPut() {
	for number, e := range w.events {
		if e.kind != gives || !w.always(number, func(s state) bool {
			return (s.phase == held || s.phase == unclear) && (s.deferred == putsValue || s.deferred == putsVariable)
		}) {
			continue
		}
		for other, d := range w.events {
			p := w.poolOf(takes, puts)
			if d.kind == defersPut && p != nil && len(w.before[other]) > 0 {
				o := w.note("pool-used-after-put", p, e.node)
				o.What, o.Detail = w.text(w.body, e.node), "deferred"
				w.setOther(o, d.node)
				break
			}
		}
	}
}

// putTwice finds a Put of a value that every path to it has put back, or promised to.
func (w *walker) putTwice() {
	for number, e := range w.events {
		if e.kind != puts || !e.definite || w.has(replaces) {
			continue
		}
		p := w.poolOfPut(number)
		if p == nil {
			continue
		}
		switch {
		case w.always(number, func(s state) bool { return s.phase == isPut && s.put != number }):
			w.setOther(w.note("pool-put-twice", p, e.node), w.events[w.before[number][0].put].node)
		case w.always(number, func(s state) bool { return s.deferred == putsValue && s.phase != isPut }),
			w.always(number, func(s state) bool { return s.deferred == putsVariable && s.phase != isPut }) && w.staysPut(number):
			for _, d := range w.events {
				if d.kind == defersPut {
					o := w.note("pool-put-twice", p, e.node)
					o.Detail = "deferred"
					w.setOther(o, d.node)
					break
				}
			}
		}
	}
}

// staysPut tells whether the variable keeps the value until the function ends, on some path.
func (w *walker) staysPut(number int) bool {
	for _, exit := range w.exits {
		if exit.state.phase == isPut && exit.state.put == number && exit.isOrderly() {
			return true
		}
	}
	return false
}

// putOfNil finds a Put of a variable that was set to nil, or will be before a deferred Put.
func (w *walker) putOfNil() {
	if types.IsInterface(w.variable.Type()) {
		return // Put ignores a nil interface
	}
	for number, e := range w.events {
		if e.kind != puts || !w.always(number, func(s state) bool { return s.phase == nilled }) {
			continue
		}
		call, ok := e.node.(*ast.CallExpr)
		if p := w.poolOfPut(number); ok && p != nil && len(call.Args) == 1 && w.isPlain(call.Args[0]) {
			o := w.note("pool-put-of-nil", p, e.node)
			w.setOther(o, w.events[w.before[number][0].set].node)
		}
	}
	for _, exit := range w.exits {
		s := exit.state
		if !exit.isOrderly() || s.deferred != putsVariable || s.phase != nilled {
			continue
		}
		p := w.poolOf(takes, puts)
		if p == nil {
			continue
		}
		set := w.events[s.set].node
		if o := w.noteOnce("pool-put-of-nil", p, set.Pos()); o != nil {
			o.End = w.place(set.End())
			o.What, o.Detail = w.variable.Name(), "deferred"
			for _, d := range w.events {
				if d.kind == defersPut {
					w.setOther(o, d.node)
					break
				}
			}
		}
	}
}
