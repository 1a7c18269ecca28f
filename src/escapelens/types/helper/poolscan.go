package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// key is where something is declared: the same for a package and its test variant.
type key struct {
	file   string
	offset int
}

// poolScan holds what is known of all pools while they are looked for.
type poolScan struct {
	*universe
	units  []*unit
	bodies map[key]*body
	// order has all bodies, those of function literals too, in the order of the source.
	order       []*body
	literals    map[*ast.FuncLit]*body
	fieldOwners map[key]string
	// given are the expressions whose value a variable of a pool's or a pool pointer's type gets.
	given map[key][]givenTo
	news  map[key][]newFunction
	byKey map[key]*pool
	// methods are the variables that may hold a method of a pool.
	methods   map[key]*methodValue
	pools     []*pool
	summaries map[*body]*summary
	variables map[*body][]*types.Var
	// inside is what functions do with what they are given, by their parameters.
	inside       map[*types.Var]*contents
	observations []*Observation
	seen         map[mark]bool
}

// mark tells an observation from all others.
type mark struct {
	finding, what string
	place         Place
}

type givenTo struct {
	unit *unit
	expr ast.Expr
	pos  token.Pos
}

// body is the body of a declared function or of a function literal.
type body struct {
	unit   *unit
	source *source
	node   ast.Node
	block  *ast.BlockStmt
	// name is that of the declared function around it, as the compiler names it.
	name     string
	outer    *body
	function *types.Func
	// parameters begin with the receiver, if there is one.
	parameters []*types.Var
	results    []*types.Var
	signature  *types.Signature
	graph      *graph
}

func newPoolScan(u *universe) *poolScan {
	s := &poolScan{
		universe:    u,
		bodies:      map[key]*body{},
		literals:    map[*ast.FuncLit]*body{},
		fieldOwners: map[key]string{},
		given:       map[key][]givenTo{},
		news:        map[key][]newFunction{},
		byKey:       map[key]*pool{},
		methods:     map[key]*methodValue{},
		summaries:   map[*body]*summary{},
		variables:   map[*body][]*types.Var{},
		inside:      map[*types.Var]*contents{},
		seen:        map[mark]bool{},
	}
	for _, p := range u.order {
		if p.pooled && p.types != nil && p.info != nil {
			s.units = append(s.units, p)
		}
	}
	return s
}

func (s *poolScan) key(object types.Object) key {
	if object == nil || !object.Pos().IsValid() {
		return key{}
	}
	position := s.fset.PositionFor(object.Pos(), false)
	return key{position.Filename, position.Offset}
}

// place is a position as the compiler prints it.
func (s *poolScan) place(pos token.Pos) Place {
	position := s.fset.Position(pos)
	return Place{position.Filename, position.Line, position.Column}
}

// collect reads all declarations and what is assigned to pools, every file once.
func (s *poolScan) collect() {
	read := map[string]bool{}
	var declared []*body
	for _, p := range s.units {
		for _, file := range p.sources {
			if file.syntax == nil || read[file.path] {
				continue
			}
			read[file.path] = true
			declared = append(declared, s.collectFile(p, file)...)
		}
	}
	// All functions are known before any call is looked at.
	for _, b := range declared {
		s.collectNodes(b, b.node)
	}
}

// collectFile finds the functions and types of a file, and gives its declarations.
func (s *poolScan) collectFile(p *unit, file *source) []*body {
	var declared []*body
	for _, decl := range file.syntax.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			function, _ := p.info.Defs[decl.Name].(*types.Func)
			if function == nil {
				continue
			}
			b := s.newBody(p, file, decl, decl.Body, nil, function.Type().(*types.Signature))
			b.function, b.name = function, functionName(function)
			s.bodies[s.key(function)] = b
			declared = append(declared, b)
		case *ast.GenDecl:
			s.collectOwners(p, decl)
			declared = append(declared, &body{unit: p, source: file, node: decl})
		}
	}
	return declared
}

