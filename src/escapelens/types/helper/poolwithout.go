package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// withoutEdits make a new value in place of each Get. That is no loss only for values that own no
// memory besides their own.
func (s *poolScan) withoutEdits(p *pool) []Edit {
	if !p.isClosed() || len(p.news) != 1 || len(p.gets) == 0 || !s.makesZero(p.news[0]) {
		return nil
	}
	var edits []Edit
	taken := map[*types.Var]bool{}
	for _, c := range p.gets {
		t := s.takingOf(c)
		pointer, ok := c.asserted.(*types.Pointer)
		if c.through != "" || t == nil || !ok || pointerish(pointer.Elem()) {
			return nil
		}
		taken[t.variable] = true
		star, ok := unparen(t.assertion.Type).(*ast.StarExpr)
		if !ok {
			return nil
		}
		text := "new(" + s.raw(c.body, star.X) + ")"
		edits = append(edits, s.replace(t.assertion.Pos(), t.assertion.End(), text))
	}
	for _, c := range p.puts {
		name, ok := unparen(c.value).(*ast.Ident)
		at := s.placed(c.body, c.call)
		if c.through != "" || !ok || at == nil || !taken[carried(c.body.unit, name)] {
			return nil
		}
		statement, list := at.statement()
		switch statement := statement.(type) {
		case *ast.ExprStmt:
			ok = unparen(statement.X) == c.call
		case *ast.DeferStmt:
			ok = statement.Call == c.call
		default:
			ok = false
		}
		if !ok || s.between(c.body, list, statement) == "; " {
			return nil
		}
		edit, ok := s.lineOf(c.body, statement)
		if !ok {
			return nil
		}
		edits = append(edits, edit)
	}
	return edits
}

// declarationEdits delete a variable that is declared with its New and by itself, and tell whether
// nothing else in the file is of the package sync.
func (s *poolScan) declarationEdits(p *pool) ([]Edit, bool) {
	for _, source := range p.unit.sources {
		if source.syntax == nil {
			continue
		}
		for _, declaration := range source.syntax.Decls {
			d, ok := declaration.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR || d.Lparen.IsValid() || len(d.Specs) != 1 {
				continue
			}
			spec := d.Specs[0].(*ast.ValueSpec)
			if len(spec.Names) != 1 || p.unit.info.Defs[spec.Names[0]] != p.object || !holds(d, p.news[0].expr) {
				continue
			}
			edit, ok := s.paragraph(source, d.Pos(), d.End())
			if !ok || s.isNamedElsewhere(p) {
				return nil, false
			}
			return []Edit{edit}, !usesSyncOutside(p.unit, source.syntax, d)
		}
	}
	return nil, false
}

// isNamedElsewhere tells whether a file of the folder that was not read, such as a test or one for
// another system, has the name of the pool in it.
func (s *poolScan) isNamedElsewhere(p *pool) bool {
	read := map[string]bool{}
	for _, source := range p.unit.sources {
		read[filepath.Base(source.path)] = true
	}
	folder := filepath.Dir(s.fset.PositionFor(p.pos, false).Filename)
	entries, err := os.ReadDir(folder)
	name := regexp.MustCompile(`\b` + regexp.QuoteMeta(p.object.Name()) + `\b`)
	for _, entry := range entries {
		if read[entry.Name()] || filepath.Ext(entry.Name()) != ".go" {
			continue
		}
		text, unreadable := os.ReadFile(filepath.Join(folder, entry.Name()))
		if unreadable != nil || name.Match(text) {
			return true
		}
	}
	return err != nil
}

func holds(outer, inner ast.Node) bool {
	return outer.Pos() <= inner.Pos() && inner.End() <= outer.End()
}

// usesSyncOutside tells whether a file uses the package sync in other places than a declaration.
func usesSyncOutside(p *unit, file *ast.File, declaration ast.Node) bool {
	found := false
	ast.Inspect(file, func(node ast.Node) bool {
		if name, ok := node.(*ast.Ident); ok {
			imported, ok := p.info.Uses[name].(*types.PkgName)
			found = found || ok && imported.Imported().Path() == "sync" && !holds(declaration, name)
		}
		return !found
	})
	return found
}

