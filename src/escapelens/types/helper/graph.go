package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// graph is the control flow of one body. Literals in it are parts of the nodes that hold them.
type graph struct {
	blocks []*block
}

// block is a run of nodes without a branch.
type block struct {
	nodes []ast.Node
	next  []edge
	// exit is set where the function ends behind the nodes.
	exit exitKind
	// at is where it ends.
	at token.Pos
	// joins is the statement whose branches meet here.
	joins ast.Stmt
	// leaves is how the block leaves what is declared in a loop or another statement, if it does.
	leaves *departure
}

// departure is a break, a continue, a goto or the end of a turn of a loop.
type departure struct {
	at token.Pos
	// by is what the statement begins with; empty for the end of a turn.
	by token.Token
	// of is the node that is left, and with it all that is declared inside.
	of ast.Node
	// to is where a goto leads: it leaves what is not declared there.
	to token.Pos
}

// edge leads to the next block; condition is what was tested, and taken whether it held.
type edge struct {
	to        *block
	condition ast.Expr
	taken     bool
}

type exitKind int

const (
	noExit exitKind = iota
	returns
	panics
	ends    // the program, or the goroutine
	leaves  // what the variable is declared in
	retakes // the value, since the variable gets another one from a pool
)

// graphOf builds the control flow of a body once.
func (b *body) graphOf() *graph {
	if b.graph == nil {
		builder := &graphBuilder{info: b.unit.info, labels: map[string]*label{}, graph: &graph{}}
		builder.current = builder.newBlock()
		builder.statements(b.block.List)
		builder.exit(returns, b.block.Rbrace)
		b.graph = builder.graph
	}
	return b.graph
}

// label is where goto, break and continue lead.
type label struct {
	target, breaks, continues *block
	// whole and body are what break and continue leave.
	whole, body ast.Stmt
}

type graphBuilder struct {
	info    *types.Info
	graph   *graph
	current *block
	// targets are the enclosing loops, switches and selects, the innermost last.
	targets []label
	labels  map[string]*label
	// pending is the label of the statement that follows.
	pending string
	falls   *block
}

func (g *graphBuilder) newBlock() *block {
	b := &block{}
	g.graph.blocks = append(g.graph.blocks, b)
	return b
}

// join is a new block behind a statement with branches.
func (g *graphBuilder) join(s ast.Stmt) *block {
	b := g.newBlock()
	b.joins = s
	return b
}

func (g *graphBuilder) add(node ast.Node) {
	if node != nil {
		g.current.nodes = append(g.current.nodes, node)
	}
}

// jump ends the current block by an edge.
func (g *graphBuilder) jump(to *block) {
	g.current.next = append(g.current.next, edge{to: to})
}

func (g *graphBuilder) branch(condition ast.Expr, yes, no *block) {
	g.current.next = append(g.current.next, edge{yes, condition, true}, edge{no, condition, false})
}

// exit ends the function here; what follows cannot be reached.
func (g *graphBuilder) exit(kind exitKind, at token.Pos) {
	g.current.exit, g.current.at = kind, at
	g.current = g.newBlock()
}

func (g *graphBuilder) statements(list []ast.Stmt) {
	for _, statement := range list {
		g.statement(statement)
	}
}

func (g *graphBuilder) labelOf(name string) *label {
	if g.labels[name] == nil {
		g.labels[name] = &label{target: g.newBlock()}
	}
	return g.labels[name]
}

func (g *graphBuilder) statement(statement ast.Stmt) {
	switch statement.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
	default:
		g.pending = "" // only these can be left by their label
	}
	switch s := statement.(type) {
	case nil, *ast.EmptyStmt:
	case *ast.BlockStmt:
		g.statements(s.List)
	case *ast.LabeledStmt:
		l := g.labelOf(s.Label.Name)
		g.jump(l.target)
		g.current = l.target
		g.pending = s.Label.Name
		g.statement(s.Stmt)
		g.pending = ""
	case *ast.IfStmt:
		g.ifStatement(s)
	case *ast.ForStmt:
		g.forStatement(s)
	case *ast.RangeStmt:
		g.rangeStatement(s)
	case *ast.SwitchStmt:
		g.initial(s.Init)
		if s.Tag != nil {
			g.add(s.Tag)
		}
		g.cases(s, s.Body, s.Tag, s.Tag == nil)
	case *ast.TypeSwitchStmt:
		g.initial(s.Init)
		g.add(s.Assign)
		g.cases(s, s.Body, typeSwitchSubject(s.Assign), false)
	case *ast.SelectStmt:
		g.selectStatement(s)
	case *ast.ReturnStmt:
		g.add(s)
		g.exit(returns, s.Pos())
	case *ast.BranchStmt:
		g.branchStatement(s)
	case *ast.ExprStmt:
		g.add(s)
		if call, ok := unparen(s.X).(*ast.CallExpr); ok {
			if kind := endOf(g.info, call); kind != noExit {
				g.exit(kind, s.Pos())
			}
		}
	default:
		g.add(s)
	}
}

