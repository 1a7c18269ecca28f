package main

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"sort"
)

// describe gives the declarations that are asked for, and those that use what they declare.
func (u *universe) describe(asked []Spot) []*Declaration {
	all := []*Declaration{}
	var users map[token.Position][]use
	known := map[ast.Decl]*Declaration{}
	add := func(f *fileOf, decl ast.Decl) *Declaration {
		if known[decl] == nil {
			known[decl] = newDescriber(u, f, decl).describe()
			all = append(all, known[decl])
		}
		return known[decl]
	}
	addUsers := func(f *fileOf, decl ast.Decl) {
		described := add(f, decl)
		function, ok := decl.(*ast.FuncDecl)
		if !ok || described.Users != nil {
			return
		}
		object, _ := f.unit.info.Defs[function.Name].(*types.Func)
		if object == nil {
			return
		}
		if users == nil {
			users = u.usersOf()
		}
		described.Users = []Spot{}
		for _, use := range users[u.fset.PositionFor(object.Pos(), false)] {
			described.Users = append(described.Users, use.spot)
			add(use.file, use.decl)
		}
	}
	for _, spot := range asked {
		f, decl := u.declarationAt(spot)
		if f == nil {
			continue
		}
		add(f, decl)
		if spot.Users {
			addUsers(f, decl)
		}
		if spot.Callee {
			if f, decl := u.calleeAt(f, decl, spot.Offset); f != nil {
				addUsers(f, decl)
			}
		}
	}
	return all
}

// calleeAt finds the declaration of the function that what stands at an offset is an argument of.
func (u *universe) calleeAt(f *fileOf, decl ast.Decl, offset int) (*fileOf, ast.Decl) {
	var called ast.Expr
	ast.Inspect(decl, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok {
			for _, argument := range call.Args {
				if u.offset(argument.Pos()) <= offset && offset < u.offset(argument.End()) {
					called = call.Fun
				}
			}
		}
		return true
	})
	var name *ast.Ident
	switch called := called.(type) {
	case *ast.Ident:
		name = called
	case *ast.SelectorExpr:
		name = called.Sel
	}
	if name == nil {
		return nil, nil
	}
	object, ok := f.unit.info.Uses[name].(*types.Func)
	if !ok {
		return nil, nil
	}
	declared := u.fset.PositionFor(object.Origin().Pos(), false)
	return u.declarationAt(Spot{File: declared.Filename, Offset: declared.Offset})
}

// fileOf is a file of a package that was checked.
type fileOf struct {
	unit   *unit
	source *source
}

// declarationAt finds the top-level declaration around an offset.
func (u *universe) declarationAt(spot Spot) (*fileOf, ast.Decl) {
	for _, p := range u.order {
		if p.types == nil || p.info == nil {
			continue
		}
		for _, s := range p.sources {
			if s.path != spot.File || s.syntax == nil || s.questions == nil && !s.whole {
				continue
			}
			if decl := u.declarationIn(s, spot.Offset); decl != nil {
				return &fileOf{p, s}, decl
			}
		}
	}
	return nil, nil
}

func (u *universe) declarationIn(s *source, offset int) ast.Decl {
	for _, decl := range s.syntax.Decls {
		if u.offset(decl.Pos()) <= offset && offset < u.offset(decl.End()) {
			return decl
		}
	}
	return nil
}

// offset is where a position lies in its file, whatever a //line directive says.
func (u *universe) offset(pos token.Pos) int { return u.fset.PositionFor(pos, false).Offset }

// use is one place that uses a function.
type use struct {
	file *fileOf
	decl ast.Decl
	spot Spot
}

// usersOf indexes all uses of functions in the files that were read whole, by the place where the
// function is declared: variants of a package declare it anew, at the same place.
func (u *universe) usersOf() map[token.Position][]use {
	found := map[token.Position][]use{}
	seen := map[string]bool{}
	for _, p := range u.order {
		if p.types == nil || p.info == nil {
			continue
		}
		for _, s := range p.sources {
			if s.syntax == nil || !s.whole || seen[s.path] {
				continue
			}
			seen[s.path] = true
			for _, decl := range s.syntax.Decls {
				ast.Inspect(decl, func(node ast.Node) bool {
					name, ok := node.(*ast.Ident)
					if !ok {
						return true
					}
					if object, ok := p.info.Uses[name].(*types.Func); ok {
						declared := u.fset.PositionFor(object.Origin().Pos(), false)
						spot := Spot{File: s.path, Offset: u.offset(name.Pos())}
						found[declared] = append(found[declared], use{&fileOf{p, s}, decl, spot})
					}
					return true
				})
			}
		}
	}
	for _, uses := range found {
		sort.SliceStable(uses, func(i, j int) bool {
			a, b := uses[i].spot, uses[j].spot
			return a.File < b.File || a.File == b.File && a.Offset < b.Offset
		})
	}
	return found
}

// describer gathers what is known of one declaration.
type describer struct {
	*reader
	decl    ast.Decl
	result  *Declaration
	types   map[types.Type]int
	objects map[types.Object]int
	path    []ast.Node
}

