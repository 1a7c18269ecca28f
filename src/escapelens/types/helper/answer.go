package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"sync"
)

// answer is the reply to a request; a question that cannot be answered has a nil.
func answer(request Request) Reply {
	u := newUniverse(request)
	u.check()
	reply := Reply{
		Calls:        make([]*Call, len(request.Calls)),
		Stores:       make([][]Target, len(request.Stores)),
		Declarations: u.describe(request.Declarations),
		Declared:     map[string][]string{},
		Values:       make([]*Value, len(request.Values)),
		Types:        make([]*Value, len(request.Types)),
	}
	for i, name := range request.Types {
		reply.Types[i] = u.valueOfType(name)
	}
	for _, d := range reply.Declarations {
		if names := d.scope.Names(); len(names) > len(reply.Declared[d.Package]) {
			reply.Declared[d.Package] = names
		}
	}
	var all sync.WaitGroup
	if request.Pools {
		all.Add(1)
		go func() {
			defer all.Done()
			reply.Pools = u.pools()
		}()
	}
	implementers := newImplementers(u)
	for _, p := range u.order {
		if p.asked && p.types != nil {
			all.Add(1)
			go func(p *unit) {
				defer all.Done()
				u.parallel <- struct{}{}
				defer func() { <-u.parallel }()
				for _, s := range p.sources {
					if s.questions != nil && s.syntax != nil {
						read := &reader{u, p, s, s.cgoStarts(u.fset), implementers, &reply}
						ast.Walk(visitor{reader: read}, s.syntax)
					}
				}
			}(p)
		}
	}
	all.Wait()
	return reply
}

// valueOfType is a literal of a type, or nil where no package of that path declares it.
func (u *universe) valueOfType(name TypeName) *Value {
	p := u.packages[name.Package]
	if p == nil {
		return nil
	}
	declaring := p.types
	if !p.fromSource {
		declaring, _ = u.exports.load(name.Package)
	}
	if declaring == nil {
		return nil
	}
	object, ok := declaring.Scope().Lookup(name.Name).(*types.TypeName)
	if !ok {
		return nil
	}
	if named, ok := unalias(object.Type()).(*types.Named); ok && named.TypeParams().Len() > 0 {
		return nil
	}
	return u.ofType(object.Type())
}

// reader answers the questions about one file.
type reader struct {
	*universe
	unit         *unit
	source       *source
	cgoStarts    map[int]int
	implementers *implementers
	reply        *Reply
}

// visitor is a reader inside of a function.
type visitor struct {
	*reader
	function function
	// around are the node around the one that is visited, and the node around that.
	around [2]ast.Node
	// declaration is the declared function around it, or what declares a variable of the package.
	declaration ast.Decl
}

// function is a declared function or a function literal.
type function struct {
	node      ast.Node
	receiver  *ast.FieldList
	signature *ast.FuncType
}

// measureLater answers what the closure of a go or defer statement takes.
func (v visitor) measureLater(node ast.Node) {
	var call *ast.CallExpr
	switch node := node.(type) {
	case *ast.GoStmt:
		call = node.Call
	case *ast.DeferStmt:
		call = node.Call
	default:
		return
	}
	for _, number := range v.source.questions.values[v.spanOf(node)] {
		v.reply.Values[number] = &Value{Kind: "other", Memory: unknown, Object: v.later(call)}
	}
}

// Visit answers what is asked about a node.
func (v visitor) Visit(node ast.Node) ast.Visitor {
	if expression, ok := node.(ast.Expr); ok && len(v.source.questions.values) > 0 {
		for _, number := range v.source.questions.values[v.spanOf(expression)] {
			boxed, in := v.boxed(expression)
			if value := v.valueOf(boxed); value != nil {
				value.Interface = in
				v.reply.Values[number] = value
			}
		}
	}
	v.measureLater(node)
	v.around = [2]ast.Node{node, v.around[0]}
	switch node := node.(type) {
	case *ast.GenDecl:
		if v.declaration == nil {
			v.declaration = node
		}
	case *ast.FuncDecl:
		v.declaration = node
		v.function = function{node, node.Recv, node.Type}
	case *ast.FuncLit:
		v.function = function{node, nil, node.Type}
	case *ast.CallExpr:
		if at, ok := v.spot(node.Lparen); ok {
			for _, number := range v.source.questions.calls[at] {
				v.reply.Calls[number] = v.call(node)
			}
		}
	case *ast.AssignStmt:
		if at, ok := v.spot(node.TokPos); ok {
			for _, number := range v.source.questions.stores[at] {
				v.reply.Stores[number] = v.store(node)
			}
		}
	}
	return v
}

// spot is where the compiler says that a position is, if it speaks of this file.
func (r *reader) spot(pos token.Pos) (spot, bool) {
	position := r.fset.Position(pos)
	start, rewritten := r.cgoStarts[position.Line]
	known := position.Filename == r.source.path && !(rewritten && start < position.Column)
	return spot{position.Line, position.Column}, known
}

// write gives a type as a programmer writes it in this file. With tests, a package is there twice:
// as it is, and as its tests see it.
func (r *reader) write(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == r.unit.types.Path() {
			return ""
		}
		return r.localName(p)
	})
}

// localName is the name of a package in this file, or its own name where the file imports it not.
func (r *reader) localName(p *types.Package) string {
	for _, spec := range r.source.syntax.Imports {
		object := r.unit.info.Implicits[spec]
		if spec.Name != nil {
			object = r.unit.info.Defs[spec.Name]
		}
		name, ok := object.(*types.PkgName)
		switch {
		case !ok || name.Imported().Path() != p.Path() || name.Name() == "_":
		case name.Name() == ".":
			return ""
		default:
			return name.Name()
		}
	}
	return p.Name()
}
