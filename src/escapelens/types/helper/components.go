package main

import "go/types"

// components are the types that a type is directly written with; of a named type, its arguments.
func components(t types.Type) []types.Type {
	switch t := unalias(t).(type) {
	case *types.Pointer:
		return []types.Type{t.Elem()}
	case *types.Slice:
		return []types.Type{t.Elem()}
	case *types.Array:
		return []types.Type{t.Elem()}
	case *types.Chan:
		return []types.Type{t.Elem()}
	case *types.Map:
		return []types.Type{t.Key(), t.Elem()}
	case *types.Signature:
		return []types.Type{t.Params(), t.Results()}
	case *types.Tuple:
		return each(t.Len(), func(i int) types.Type { return t.At(i).Type() })
	case *types.Struct:
		return each(t.NumFields(), func(i int) types.Type { return t.Field(i).Type() })
	case *types.Union:
		return each(t.Len(), func(i int) types.Type { return t.Term(i).Type() })
	case *types.Interface:
		methods := each(t.NumExplicitMethods(), func(i int) types.Type {
			return t.ExplicitMethod(i).Type()
		})
		return append(methods, each(t.NumEmbeddeds(), t.EmbeddedType)...)
	case *types.TypeParam:
		return []types.Type{t.Constraint()}
	case *types.Named:
		arguments := t.TypeArgs()
		return each(arguments.Len(), arguments.At)
	}
	return nil
}

func each(length int, at func(int) types.Type) []types.Type {
	all := make([]types.Type, length)
	for i := range all {
		all[i] = at(i)
	}
	return all
}

// dependsOnTypeParameter tells whether a type differs between instances of the code around it.
func dependsOnTypeParameter(t types.Type) bool {
	if _, ok := unalias(t).(*types.TypeParam); ok {
		return true
	}
	for _, component := range components(t) {
		if dependsOnTypeParameter(component) {
			return true
		}
	}
	return false
}

// core is the underlying type; of a type parameter, the one that its constraint allows, if it is
// written as such.
func core(t types.Type) types.Type {
	parameter, ok := unalias(t).(*types.TypeParam)
	if !ok {
		return t.Underlying()
	}
	constraint := parameter.Constraint().Underlying().(*types.Interface)
	if constraint.NumEmbeddeds() != 1 {
		return constraint
	}
	only := constraint.EmbeddedType(0)
	if union, ok := only.(*types.Union); ok {
		if union.Len() != 1 {
			return constraint
		}
		only = union.Term(0).Type()
	}
	return core(only)
}
