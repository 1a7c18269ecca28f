package main

import (
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"sync"
)

// exports reads packages from their export data. That reads types when somebody asks for them, in
// memory that is not locked; so everything is asked for before a package is handed out.
type exports struct {
	mutex    sync.Mutex
	importer types.Importer
	loaded   map[types.Type]bool
}

func newExports(fset *token.FileSet, packages map[string]*unit) *exports {
	open := func(path string) (io.ReadCloser, error) {
		if p := packages[path]; p != nil && p.Export != "" {
			return os.Open(p.Export)
		}
		return nil, errNotListed
	}
	return &exports{
		importer: importer.ForCompiler(fset, "gc", open),
		loaded:   map[types.Type]bool{},
	}
}

// load gives a package that several goroutines may read.
func (e *exports) load(path string) (*types.Package, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	p, err := e.importer.Import(path)
	if err != nil {
		return nil, err
	}
	scope := p.Scope()
	for _, name := range scope.Names() {
		e.complete(scope.Lookup(name).Type())
	}
	return p, nil
}

// complete reads a type and everything that it is made of.
func (e *exports) complete(t types.Type) {
	t = unalias(t)
	if t == nil || e.loaded[t] {
		return
	}
	e.loaded[t] = true
	switch t := t.(type) {
	case *types.Interface:
		t.Complete()
	case *types.Named:
		e.complete(t.Underlying())
		for i := 0; i < t.NumMethods(); i++ {
			e.complete(t.Method(i).Type())
		}
		parameters := t.TypeParams()
		for i := 0; i < parameters.Len(); i++ {
			e.complete(parameters.At(i))
		}
	}
	for _, component := range components(t) {
		e.complete(component)
	}
}
