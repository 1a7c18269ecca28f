package main

import (
	"go/ast"
	"go/types"
)

// store says where each left side of an assignment lies.
func (v visitor) store(node *ast.AssignStmt) []Target {
	targets := make([]Target, len(node.Lhs))
	for i, left := range node.Lhs {
		path := storePath{visitor: v, target: Target{Text: v.source.textOf(v.fset, left)}}
		for step := left; step != nil; {
			step = path.follow(step)
		}
		targets[i] = path.target
	}
	return targets
}

// storePath follows a left side from its outermost operation to the variable that it begins with.
type storePath struct {
	visitor
	target Target
	// settled says that the target's memory lies behind a reference; what follows leads there.
	settled bool
}

// follow notes what one operation tells, and gives its operand.
func (p *storePath) follow(step ast.Expr) ast.Expr {
	switch step := step.(type) {
	case *ast.Ident:
		p.root(step, step.Name)
	case *ast.SelectorExpr:
		selection := p.unit.info.Selections[step]
		if selection == nil {
			p.root(step.Sel, p.source.textOf(p.fset, step))
			return nil
		}
		p.field(selection)
		return step.X
	case *ast.IndexExpr:
		p.index(p.unit.info.Types[step.X].Type)
		return step.X
	case *ast.StarExpr:
		p.reference("pointer", p.unit.info.Types[step.X].Type)
		return step.X
	case *ast.ParenExpr:
		return step.X
	case *ast.SliceExpr:
		return step.X
	case *ast.TypeAssertExpr:
		return step.X
	}
	return nil
}

// field goes through the pointers on the way to a field, those of embedded structs included.
func (p *storePath) field(selection *types.Selection) {
	owner := selection.Recv()
	var pointer types.Type
	for i, field := range selection.Index() {
		if target := pointee(owner); target != owner {
			owner, pointer = target, owner
		}
		structure, ok := owner.Underlying().(*types.Struct)
		if !ok {
			p.reference("", nil)
			return
		}
		if i < len(selection.Index())-1 {
			owner = structure.Field(field).Type()
		}
	}
	if pointer != nil {
		p.reference("pointer", pointer)
	} else {
		p.part("field", owner)
	}
}

func (p *storePath) index(container types.Type) {
	if container == nil {
		p.reference("", nil)
		return
	}
	switch core(container).(type) {
	case *types.Slice:
		p.reference("slice", container)
	case *types.Map:
		p.reference("map", container)
	case *types.Pointer:
		p.reference("pointer", container)
	case *types.Array:
		p.part("array", container)
	default:
		p.reference("", nil)
	}
}

// reference settles where the memory lies, unless that is known; no kind means it never will be.
func (p *storePath) reference(kind string, container types.Type) {
	if !p.settled {
		p.settled = true
		p.target.Into, p.target.Container = kind, ""
		if kind != "" && container != nil {
			p.target.Container = p.write(container)
		}
	}
}

// part notes that the target is a part of what follows.
func (p *storePath) part(kind string, container types.Type) {
	if !p.settled && p.target.Into == "" {
		p.target.Into, p.target.Container = kind, p.write(container)
	}
}

// root ends at a variable.
func (p *storePath) root(name *ast.Ident, text string) {
	variable, ok := p.unit.info.ObjectOf(name).(*types.Var)
	if !ok || name.Name == "_" {
		return
	}
	p.target.Root, p.target.RootKind = text, p.function.kindOf(variable)
	switch {
	case p.settled:
	case p.target.RootKind == "global":
		p.target.Into = "global"
	case p.target.Into == "":
		p.target.Into = "local"
	}
}

// kindOf is what a variable is to a function.
func (f function) kindOf(variable *types.Var) string {
	within := func(node ast.Node) bool {
		return node.Pos() <= variable.Pos() && variable.Pos() < node.End()
	}
	switch {
	case variable.Pkg() != nil && variable.Parent() == variable.Pkg().Scope():
		return "global"
	case !within(f.node):
		return "captured"
	case f.receiver != nil && within(f.receiver):
		return "receiver"
	case within(f.signature.Params):
		return "parameter"
	case f.signature.Results != nil && within(f.signature.Results):
		return "result"
	}
	return "local"
}
