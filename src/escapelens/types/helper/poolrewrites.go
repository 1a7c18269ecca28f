package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// Edit replaces the bytes from Start to End of a file.
type Edit struct {
	File  string `json:"file"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"new_text"`
}

// limit is the size up to which a rewrite keeps what has grown.
const limit = "64<<10"

// placed is a node with the nodes around it, the innermost last.
type placed struct {
	body *body
	node ast.Node
	path []ast.Node
}

// place finds a node of a body or of a literal in it.
func (s *poolScan) placed(b *body, wanted ast.Node) *placed {
	var path, found []ast.Node
	ast.Inspect(b.block, func(node ast.Node) bool {
		if node == nil {
			path = path[:len(path)-1]
			return true
		}
		if node == wanted && found == nil {
			found = append([]ast.Node{}, path...)
		}
		path = append(path, node)
		return true
	})
	if found == nil {
		return nil
	}
	return &placed{b, wanted, found}
}

// statement is the innermost statement of a list around the node, and what holds the list.
func (p *placed) statement() (ast.Stmt, ast.Node) {
	inner := p.node
	for i := len(p.path) - 1; i >= 0; i-- {
		if statement, ok := inner.(ast.Stmt); ok {
			switch list := p.path[i].(type) {
			case *ast.BlockStmt, *ast.CaseClause:
				return statement, list
			case *ast.CommClause:
				if list.Comm != statement {
					return statement, list
				}
			}
		}
		inner = p.path[i]
	}
	return nil, nil
}

// inLoop tells whether a loop of the same function is around the node.
func (p *placed) inLoop() bool { return inLoop(p.path) }

// inLiteral tells whether a function literal of the body is around the node.
func (p *placed) inLiteral() bool {
	for _, node := range p.path {
		if _, ok := node.(*ast.FuncLit); ok {
			return true
		}
	}
	return false
}

func (s *poolScan) offset(pos token.Pos) (string, int) {
	position := s.fset.PositionFor(pos, false)
	return position.Filename, position.Offset
}

func (s *poolScan) replace(from, to token.Pos, text string) Edit {
	file, start := s.offset(from)
	_, end := s.offset(to)
	return Edit{file, start, end, text}
}

// between is what separates two statements of a block: a line break with its indent, or `; `.
func (s *poolScan) between(b *body, list ast.Node, statement ast.Stmt) string {
	if s.fset.Position(list.Pos()).Line == s.fset.Position(statement.Pos()).Line {
		return "; "
	}
	return "\n" + s.indent(b, statement.Pos())
}

