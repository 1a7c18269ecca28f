package main

import (
	"go/types"
	"sort"
	"sync"
)

// implementers knows the types of the analysed packages by their methods.
type implementers struct {
	byMethod map[string][]types.Type
	mutex    sync.Mutex
	found    map[types.Type][]types.Type
}

func newImplementers(u *universe) *implementers {
	known := &implementers{byMethod: map[string][]types.Type{}, found: map[types.Type][]types.Type{}}
	for _, p := range u.order {
		if p.Analysed && p.types != nil {
			for _, name := range p.types.Scope().Names() {
				known.add(p.types.Scope().Lookup(name))
			}
		}
	}
	return known
}

// add takes up a type that is no interface, under each method that it or a pointer to it has.
func (k *implementers) add(object types.Object) {
	name, ok := object.(*types.TypeName)
	if !ok || name.IsAlias() || types.IsInterface(name.Type()) {
		return
	}
	t := withOwnParameters(name.Type())
	methods := types.NewMethodSet(types.NewPointer(t))
	for i := 0; i < methods.Len(); i++ {
		id := methods.At(i).Obj().Id()
		k.byMethod[id] = append(k.byMethod[id], t)
	}
}

// of lists the types that implement an interface, as T or *T, in the order of their full names; nil
// where that depends on a type parameter.
func (k *implementers) of(owner types.Type) []types.Type {
	if dependsOnTypeParameter(owner) {
		return nil
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if _, ok := k.found[owner]; !ok {
		k.found[owner] = k.find(owner.Underlying().(*types.Interface))
	}
	return k.found[owner]
}

func (k *implementers) find(wanted *types.Interface) []types.Type {
	byName := map[string]types.Type{}
	names := []string{}
	for _, t := range k.candidates(wanted) {
		if !types.Implements(t, wanted) {
			t = types.NewPointer(t)
			if !types.Implements(t, wanted) {
				continue
			}
		}
		name := types.TypeString(t, nil)
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = t
	}
	sort.Strings(names)
	return each(len(names), func(i int) types.Type { return byName[names[i]] })
}

// candidates are the types with the interface's rarest method.
func (k *implementers) candidates(wanted *types.Interface) []types.Type {
	var fewest []types.Type
	for i := 0; i < wanted.NumMethods(); i++ {
		if types := k.byMethod[wanted.Method(i).Id()]; i == 0 || len(types) < len(fewest) {
			fewest = types
		}
	}
	return fewest
}

// withOwnParameters is Box[T] for a generic type Box.
func withOwnParameters(t types.Type) types.Type {
	named, ok := t.(*types.Named)
	if !ok || named.TypeParams().Len() == 0 {
		return t
	}
	parameters := named.TypeParams()
	own := each(parameters.Len(), func(i int) types.Type { return parameters.At(i) })
	instance, err := types.Instantiate(nil, named, own, false)
	if err != nil {
		return t
	}
	return instance
}