// initial adds the first statement of a loop or switch, whose label is not its own.
func (g *graphBuilder) initial(statement ast.Stmt) {
	pending := g.pending
	g.statement(statement)
	g.pending = pending
}

func (g *graphBuilder) ifStatement(s *ast.IfStmt) {
	g.statement(s.Init)
	g.add(s.Cond)
	yes, after := g.newBlock(), g.join(s)
	no := after
	if s.Else != nil {
		no = g.newBlock()
	}
	g.branch(s.Cond, yes, no)
	g.current = yes
	g.statement(s.Body)
	g.jump(after)
	if s.Else != nil {
		g.current = no
		g.statement(s.Else)
		g.jump(after)
	}
	g.current = after
}

// enter makes the targets of break and continue known; the returned function forgets them.
func (g *graphBuilder) enter(l label) func() {
	if g.pending != "" {
		l.target = g.labelOf(g.pending).target
		*g.labelOf(g.pending) = l
		g.pending = ""
	}
	g.targets = append(g.targets, l)
	return func() { g.targets = g.targets[:len(g.targets)-1] }
}

func (g *graphBuilder) forStatement(s *ast.ForStmt) {
	g.initial(s.Init)
	head, inside, post, after := g.newBlock(), g.newBlock(), g.newBlock(), g.join(s)
	g.jump(head)
	g.current = head
	if s.Cond != nil {
		g.add(s.Cond)
		g.branch(s.Cond, inside, after)
	} else {
		g.jump(inside)
	}
	leave := g.enter(label{breaks: after, continues: post, whole: s, body: s.Body})
	g.current = inside
	g.statement(s.Body)
	leave()
	g.endTurn(s.Body)
	g.jump(post)
	g.current = post
	g.statement(s.Post)
	g.jump(head)
	g.current = after
}

// rangeStatement visits the statement itself at each turn, as the place where it assigns.
func (g *graphBuilder) rangeStatement(s *ast.RangeStmt) {
	head, inside, after := g.newBlock(), g.newBlock(), g.join(s)
	g.add(s.X)
	g.jump(head)
	g.current = head
	g.current.next = []edge{{to: inside}, {to: after}}
	leave := g.enter(label{breaks: after, continues: head, whole: s, body: s.Body})
	g.current = inside
	g.add(&rangeTurn{s})
	g.statement(s.Body)
	leave()
	g.endTurn(s.Body)
	g.jump(head)
	g.current = after
}

func (g *graphBuilder) endTurn(body *ast.BlockStmt) {
	g.current.leaves = &departure{at: body.Rbrace, of: body}
}

// rangeTurn stands for what a range statement assigns at the begin of a turn.
type rangeTurn struct{ *ast.RangeStmt }

// cases are those of a switch; a condition that mentions nothing but its own case is enough.
func (g *graphBuilder) cases(whole ast.Stmt, list *ast.BlockStmt, subject ast.Expr, boolean bool) {
	head, after := g.current, g.join(whole)
	leave := g.enter(label{breaks: after, whole: whole})
	var bodies []*block
	for range list.List {
		bodies = append(bodies, g.newBlock())
	}
	hasDefault := false
	for i, statement := range list.List {
		clause := statement.(*ast.CaseClause)
		g.current = head
		condition := subject
		for _, expr := range clause.List {
			if _, isType := g.info.Types[expr]; isType && !g.info.Types[expr].IsType() {
				g.add(expr)
			}
		}
		if boolean && len(clause.List) > 0 {
			condition = clause.List[0]
			for _, other := range clause.List[1:] {
				condition = &ast.BinaryExpr{X: condition, Op: token.LOR, Y: other, OpPos: other.Pos()}
			}
		}
		hasDefault = hasDefault || clause.List == nil
		head.next = append(head.next, edge{bodies[i], condition, true})
		g.current = bodies[i]
		outer := g.falls
		g.falls = nil
		if i+1 < len(bodies) {
			g.falls = bodies[i+1]
		}
		g.statements(clause.Body)
		g.falls = outer
		g.jump(after)
	}
	if !hasDefault {
		head.next = append(head.next, edge{after, allConditions(list, subject, boolean), false})
	}
	leave()
	g.current = after
}

