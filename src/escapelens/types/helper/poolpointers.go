package main

import (
	"go/ast"
	"go/types"
)

// pointerEdits let a pool hold pointers to slices in place of slices.
func (s *poolScan) pointerEdits(p *pool) []Edit {
	if p.open || !p.isDeclared() || len(p.news) == 0 || len(p.gets) == 0 || len(p.given(s)) != 1 {
		return nil
	}
	if s.isNamedElsewhere(p) {
		return nil // where it gives slices still, as far as anybody knows
	}
	var edits []Edit
	pointers := map[*types.Var]string{}
	for _, n := range p.news {
		edit, ok := s.newPointer(p, n)
		if !ok {
			return nil
		}
		edits = append(edits, edit)
	}
	for _, c := range p.gets {
		t := s.takingOf(c)
		if c.through != "" || t == nil || !isSlice(c.asserted) || pointers[t.variable] != "" {
			return nil
		}
		name := fresh(c.body, "pooled", t.variable.Name()+"Pointer")
		if name == "" {
			return nil
		}
		pointers[t.variable] = name
		text := name + " := " + s.raw(c.body, t.assertion.X) + ".(*" + s.raw(c.body, t.assertion.Type) + ")" +
			s.between(c.body, t.list, t.statement) + t.variable.Name() + " := *" + name
		edits = append(edits, s.replace(t.statement.Pos(), t.statement.End(), text))
	}
	for _, c := range p.puts {
		name := pointers[carried(c.body.unit, c.value)]
		if c.through != "" || name == "" || !isSlice(c.body.unit.info.TypeOf(c.value)) {
			return nil
		}
		edit, ok := s.putPointer(c, name)
		if !ok {
			return nil
		}
		edits = append(edits, edit)
	}
	return edits
}

func (p *pool) given(s *poolScan) []givenTo { return s.given[s.key(p.object)] }

func isSlice(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := unalias(t).(*types.Slice)
	return ok
}

// newPointer makes New return the address of what it returns.
func (s *poolScan) newPointer(p *pool, n newFunction) (Edit, bool) {
	literal, ok := unparen(n.expr).(*ast.FuncLit)
	b := s.literals[literal]
	if !ok || b == nil || len(literal.Body.List) != 1 {
		return Edit{}, false
	}
	statement, ok := literal.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(statement.Results) != 1 || !isSlice(b.unit.info.TypeOf(statement.Results[0])) {
		return Edit{}, false
	}
	name := "b"
	if usesName(literal, name) {
		return Edit{}, false
	}
	text := name + " := " + s.raw(b, statement.Results[0]) + s.between(b, literal.Body, statement) + "return &" + name
	return s.replace(statement.Pos(), statement.End(), text), true
}

func usesName(root ast.Node, name string) bool {
	found := false
	ast.Inspect(root, func(node ast.Node) bool {
		if other, ok := node.(*ast.Ident); ok && other.Name == name {
			found = true
		}
		return !found
	})
	return found
}

// putPointer writes the slice through the pointer and puts that back.
func (s *poolScan) putPointer(c *poolCall, name string) (Edit, bool) {
	at := s.placed(c.body, c.call)
	if at == nil {
		return Edit{}, false
	}
	statement, list := at.statement()
	value := s.raw(c.body, c.value)
	store := "*" + name + " = " + value
	put := s.raw(c.body, c.call.Fun) + "(" + name + ")"
	switch statement := statement.(type) {
	case *ast.ExprStmt:
		if unparen(statement.X) != c.call {
			return Edit{}, false
		}
		return s.replace(statement.Pos(), statement.End(), store+s.between(c.body, list, statement)+put), true
	case *ast.DeferStmt:
		if statement.Call != c.call {
			return Edit{}, false
		}
		if _, plain := unparen(c.value).(*ast.Ident); plain {
			if v := carried(c.body.unit, c.value); v != nil && !onceAssigned(c.body, v) {
				line := s.between(c.body, list, statement)
				if line == "; " {
					return Edit{}, false
				}
				text := "defer func() {" + line + "\t" + store + line + "\t" + put + line + "}()"
				return s.replace(statement.Pos(), statement.End(), text), true
			}
			return s.replace(c.value.Pos(), c.value.End(), name), true
		}
		text := store + s.between(c.body, list, statement) + "defer " + put
		return s.replace(statement.Pos(), statement.End(), text), true
	}
	return Edit{}, false
}
