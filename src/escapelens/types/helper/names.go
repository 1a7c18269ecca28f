package main

import "go/types"

// receiverOf gives the named type of a method's receiver, or nil, and whether it is a pointer.
func receiverOf(function *types.Func) (named *types.Named, pointer bool) {
	receiver := function.Type().(*types.Signature).Recv()
	if receiver == nil {
		return nil, false
	}
	t := unalias(receiver.Type())
	if p, ok := t.(*types.Pointer); ok {
		t, pointer = unalias(p.Elem()), true
	}
	named, _ = t.(*types.Named)
	return named, pointer
}

// functionName is F, T.M or (*T).M, as the compiler says it in the function's package.
func functionName(function *types.Func) string {
	if named, pointer := receiverOf(function); pointer && named != nil {
		return "(*" + named.Obj().Name() + ")." + function.Name()
	}
	return plainName(function)
}

// plainName is F or T.M, as declaredName has it.
func plainName(function *types.Func) string {
	if named, _ := receiverOf(function); named != nil {
		return named.Obj().Name() + "." + function.Name()
	}
	return function.Name()
}

// fullName is path.F, (path.T).M or (*path.T).M.
func fullName(function *types.Func) string {
	path := packagePath(function)
	if path != "" {
		path += "."
	}
	named, pointer := receiverOf(function)
	switch {
	case named == nil:
		return path + function.Name()
	case pointer:
		return "(*" + path + named.Obj().Name() + ")." + function.Name()
	}
	return "(" + path + named.Obj().Name() + ")." + function.Name()
}

// packagePath is the import path of the declaring package; error.Error has none.
func packagePath(function *types.Func) string {
	if function.Pkg() == nil {
		return ""
	}
	return function.Pkg().Path()
}