// allConditions is what does not hold where no case of a switch is taken.
func allConditions(list *ast.BlockStmt, subject ast.Expr, boolean bool) ast.Expr {
	if !boolean {
		return subject
	}
	var all ast.Expr
	for _, statement := range list.List {
		for _, expr := range statement.(*ast.CaseClause).List {
			if all == nil {
				all = expr
			} else {
				all = &ast.BinaryExpr{X: all, Op: token.LOR, Y: expr, OpPos: expr.Pos()}
			}
		}
	}
	return all
}

func typeSwitchSubject(assign ast.Stmt) ast.Expr {
	var subject ast.Expr
	switch s := assign.(type) {
	case *ast.ExprStmt:
		subject = s.X
	case *ast.AssignStmt:
		subject = s.Rhs[0]
	}
	if assertion, ok := unparen(subject).(*ast.TypeAssertExpr); ok {
		return assertion.X
	}
	return subject
}

func (g *graphBuilder) selectStatement(s *ast.SelectStmt) {
	head, after := g.current, g.join(s)
	leave := g.enter(label{breaks: after, whole: s})
	for _, statement := range s.Body.List {
		clause := statement.(*ast.CommClause)
		g.current = g.newBlock()
		head.next = append(head.next, edge{to: g.current})
		g.statement(clause.Comm)
		g.statements(clause.Body)
		g.jump(after)
	}
	if len(s.Body.List) == 0 {
		head.exit, head.at = ends, s.Pos()
	}
	leave()
	g.current = after
}

func (g *graphBuilder) branchStatement(s *ast.BranchStmt) {
	var to *block
	switch s.Tok {
	case token.GOTO:
		to = g.labelOf(s.Label.Name).target
		g.current.leaves = &departure{at: s.Pos(), by: s.Tok, to: g.info.Uses[s.Label].Pos()}
	case token.FALLTHROUGH:
		to = g.falls
	case token.BREAK:
		l := g.target(s.Label, func(l label) *block { return l.breaks })
		to = l.breaks
		g.current.leaves = &departure{at: s.Pos(), by: s.Tok, of: l.whole}
	case token.CONTINUE:
		l := g.target(s.Label, func(l label) *block { return l.continues })
		to = l.continues
		g.current.leaves = &departure{at: s.Pos(), by: s.Tok, of: l.body}
	}
	if to != nil {
		g.jump(to)
	}
	g.current = g.newBlock()
}

// target is what a break or continue leads to, which the type checker has seen to be there.
func (g *graphBuilder) target(name *ast.Ident, of func(label) *block) label {
	if name != nil {
		return *g.labelOf(name.Name)
	}
	for i := len(g.targets) - 1; i >= 0; i-- {
		if of(g.targets[i]) != nil {
			return g.targets[i]
		}
	}
	return label{}
}

// endOf tells a call that does not come back.
func endOf(info *types.Info, call *ast.CallExpr) exitKind {
	switch fun := unparen(call.Fun).(type) {
	case *ast.Ident:
		if info.Uses[fun] == types.Universe.Lookup("panic") {
			return panics
		}
		if function, ok := info.Uses[fun].(*types.Func); ok {
			return endOfFunction(function)
		}
	case *ast.SelectorExpr:
		if function, ok := info.Uses[fun.Sel].(*types.Func); ok {
			return endOfFunction(function)
		}
	}
	return noExit
}

func endOfFunction(function *types.Func) exitKind {
	switch fullName(function) {
	case "os.Exit", "syscall.Exit", "runtime.Goexit",
		"log.Fatal", "log.Fatalf", "log.Fatalln",
		"(*log.Logger).Fatal", "(*log.Logger).Fatalf", "(*log.Logger).Fatalln",
		"(*testing.common).Fatal", "(*testing.common).Fatalf", "(*testing.common).FailNow",
		"(*testing.common).Skip", "(*testing.common).Skipf", "(*testing.common).SkipNow":
		return ends
	case "log.Panic", "log.Panicf", "log.Panicln",
		"(*log.Logger).Panic", "(*log.Logger).Panicf", "(*log.Logger).Panicln":
		return panics
	}
	return noExit
}
