package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"runtime"
	"strconv"
	"strings"
)

// largestCopy is the size up to which a function literal holds a variable by value.
const largestCopy = 128

// closure is the memory of a function literal: a code pointer and what it captures, in the order of
// the source. A variable is held by reference if its address is taken, or if it is assigned to but
// in straight-line code in front of the first literal that holds it.
func (v visitor) closure(literal *ast.FuncLit) Memory {
	if v.declaration == nil || isGeneric(v.declaration) {
		return unknown // which may hold a dictionary too
	}
	changed := v.changed(v.declaration)
	var held []types.Type
	for _, variable := range v.captured(literal) {
		t := variable.Type()
		if changed[variable] && v.memory(t, 1).Size >= 0 {
			t = types.NewPointer(t)
		}
		held = append(held, t)
	}
	return v.closureOf(held)
}

// closureOf is the memory of a closure that holds values of these types, the large ones by reference.
func (v visitor) closureOf(held []types.Type) Memory {
	fields := []types.Type{types.Typ[types.Uintptr]}
	for _, t := range held {
		size := v.memory(t, 1).Size
		if size < 0 {
			return unknown
		}
		if size > largestCopy {
			t = types.NewPointer(t)
		}
		fields = append(fields, t)
	}
	first := v.inWords(structOf(fields))
	for i, j := 1, len(fields)-1; i < j; i, j = i+1, j-1 {
		fields[i], fields[j] = fields[j], fields[i]
	}
	if v.inWords(structOf(fields)) != first {
		return unknown // the order counts, which is the compiler's
	}
	return first
}

// inWords is the memory of a struct with a word in it, to the end of its last word.
func (v visitor) inWords(structure *types.Struct) Memory {
	memory := v.memory(structure, 1)
	if word := v.sizes.Sizeof(types.Typ[types.Uintptr]); memory.Size > 0 {
		memory.Size = (memory.Size + word - 1) / word * word
	}
	return memory
}

func structOf(parts []types.Type) *types.Struct {
	var fields []*types.Var
	for i, t := range parts {
		fields = append(fields, types.NewVar(0, nil, "X"+strconv.Itoa(i), t))
	}
	return types.NewStruct(fields, nil)
}

func isGeneric(declaration ast.Node) bool {
	function, ok := declaration.(*ast.FuncDecl)
	if !ok {
		return false
	}
	if function.Type.TypeParams != nil {
		return true
	}
	generic := false
	if function.Recv != nil {
		ast.Inspect(function.Recv, func(node ast.Node) bool {
			switch node.(type) {
			case *ast.IndexExpr, *ast.IndexListExpr:
				generic = true
			}
			return !generic
		})
	}
	return generic
}

// captured are the variables of functions around a literal that it names, in the order of the source.
func (v visitor) captured(literal *ast.FuncLit) []*types.Var {
	var found []*types.Var
	seen := map[*types.Var]bool{}
	ast.Inspect(literal.Body, func(node ast.Node) bool {
		name, ok := node.(*ast.Ident)
		if !ok {
			return true
		}
		variable, ok := v.unit.info.Uses[name].(*types.Var)
		if !ok || variable.IsField() || seen[variable] || variable.Pkg() == nil || name.Name == "_" ||
			variable.Parent() == variable.Pkg().Scope() || literal.Pos() <= variable.Pos() && variable.Pos() < literal.End() {
			return true
		}
		seen[variable] = true
		found = append(found, variable)
		return true
	})
	return found
}

// changed are the variables of a declaration that a literal can only hold by reference.
func (v visitor) changed(declaration ast.Node) map[*types.Var]bool {
	found := map[*types.Var]bool{}
	first := v.firstHeld(declaration)
	d := &describer{reader: v.reader}
	ast.Inspect(declaration, func(node ast.Node) bool {
		if node == nil {
			d.path = d.path[:len(d.path)-1]
			return true
		}
		d.path = append(d.path, node)
		switch node := node.(type) {
		case *ast.Ident:
			variable, ok := v.unit.info.Uses[node].(*types.Var)
			if role := d.role(node); ok && role != "read" && (role == "address" || statementEnd(d.path) > first[variable]) {
				found[variable] = true
			}
		case *ast.FuncType:
			if node.Results != nil { // a return statement assigns to them
				for _, field := range node.Results.List {
					for _, name := range field.Names {
						if variable, ok := v.unit.info.Defs[name].(*types.Var); ok {
							found[variable] = true
						}
					}
				}
			}
		case *ast.RangeStmt:
			for _, left := range []ast.Expr{node.Key, node.Value} {
				if name, ok := left.(*ast.Ident); ok && v.sharesTurns() {
					if variable, ok := v.unit.info.Defs[name].(*types.Var); ok {
						found[variable] = true
					}
				}
			}
		}
		return true
	})
	return found
}

// firstHeld tells where the first literal begins that holds a variable, whose assignments in front of
// it do not count (cmd/compile/internal/escape/expr.go, OCLOSURE); in a loop that does not declare
// the variable, all count.
func (v visitor) firstHeld(declaration ast.Node) map[*types.Var]token.Pos {
	found := map[*types.Var]token.Pos{}
	var path []ast.Node
	ast.Inspect(declaration, func(node ast.Node) bool {
		if node == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, node)
		name, ok := node.(*ast.Ident)
		if !ok {
			return true
		}
		variable, ok := v.unit.info.Uses[name].(*types.Var)
		if _, known := found[variable]; !ok || known {
			return true
		}
		inLoop := false
		for _, around := range path {
			switch around := around.(type) {
			case *ast.ForStmt:
				inLoop = inLoop || !isWithin(variable, around.Body)
			case *ast.RangeStmt:
				inLoop = inLoop || !isWithin(variable, around.Body)
			case *ast.FuncLit:
				if !isWithin(variable, around) {
					found[variable] = around.Pos()
					if inLoop {
						found[variable] = token.NoPos
					}
					return true
				}
				inLoop = false
			}
		}
		return true
	})
	return found
}

func isWithin(variable *types.Var, node ast.Node) bool {
	return node.Pos() <= variable.Pos() && variable.Pos() < node.End()
}

// statementEnd is the end of the innermost statement of a path.
func statementEnd(path []ast.Node) token.Pos {
	for i := len(path) - 1; i >= 0; i-- {
		if statement, ok := path[i].(ast.Stmt); ok {
			return statement.End()
		}
	}
	return token.NoPos
}

// sharesTurns tells whether all turns of a loop have one variable, as before Go 1.22.
func (v visitor) sharesTurns() bool {
	version := v.unit.GoVersion
	if version == "" {
		version = strings.TrimPrefix(runtime.Version(), "go")
	}
	parts := strings.Split(version, ".")
	if len(parts) < 2 || parts[0] != "1" {
		return false
	}
	minor, err := strconv.Atoi(parts[1])
	return err == nil && minor < 22
}
