package main

import (
	"go/ast"
	"go/token"
	"go/types"
)

// role is what happens to a variable where its name stands, which is the last node of the path.
func (d *describer) role(name *ast.Ident) string {
	if _, ok := d.unit.info.Uses[name].(*types.Var); !ok {
		return "read"
	}
	var inner ast.Node = name
	whole := true
	for i := len(d.path) - 2; i >= 0; i-- {
		switch node := d.path[i].(type) {
		case *ast.ParenExpr:
			inner = node
			continue
		case *ast.SelectorExpr:
			if node.Sel == inner {
				// A field is as much a part of what stands before it.
				inner = node
				continue
			}
			selection := d.unit.info.Selections[node]
			if selection == nil || d.goesThroughPointer(node.X, selection) {
				return "read"
			}
			if method, ok := selection.Obj().(*types.Func); ok {
				return d.asReceiver(method, selection)
			}
			inner, whole = node, false
			continue
		case *ast.IndexExpr:
			if node.X != inner || !d.isArray(node.X) {
				return "read"
			}
			inner, whole = node, false
			continue
		case *ast.SliceExpr:
			if node.X == inner && d.isArray(node.X) {
				return "address"
			}
		case *ast.UnaryExpr:
			if node.Op == token.AND {
				return "address"
			}
		case *ast.IncDecStmt:
			return written(whole)
		case *ast.AssignStmt:
			for _, left := range node.Lhs {
				if left == inner {
					return written(whole)
				}
			}
		case *ast.RangeStmt:
			if node.Key == inner || node.Value == inner {
				return written(whole)
			}
		}
		return "read"
	}
	return "read"
}

func written(whole bool) string {
	if whole {
		return "write"
	}
	return "part"
}

// asReceiver tells whether the call of a method takes the address of its operand.
func (d *describer) asReceiver(method *types.Func, selection *types.Selection) string {
	receiver := method.Type().(*types.Signature).Recv()
	if receiver == nil || selection.Kind() != types.MethodVal {
		return "read"
	}
	if _, ok := unalias(receiver.Type()).(*types.Pointer); ok {
		return "receiver"
	}
	return "read"
}

// goesThroughPointer tells whether a field or method lies behind a pointer, the operand or one of
// the embedded fields on the way.
func (d *describer) goesThroughPointer(operand ast.Expr, selection *types.Selection) bool {
	owner := selection.Recv()
	path := selection.Index()
	for i := 0; ; i++ {
		if _, ok := owner.Underlying().(*types.Pointer); ok {
			return true
		}
		if i == len(path)-1 {
			return false
		}
		structure, ok := owner.Underlying().(*types.Struct)
		if !ok {
			return false
		}
		owner = structure.Field(path[i]).Type()
	}
}

func (d *describer) isArray(expression ast.Expr) bool {
	t := d.unit.info.Types[expression].Type
	if t == nil {
		return false
	}
	_, ok := core(t).(*types.Array)
	return ok
}
