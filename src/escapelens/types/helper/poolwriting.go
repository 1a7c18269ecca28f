package main

import (
	"go/ast"
	"go/types"
)

// readMethod looks at a method of a buffer; path ends in the selector.
func (s *poolScan) readMethod(b *body, v *types.Var, path []ast.Node, all *contents) {
	selector := path[len(path)-1].(*ast.SelectorExpr)
	call, ok := path[len(path)-2].(*ast.CallExpr)
	function, isMethod := b.unit.info.Uses[selector.Sel].(*types.Func)
	if !ok || !isMethod || call.Fun != selector {
		all.unclear = true
		return
	}
	for _, one := range s.putBy(b.unit, call) {
		if one.value == selector.X {
			return
		}
	}
	if callee := s.callee(b.unit, call); callee != nil && callee.block != nil && callee.signature.Recv() != nil {
		s.readCallee(b, v, call, callee, 0, path, all)
		return
	}
	selection := b.unit.info.Selections[selector]
	if isBuffer := function.Pkg() != nil && function.Pkg().Path() == "bytes"; !isBuffer &&
		(selection == nil || !types.IsInterface(selection.Recv())) {
		all.unclear = true
		return
	}
	switch selector.Sel.Name {
	case "Write", "WriteString":
		varies := !isConstant(b.unit, call.Args)
		all.write(b, v, call, varies, varies && s.inUnboundedLoop(b, path))
	case "WriteByte", "WriteRune":
		all.write(b, v, call, true, s.inUnboundedLoop(b, path))
	case "ReadFrom":
		all.read(b, v, call, path)
	case "Bytes", "String", "Grow", "Available", "AvailableBuffer":
	case "Len", "Cap":
		all.measured = all.measured || !limitsNothing(b.unit, path[:len(path)-1])
	case "Reset", "WriteTo":
		all.emptied = true
	default:
		all.unclear = true
	}
}

// limitsNothing tells a size that is only made room for, or held against 0; path ends in its call.
func limitsNothing(p *unit, path []ast.Node) bool {
	switch parent := path[len(path)-2].(type) {
	case *ast.CallExpr:
		name, ok := unparen(parent.Fun).(*ast.Ident)
		return ok && p.info.Uses[name] == types.Universe.Lookup("make")
	case *ast.BinaryExpr:
		return isZero(p, parent.X) || isZero(p, parent.Y)
	}
	return false
}

// write notes that something is added, and whether as much as the input decides.
func (c *contents) write(b *body, v *types.Var, node ast.Node, varies, grows bool) {
	c.varies = c.varies || varies
	if c.written == nil {
		c.written, c.body, c.name = node, b, v.Name()
	}
	if grows && c.grown == nil {
		c.grown, c.in = node, ""
		c.body, c.name = b, v.Name()
	}
}

// read notes that all is added that a reader has. Where the function counts what it was, it may
// well know how much that can be.
func (c *contents) read(b *body, v *types.Var, call *ast.CallExpr, path []ast.Node) {
	c.write(b, v, call, true, !limitsReading(b))
	for i := len(path) - 1; i >= 0; i-- {
		switch node := path[i].(type) {
		case *ast.AssignStmt:
			name, ok := unparen(node.Lhs[0]).(*ast.Ident)
			c.measured = c.measured || !ok || name.Name != "_"
			return
		case ast.Stmt:
			return
		}
	}
}

func isConstant(p *unit, expressions []ast.Expr) bool {
	for _, expr := range expressions {
		if p.info.Types[expr].Value == nil {
			return false
		}
	}
	return true
}

// inLoop tells whether the last of the nodes stands in a loop of the same function.
func inLoop(path []ast.Node) bool {
	for i := len(path) - 1; i >= 0; i-- {
		switch path[i].(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return true
		case *ast.FuncLit:
			return false
		}
	}
	return false
}