func (s *poolScan) newBody(
	p *unit, file *source, node ast.Node, block *ast.BlockStmt, outer *body, signature *types.Signature,
) *body {
	b := &body{unit: p, source: file, node: node, block: block, outer: outer, signature: signature}
	if signature.Recv() != nil {
		b.parameters = append(b.parameters, signature.Recv())
	}
	for i := 0; i < signature.Params().Len(); i++ {
		b.parameters = append(b.parameters, signature.Params().At(i))
	}
	for i := 0; i < signature.Results().Len(); i++ {
		b.results = append(b.results, signature.Results().At(i))
	}
	if block != nil {
		s.order = append(s.order, b)
	}
	return b
}

// collectOwners finds the named types of struct fields.
func (s *poolScan) collectOwners(p *unit, decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		named, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		ast.Inspect(named.Type, func(node ast.Node) bool {
			if structure, ok := node.(*ast.StructType); ok {
				for _, field := range structure.Fields.List {
					for _, name := range field.Names {
						s.fieldOwners[s.key(p.info.Defs[name])] = named.Name.Name
					}
				}
			}
			return true
		})
		if t, ok := p.info.TypeOf(named.Name).(*types.Named); ok {
			if structure, ok := t.Underlying().(*types.Struct); ok {
				for i := 0; i < structure.NumFields(); i++ {
					s.fieldOwners[s.key(structure.Field(i))] = named.Name.Name
				}
			}
		}
	}
}

// collectNodes looks through a function or declaration, and through the literals in it.
func (s *poolScan) collectNodes(b *body, root ast.Node) {
	info := b.unit.info
	ast.Inspect(root, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncLit:
			signature, ok := info.TypeOf(node).(*types.Signature)
			if !ok {
				return false
			}
			inner := s.newBody(b.unit, b.source, node, node.Body, b, signature)
			inner.name = b.name
			s.literals[node] = inner
			s.collectNodes(inner, node.Body)
			return false
		case *ast.ValueSpec:
			for i, name := range node.Names {
				if len(node.Values) == len(node.Names) {
					s.give(b.unit, info.Defs[name], node.Values[i])
					s.giveMethod(b.unit, info.Defs[name], node.Values[i])
				}
				s.declare(b.unit, info.Defs[name])
			}
		case *ast.Field:
			for _, name := range node.Names {
				s.declare(b.unit, info.Defs[name])
			}
			if len(node.Names) == 0 { // an embedded field is declared by its type's name
				s.declareEmbedded(b.unit, node)
			}
		case *ast.AssignStmt:
			s.collectAssignment(b, node)
		case *ast.RangeStmt:
			if node.Value != nil {
				s.give(b.unit, variableOf(b.unit, node.Value), node.X)
			}
		case *ast.CompositeLit:
			s.collectLiteral(b, node)
		case *ast.CallExpr:
			if callee := s.callee(b.unit, node); callee != nil {
				for i, parameter := range callee.ordinaryParameters() {
					if i < len(node.Args) {
						s.give(b.unit, parameter, node.Args[i])
					}
				}
			}
		}
		return true
	})
}

func (b *body) ordinaryParameters() []*types.Var {
	if b.signature.Recv() != nil {
		return b.parameters[1:]
	}
	return b.parameters
}

func (s *poolScan) collectAssignment(b *body, node *ast.AssignStmt) {
	if len(node.Lhs) != len(node.Rhs) {
		for _, left := range node.Lhs {
			s.give(b.unit, variableOf(b.unit, left), node.Rhs[0]) // a call, whose results are looked at
			s.giveMethod(b.unit, variableOf(b.unit, left), node.Rhs[0])
		}
		return
	}
	for i, left := range node.Lhs {
		if selector, ok := unparen(left).(*ast.SelectorExpr); ok && isNewField(b.unit, selector) {
			if v := variableOf(b.unit, selector.X); v != nil {
				s.news[s.key(v)] = append(s.news[s.key(v)], newFunction{b.unit, node.Rhs[i]})
			}
			continue
		}
		v := variableOf(b.unit, left)
		s.give(b.unit, v, node.Rhs[i])
		s.giveMethod(b.unit, v, node.Rhs[i])
		s.declare(b.unit, v)
	}
}