func newDescriber(u *universe, f *fileOf, decl ast.Decl) *describer {
	return &describer{
		reader:  &reader{universe: u, unit: f.unit, source: f.source},
		decl:    decl,
		types:   map[types.Type]int{},
		objects: map[types.Object]int{},
		result: &Declaration{
			File:        f.source.path,
			Start:       u.offset(decl.Pos()),
			End:         u.offset(decl.End()),
			Package:     f.unit.path,
			Imports:     map[string]string{},
			Function:    -1,
			scope:       f.unit.types.Scope(),
			Types:       []*TypeFacts{},
			Objects:     []Object{},
			Names:       []Name{},
			Expressions: []Expression{},
		},
	}
}

func (d *describer) describe() *Declaration {
	for _, spec := range d.source.syntax.Imports {
		object := d.unit.info.Implicits[spec]
		if spec.Name != nil {
			object = d.unit.info.Defs[spec.Name]
		}
		if name, ok := object.(*types.PkgName); ok {
			d.result.Imports[name.Name()] = name.Imported().Path()
		}
	}
	if function, ok := d.decl.(*ast.FuncDecl); ok {
		if object := d.unit.info.Defs[function.Name]; object != nil {
			d.result.Function = d.object(object)
		}
	}
	ast.Inspect(d.decl, func(node ast.Node) bool {
		if node == nil {
			d.path = d.path[:len(d.path)-1]
			return true
		}
		d.path = append(d.path, node)
		if name, ok := node.(*ast.Ident); ok {
			d.name(name)
		}
		if expression, ok := node.(ast.Expr); ok {
			d.expression(expression)
		}
		return true
	})
	return d.result
}

func (d *describer) name(name *ast.Ident) {
	object, role := d.unit.info.Defs[name], "declare"
	if object == nil {
		object, role = d.unit.info.Uses[name], d.role(name)
	}
	if object == nil || name.Name == "_" {
		return
	}
	d.result.Names = append(d.result.Names, Name{
		d.offset(name.Pos()), d.object(object), role, d.isIndirect(name),
	})
}

// isIndirect tells whether a name, the last node of the path, selects a field behind a pointer.
func (d *describer) isIndirect(name *ast.Ident) bool {
	if len(d.path) < 2 {
		return false
	}
	selector, ok := d.path[len(d.path)-2].(*ast.SelectorExpr)
	if !ok || selector.Sel != name {
		return false
	}
	selection := d.unit.info.Selections[selector]
	return selection != nil && d.goesThroughPointer(selector.X, selection)
}

func (d *describer) expression(expression ast.Expr) {
	facts, ok := d.unit.info.Types[expression]
	if !ok || facts.Type == nil {
		return
	}
	value := ""
	if facts.Value != nil {
		value = facts.Value.ExactString()
		if facts.Value.Kind() == constant.String && len(value) > 200 {
			value = "string"
		}
	}
	d.result.Expressions = append(d.result.Expressions, Expression{
		d.offset(expression.Pos()), d.offset(expression.End()), d.typ(facts.Type), value,
	})
}

// object gives the number of what a name stands for.
func (d *describer) object(object types.Object) int {
	switch o := object.(type) {
	case *types.Func:
		object = o.Origin()
	case *types.Var:
		object = o.Origin()
	}
	if number, ok := d.objects[object]; ok {
		return number
	}
	number := len(d.result.Objects)
	d.objects[object] = number
	described := Object{Name: object.Name(), Type: -1, Offset: -1}
	d.result.Objects = append(d.result.Objects, described)
	if object.Pkg() != nil {
		described.Package = object.Pkg().Path()
	}
	if position := d.fset.PositionFor(object.Pos(), false); position.IsValid() {
		described.File, described.Offset = position.Filename, position.Offset
	}
	described.Kind = kindOfObject(object)
	switch o := object.(type) {
	case *types.Var:
		if !o.IsField() {
			described.Role = d.roleOfVariable(o)
		}
	case *types.Func:
		if receiver := o.Type().(*types.Signature).Recv(); receiver != nil {
			_, described.Pointer = unalias(receiver.Type()).(*types.Pointer)
			described.Interface = types.IsInterface(receiver.Type())
		}
	}
	if t := object.Type(); t != nil && t != types.Typ[types.Invalid] {
		described.Type = d.typ(t)
	}
	d.result.Objects[number] = described
	return number
}

func kindOfObject(object types.Object) string {
	switch o := object.(type) {
	case *types.Var:
		if o.IsField() {
			return "field"
		}
		return "var"
	case *types.Func:
		if o.Type().(*types.Signature).Recv() != nil {
			return "method"
		}
		return "func"
	case *types.TypeName:
		return "type"
	case *types.Const:
		return "const"
	case *types.PkgName:
		return "package"
	case *types.Builtin:
		return "builtin"
	case *types.Nil:
		return "nil"
	}
	return "label"
}

// roleOfVariable tells a parameter of a function literal from one of the function itself by its
// place only: both are parameters.
func (d *describer) roleOfVariable(variable *types.Var) string {
	if variable.Pkg() != nil && variable.Parent() == variable.Pkg().Scope() {
		return "global"
	}
	role := "local"
	ast.Inspect(d.decl, func(node ast.Node) bool {
		within := func(fields *ast.FieldList) bool {
			return fields != nil && fields.Pos() <= variable.Pos() && variable.Pos() < fields.End()
		}
		switch node := node.(type) {
		case *ast.FuncDecl:
			if within(node.Recv) {
				role = "receiver"
			}
		case *ast.FuncType:
			switch {
			case within(node.Params):
				role = "parameter"
			case within(node.Results):
				role = "result"
			}
		}
		return role == "local"
	})
	return role
}