// readCallee goes on in a function that gets the value as its parameter of that number.
func (s *poolScan) readCallee(
	b *body, v *types.Var, call *ast.CallExpr, callee *body, number int, path []ast.Node, all *contents,
) {
	if number >= len(callee.parameters) || callee.signature.Variadic() && number == len(callee.parameters)-1 {
		all.unclear = true
		return
	}
	parameter := callee.parameters[number]
	inside := s.inside[parameter]
	if inside == nil {
		inside = &contents{unread: true}
		s.inside[parameter] = inside
		s.readContents(callee, parameter, inside)
		inside.unclear = inside.unclear || isReturned(callee, parameter)
		inside.unread = false
		if inside.repeats && inside.varies && inside.grown == nil {
			inside.grown = inside.written
		}
	}
	if inside.unread && callee == b {
		inside.repeats = inside.repeats || s.inUnboundedLoop(b, path)
		return
	}
	all.measured, all.handed = all.measured || inside.measured, all.handed || inside.handed
	all.unclear = all.unclear || inside.unclear || inside.unread
	if isSliceLike(parameter.Type()) {
		return // a copy, which may grow for itself
	}
	all.emptied = all.emptied || inside.emptied
	if inside.written == nil {
		return
	}
	grows := inside.grown != nil || inside.varies && s.inUnboundedLoop(b, path)
	first := all.grown == nil
	all.write(b, v, call, inside.varies, grows)
	if first && inside.grown != nil {
		all.in = callee.name
	}
}

func isReturned(b *body, v *types.Var) bool {
	found := false
	inspectFunction(b.block, func(node ast.Node) {
		if r, ok := node.(*ast.ReturnStmt); ok {
			for _, result := range r.Results {
				found = found || carried(b.unit, result) == v
			}
		}
	})
	return found
}

// readArgument looks at a call that gets the variable, or what it points to.
func (s *poolScan) readArgument(
	b *body, v *types.Var, call *ast.CallExpr, argument ast.Node, path []ast.Node, whole bool, all *contents,
) {
	for _, one := range s.putBy(b.unit, call) {
		if one.value == argument {
			if deferred, ok := path[len(path)-1].(*ast.DeferStmt); ok && deferred.Call == call && whole {
				all.measured = true // what was put is the slice before it grew
			}
			return
		}
	}
	if b.unit.info.Types[call.Fun].IsType() {
		all.unclear = all.unclear || !isText(b.unit.info.TypeOf(call))
		return
	}
	if name, ok := unparen(call.Fun).(*ast.Ident); ok {
		if builtin, ok := b.unit.info.Uses[name].(*types.Builtin); ok {
			s.readBuiltin(b, v, call, builtin.Name(), argument, path, all)
			return
		}
	}
	if whole {
		return // who gets the slice cannot change how long the pooled one is
	}
	if callee := s.callee(b.unit, call); callee != nil && callee.block != nil {
		for i, given := range argumentsOf(b.unit, callee, call) {
			if given == argument {
				s.readCallee(b, v, call, callee, i, path, all)
			}
		}
		return
	}
	s.readWriter(b, v, call, argument, path, all)
}

func (s *poolScan) readBuiltin(
	b *body, v *types.Var, call *ast.CallExpr, name string, argument ast.Node, path []ast.Node, all *contents,
) {
	switch name {
	case "len", "cap":
		all.measured = all.measured || !limitsNothing(b.unit, append(path[:len(path):len(path)], call))
	case "append": // which the assignment of its result is looked at for
		if call.Args[0] != argument {
			return
		}
		if !isAssignedTo(b.unit, path, call, v) {
			all.unclear = true
		}
		many := s.appendsMany(b, call) && !(b.isGiven(v) && b.isGiven(carried(b.unit, call.Args[len(call.Args)-1])))
		all.write(b, v, call, !isConstant(b.unit, call.Args[1:]), many || s.inUnboundedLoop(b, path))
	case "copy", "clear", "print", "println":
	default:
		all.unclear = true
	}
}

// isGiven tells a parameter. What a function appends of one to another is up to its caller.
func (b *body) isGiven(v *types.Var) bool {
	for _, parameter := range b.parameters {
		if parameter == v {
			return true
		}
	}
	return false
}