// indent is the white space that the line of a position begins with.
func (s *poolScan) indent(b *body, pos token.Pos) string {
	_, offset := s.offset(pos)
	start := strings.LastIndexByte(string(b.source.text[:offset]), '\n') + 1
	line := string(b.source.text[start:offset])
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// raw is the source of a node as it stands.
func (s *poolScan) raw(b *body, node ast.Node) string { return b.source.textOf(s.fset, node) }

// fresh is the first of some names that is not used in the file; empty if all are.
func fresh(b *body, names ...string) string {
	for _, name := range names {
		used := false
		ast.Inspect(b.source.syntax, func(node ast.Node) bool {
			if other, ok := node.(*ast.Ident); ok && other.Name == name {
				used = true
			}
			return !used
		})
		if !used && b.unit.types.Scope().Lookup(name) == nil {
			return name
		}
	}
	return ""
}

// taking is a statement `v := pool.Get().(T)`.
type taking struct {
	placed    *placed
	statement *ast.AssignStmt
	list      ast.Node
	assertion *ast.TypeAssertExpr
	variable  *types.Var
}

// takingOf is nil where a call of Get stands in any other way.
func (s *poolScan) takingOf(c *poolCall) *taking {
	at := s.placed(c.body, c.call)
	if at == nil {
		return nil
	}
	statement, list := at.statement()
	assignment, ok := statement.(*ast.AssignStmt)
	if !ok || assignment.Tok != token.DEFINE || len(assignment.Lhs) != 1 || len(assignment.Rhs) != 1 {
		return nil
	}
	assertion, ok := unparen(assignment.Rhs[0]).(*ast.TypeAssertExpr)
	if !ok || unparen(assertion.X) != c.call || assertion.Type == nil {
		return nil
	}
	v, ok := variableOf(c.body.unit, assignment.Lhs[0]).(*types.Var)
	if !ok {
		return nil
	}
	return &taking{at, assignment, list, assertion, v}
}

// resetEdits empty what a pool gives right after each Get.
func (s *poolScan) resetEdits(p *pool) []Edit {
	var edits []Edit
	for _, c := range p.gets {
		if c.through != "" {
			continue
		}
		t := s.takingOf(c)
		if t == nil {
			return nil
		}
		name := t.variable.Name()
		text := name + ".Reset()"
		if pointer, ok := unalias(c.asserted).(*types.Pointer); ok && isSliceLike(pointer.Elem()) {
			text = "*" + name + " = (*" + name + ")[:0]"
		} else if isSliceLike(c.asserted) {
			text = name + " = " + name + "[:0]"
		}
		end := t.statement.End()
		edits = append(edits, s.replace(end, end, s.between(c.body, t.list, t.statement)+text))
	}
	return edits
}

// deferEdits put a value back by a defer statement right after Get, and nowhere else.
func (w *walker) deferEdits() []Edit {
	var taken *ast.AssignStmt
	put := ""
	var edits []Edit
	for _, e := range w.events {
		switch e.kind {
		case takes:
			statement, ok := e.node.(*ast.AssignStmt)
			if !ok || taken != nil || len(statement.Lhs) != 1 || statement.Tok != token.DEFINE {
				return nil
			}
			taken = statement
		case puts:
			if call, ok := e.node.(*ast.CallExpr); !ok || w.methodValueOf(w.body.unit, call.Fun) != nil {
				return nil // its name may not be known yet where the value is taken
			}
			text := w.raw(w.body, e.node)
			at := w.placed(w.body, e.node)
			if put != "" && put != text || at == nil || at.inLiteral() {
				return nil
			}
			put = text
			statement, _ := at.statement()
			expression, ok := statement.(*ast.ExprStmt)
			if !ok || unparen(expression.X) != e.node {
				return nil
			}
			edit, ok := w.lineOf(w.body, expression)
			if !ok {
				return nil
			}
			edits = append(edits, edit)
		case nils, renews, replaces, defersPut, escapes:
			return nil
		}
	}
	if _, ok := w.variable.Type().Underlying().(*types.Pointer); !ok || taken == nil || put == "" || w.assigned() != 1 {
		return nil
	}
	at := w.placed(w.body, taken)
	if at == nil || at.inLoop() || w.takesAgain() {
		return nil
	}
	_, list := at.statement()
	end := taken.End()
	return append(edits, w.replace(end, end, w.between(w.body, list, taken)+"defer "+put))
}

// takesAgain tells whether a path leads back to where the value is taken, as a goto does.
func (w *walker) takesAgain() bool {
	for number, e := range w.events {
		if e.kind == takes && !w.always(number, func(s state) bool { return s.phase == unclear }) {
			return true
		}
	}
	return false
}

// assigned is how often the variable is assigned in its function and the literals in it.
func (w *walker) assigned() int {
	times := 0
	ast.Inspect(w.body.block, func(node ast.Node) bool {
		if assignment, ok := node.(*ast.AssignStmt); ok {
			for _, left := range assignment.Lhs {
				if w.objectOf(left) == w.variable {
					times++
				}
			}
		}
		return true
	})
	return times
}

// lineOf deletes a statement that has its line for itself.
func (s *poolScan) lineOf(b *body, statement ast.Stmt) (Edit, bool) {
	text := string(b.source.text)
	file, start := s.offset(statement.Pos())
	_, end := s.offset(statement.End())
	first := strings.LastIndexByte(text[:start], '\n') + 1
	length := strings.IndexByte(text[end:], '\n') + 1
	if strings.TrimSpace(text[first:start]) != "" || length == 0 || strings.TrimSpace(text[end:end+length]) != "" {
		return Edit{}, false
	}
	return Edit{file, first, end + length, ""}, true
}

// guardEdits put back only what has not grown too large.
func (s *poolScan) guardEdits(p *pool) []Edit {
	var edits []Edit
	for _, c := range p.puts {
		if c.through != "" {
			continue
		}
		name, ok := unparen(c.value).(*ast.Ident)
		at := s.placed(c.body, c.call)
		if !ok || at == nil {
			return nil
		}
		size := "cap(" + name.Name + ")"
		if pointer, ok := unalias(c.body.unit.info.TypeOf(name)).(*types.Pointer); ok {
			size = name.Name + ".Cap()"
			if isSliceLike(pointer.Elem()) {
				size = "cap(*" + name.Name + ")"
			}
		}
		statement, list := at.statement()
		line := s.between(c.body, list, statement)
		if line == "; " {
			return nil
		}
		put := s.raw(c.body, c.call)
		guarded := "if " + size + " <= " + limit + " {" + line + "\t" + put + line + "}"
		switch statement := statement.(type) {
		case *ast.ExprStmt:
			if unparen(statement.X) != c.call {
				return nil
			}
			edits = append(edits, s.replace(statement.Pos(), statement.End(), guarded))
		case *ast.DeferStmt:
			v, _ := c.body.unit.info.Uses[name].(*types.Var)
			if statement.Call != c.call || v == nil || !onceAssigned(c.body, v) {
				return nil
			}
			inner := strings.ReplaceAll(guarded, "\n", "\n\t")
			text := "defer func() {" + line + "\t" + inner + line + "}()"
			edits = append(edits, s.replace(statement.Pos(), statement.End(), text))
		default:
			return nil
		}
	}
	return edits
}

func onceAssigned(b *body, v *types.Var) bool {
	times := 0
	ast.Inspect(b.block, func(node ast.Node) bool {
		if assignment, ok := node.(*ast.AssignStmt); ok {
			for _, left := range assignment.Lhs {
				if name, ok := unparen(left).(*ast.Ident); ok && variableOf(b.unit, name) == v {
					times++
				}
			}
		}
		return true
	})
	return times <= 1
}