// paragraph deletes whole lines, with the comment above them and the empty line behind them.
func (s *poolScan) paragraph(source *source, from, to token.Pos) (Edit, bool) {
	file, start := s.offset(from)
	_, end := s.offset(to)
	text := string(source.text)
	length := strings.IndexByte(text[end:], '\n') + 1
	rest := strings.TrimSpace(text[end : end+length])
	if length == 0 || rest != "" && !strings.HasPrefix(rest, "//") {
		return Edit{}, false
	}
	for {
		before := strings.LastIndexByte(strings.TrimSuffix(text[:start], "\n"), '\n') + 1
		if !strings.HasPrefix(text[before:start], "//") {
			break
		}
		start = before
	}
	end += length
	if strings.HasPrefix(text[end:], "\n") {
		end++
	}
	return Edit{file, start, end, ""}, true
}

// makesZero tells a New that returns new(T) or &T{}.
func (s *poolScan) makesZero(n newFunction) bool {
	switch e := n.made().(type) {
	case *ast.CallExpr:
		return makesPool(n.unit, e) // which is any call of new
	case *ast.UnaryExpr:
		composite, ok := unparen(e.X).(*ast.CompositeLit)
		return ok && e.Op == token.AND && len(composite.Elts) == 0
	}
	return false
}

// made is what a New that is a literal does nothing but return; nil for any other.
func (n newFunction) made() ast.Expr {
	literal, ok := unparen(n.expr).(*ast.FuncLit)
	if !ok || len(literal.Body.List) != 1 {
		return nil
	}
	statement, ok := literal.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(statement.Results) != 1 {
		return nil
	}
	return unparen(statement.Results[0])
}

// bypassEdits make a value in place of each Get, and drop what is put. Where what New returns
// cannot be written there, New is called, which is ugly but the same wherever the calls stand.
func (s *poolScan) bypassEdits(p *pool) []Edit {
	if len(p.news) == 0 || p.open {
		return nil
	}
	var edits []Edit
	for _, c := range append(append([]*poolCall{}, p.gets...), p.puts...) {
		selector, ok := unparen(c.call.Fun).(*ast.SelectorExpr)
		switch {
		case c.through != "":
		case !ok:
			return nil
		case c.value == nil && s.madeInPlace(p, c) != "":
			t := s.takingOf(c)
			edits = append(edits, s.replace(t.assertion.Pos(), t.assertion.End(), s.madeInPlace(p, c)))
		case c.value == nil:
			edits = append(edits, s.replace(selector.Sel.Pos(), selector.Sel.End(), "New"))
		default:
			edits = append(edits, s.replace(c.call.Fun.Pos(), c.call.Fun.End(), "(func(any) {})"))
		}
	}
	return edits
}

// madeInPlace is what New makes as it can be written in place of a Get; empty where it cannot.
func (s *poolScan) madeInPlace(p *pool, c *poolCall) string {
	t := s.takingOf(c)
	if len(p.news) != 1 || p.news[0].unit != c.body.unit || t == nil || c.asserted == nil {
		return ""
	}
	unit, made := c.body.unit, p.news[0].made()
	if made == nil || !types.Identical(unit.info.TypeOf(made), c.asserted) {
		return ""
	}
	scope := unit.types.Scope().Innermost(c.call.Pos())
	same := scope != nil
	ast.Inspect(made, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncLit:
			same = false
		case *ast.Ident:
			object := unit.info.Uses[node]
			if same && object != nil && object.Parent() != nil {
				_, seen := scope.LookupParent(node.Name, c.call.Pos())
				same = isSame(seen, object)
			}
		}
		return same
	})
	if !same {
		return ""
	}
	for _, source := range unit.sources {
		if source.syntax != nil && holds(source.syntax, made) {
			return source.textOf(s.fset, made)
		}
	}
	return ""
}

// isSame tells whether two names stand for the same; of a package, each file has a name of its own.
func isSame(some, other types.Object) bool {
	one, ok := some.(*types.PkgName)
	two, is := other.(*types.PkgName)
	if ok && is {
		return one.Imported() == two.Imported()
	}
	return some == other
}