// appendsMany tells append(v, others...), unless the source says how many they are.
func (s *poolScan) appendsMany(b *body, call *ast.CallExpr) bool {
	return call.Ellipsis.IsValid() && !s.isBounded(b, call.Args[len(call.Args)-1])
}

// readWriter looks at a call of a function that was not read, and gets the pointer to the value.
func (s *poolScan) readWriter(
	b *body, v *types.Var, call *ast.CallExpr, argument ast.Node, path []ast.Node, all *contents,
) {
	function, _ := staticObject(b.unit, call.Fun).(*types.Func)
	if function == nil || len(call.Args) == 0 || call.Args[0] != argument {
		all.handed = true
		return
	}
	loop := s.inUnboundedLoop(b, path)
	last := call.Args[len(call.Args)-1]
	switch fullName(function) {
	case "fmt.Fprint", "fmt.Fprintf", "fmt.Fprintln", "io.WriteString":
		varies := !isConstant(b.unit, call.Args[1:])
		all.write(b, v, call, varies, varies && (loop || s.appendsMany(b, call)))
	case "io.Copy", "io.CopyBuffer":
		all.read(b, v, call, path)
	case "io.CopyN", "encoding/binary.Write":
		all.write(b, v, call, true, loop)
	case "encoding/json.Indent", "encoding/json.Compact", "encoding/json.HTMLEscape":
		all.write(b, v, call, true, !s.isBounded(b, call.Args[1]))
	case "(*text/template.Template).Execute", "(*text/template.Template).ExecuteTemplate",
		"(*html/template.Template).Execute", "(*html/template.Template).ExecuteTemplate":
		all.write(b, v, call, true, loop || holdsMany(b.unit.info.TypeOf(last), 0))
	case "encoding/json.NewEncoder", "encoding/xml.NewEncoder", "encoding/gob.NewEncoder":
		s.readEncoder(b, v, call, path, all)
	default:
		all.handed = true
	}
}

// readEncoder looks at what is done with an encoder that writes to the variable.
func (s *poolScan) readEncoder(b *body, v *types.Var, made *ast.CallExpr, path []ast.Node, all *contents) {
	switch parent := path[len(path)-1].(type) {
	case *ast.SelectorExpr:
		s.readEncoding(b, v, path, all)
	case *ast.AssignStmt:
		encoder, ok := variableOf(b.unit, parent.Lhs[0]).(*types.Var)
		if !ok || len(parent.Lhs) != 1 || !onceAssigned(b, encoder) {
			all.unclear = true
			return
		}
		s.readUsesOfEncoder(b, v, encoder, all)
	default:
		all.unclear = true
	}
}

func (s *poolScan) readUsesOfEncoder(b *body, v, encoder *types.Var, all *contents) {
	var path []ast.Node
	ast.Inspect(b.block, func(node ast.Node) bool {
		if node == nil {
			path = path[:len(path)-1]
			return true
		}
		if name, ok := node.(*ast.Ident); ok && b.unit.info.Uses[name] == encoder {
			if _, ok := path[len(path)-1].(*ast.SelectorExpr); ok {
				s.readEncoding(b, v, path, all)
			} else {
				all.unclear = true
			}
		}
		path = append(path, node)
		return true
	})
}

// readEncoding looks at a method of an encoder; path ends in the selector.
func (s *poolScan) readEncoding(b *body, v *types.Var, path []ast.Node, all *contents) {
	selector := path[len(path)-1].(*ast.SelectorExpr)
	call, ok := path[len(path)-2].(*ast.CallExpr)
	if !ok || call.Fun != selector {
		all.unclear = true
		return
	}
	switch selector.Sel.Name {
	case "Encode":
		many := holdsMany(b.unit.info.TypeOf(call.Args[0]), 0)
		all.write(b, v, call, true, many || s.inUnboundedLoop(b, path))
	case "SetEscapeHTML", "SetIndent", "Indent", "Flush", "Close":
	default:
		all.unclear = true
	}
}