// collectLiteral gives the fields of a struct literal their values.
func (s *poolScan) collectLiteral(b *body, node *ast.CompositeLit) {
	t := b.unit.info.TypeOf(node)
	if t == nil || isPool(t) {
		return
	}
	structure, ok := t.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, element := range node.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if name, ok := pair.Key.(*ast.Ident); ok {
				s.give(b.unit, b.unit.info.Uses[name], pair.Value)
			}
		} else if i < structure.NumFields() {
			s.give(b.unit, structure.Field(i), element)
		}
	}
}

// give notes that a variable gets a value, if it is one of a pool.
func (s *poolScan) give(p *unit, object types.Object, value ast.Expr) {
	v, ok := object.(*types.Var)
	if !ok || !holdsPool(v.Type()) {
		return
	}
	k := s.key(v.Origin())
	s.given[k] = append(s.given[k], givenTo{p, value, v.Pos()})
}

// declare makes a variable that is a pool known even if nobody uses it.
func (s *poolScan) declare(p *unit, object types.Object) {
	if v, ok := object.(*types.Var); ok && isPool(elementOfContainer(v.Type())) {
		s.poolAt(p, v.Origin())
	}
}

func (s *poolScan) declareEmbedded(p *unit, field *ast.Field) {
	t := field.Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	name, ok := t.(*ast.Ident)
	if selector, isSelector := t.(*ast.SelectorExpr); isSelector {
		name, ok = selector.Sel, true
	}
	if ok {
		s.declare(p, p.info.Defs[name])
	}
}

// poolAt is the pool that a variable is.
func (s *poolScan) poolAt(p *unit, v *types.Var) *pool {
	k := s.key(v)
	if s.byKey[k] == nil {
		s.byKey[k] = &pool{object: v, unit: s.owner(p, v), pos: v.Pos()}
		s.pools = append(s.pools, s.byKey[k])
	}
	return s.byKey[k]
}

// owner is the package that declares a variable.
func (s *poolScan) owner(p *unit, v *types.Var) *unit {
	if v.Pkg() == nil || v.Pkg() == p.types {
		return p
	}
	for _, other := range s.units {
		if other.types == v.Pkg() {
			return other
		}
	}
	return p
}

func isNewField(p *unit, selector *ast.SelectorExpr) bool {
	v, ok := p.info.Uses[selector.Sel].(*types.Var)
	return ok && v.IsField() && v.Name() == "New" && v.Pkg() != nil && v.Pkg().Path() == "sync"
}

// inspectFunction visits the nodes of a body, but not those of function literals in it.
func inspectFunction(root ast.Node, visit func(ast.Node)) {
	ast.Inspect(root, func(node ast.Node) bool {
		if node == nil {
			return false
		}
		if _, ok := node.(*ast.FuncLit); ok && node != root {
			return false
		}
		visit(node)
		return true
	})
}

// text is the source of a node, on one line; of a function literal with several statements, those
// are left out.
func (s *poolScan) text(b *body, node ast.Node) string {
	var long []*ast.BlockStmt
	ast.Inspect(node, func(inner ast.Node) bool {
		literal, ok := inner.(*ast.FuncLit)
		if ok && len(literal.Body.List) > 1 {
			long = append(long, literal.Body)
		}
		return !ok
	})
	text := b.source.textOf(s.fset, node)
	for i := len(long) - 1; i >= 0; i-- {
		text = text[:long[i].Lbrace+1-node.Pos()] + " … " + text[long[i].Rbrace-node.Pos():]
	}
	return strings.Join(strings.Fields(text), " ")
}
