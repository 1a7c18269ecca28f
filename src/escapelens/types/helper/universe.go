package main

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// universe holds all packages of a request. Those that are checked from source share one identity
// of types with each other and with what they import: a package that imports one checked from
// source is never imported from its export data, which would speak of other types.
type universe struct {
	fset     *token.FileSet
	sizes    types.Sizes
	overlay  map[string]string
	packages map[string]*unit
	// order has every package behind those it imports, cycles apart.
	order    []*unit
	exports  *exports
	parallel chan struct{}
}

// unit is one package.
type unit struct {
	Package
	path       string
	sources    []*source
	rank       int
	fromSource bool
	asked      bool
	needed     bool
	// pooled packages are looked through for pools.
	pooled  bool
	checked chan struct{}
	types   *types.Package
	info    *types.Info
}

func newUniverse(request Request) *universe {
	u := &universe{
		fset:     token.NewFileSet(),
		sizes:    types.SizesFor("gc", request.GOARCH),
		overlay:  request.Overlay,
		packages: map[string]*unit{},
		parallel: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	asked := questionsByFile(request)
	var pooled map[string]bool
	if request.Pools {
		pooled = u.pooled(request.Packages)
	}
	users := false
	for _, spot := range request.Declarations {
		users = users || spot.Users || spot.Callee
	}
	for _, listed := range request.Packages {
		p := newUnit(listed, asked, pooled[listed.ID] || users && listed.Analysed)
		p.pooled = pooled[listed.ID]
		u.packages[listed.ID] = p
	}
	for _, listed := range request.Packages {
		u.place(u.packages[listed.ID])
	}
	for _, p := range u.order {
		if p.asked || p.Analysed {
			u.need(p)
		}
	}
	u.exports = newExports(u.fset, u.packages)
	return u
}

// newUnit gives a package its questions; of variants with the same file, the first answers.
// One that is read whole is looked through for uses of functions.
func newUnit(listed Package, asked map[string]*questions, whole bool) *unit {
	path, variant, _ := strings.Cut(listed.ID, " [")
	p := &unit{Package: listed, path: path, rank: -1, checked: make(chan struct{})}
	for _, file := range listed.Files {
		p.sources = append(p.sources, &source{path: file, questions: asked[file], whole: whole})
		p.asked = p.asked || whole || asked[file] != nil
		delete(asked, file)
	}
	// Export data calls a variant by the name of the package that it is a variant of.
	p.fromSource = p.asked || p.Analysed || p.Export == "" || variant != ""
	if p.ID == "unsafe" {
		p.fromSource = false // it has no export data, and its source declares nothing
	}
	return p
}

// place puts a package into the order, and decides whether what it imports allows export data.
func (u *universe) place(p *unit) {
	if p.rank >= 0 {
		return
	}
	p.rank = 0 // visited, should it import itself
	for _, id := range p.Imports {
		if imported := u.packages[id]; imported != nil {
			u.place(imported)
			p.fromSource = p.fromSource || imported.fromSource
		}
	}
	u.order = append(u.order, p)
	p.rank = len(u.order)
}

// need marks a package and what it imports.
func (u *universe) need(p *unit) {
	if p == nil || p.needed {
		return
	}
	p.needed = true
	for _, id := range p.Imports {
		u.need(u.packages[id])
	}
}

// check type-checks every package that is needed from source, and waits for all of them.
func (u *universe) check() {
	var all sync.WaitGroup
	for _, p := range u.order {
		if p.fromSource && p.needed {
			all.Add(1)
			go func(p *unit) {
				defer all.Done()
				defer close(p.checked)
				u.checkOne(p)
			}(p)
		}
	}
	all.Wait()
}

func (u *universe) checkOne(p *unit) {
	files := u.parse(p)
	for _, id := range p.Imports {
		if imported := u.packages[id]; imported != nil && imported.fromSource && imported.rank < p.rank {
			<-imported.checked
		}
	}
	u.parallel <- struct{}{}
	defer func() { <-u.parallel }()
	// A checker that stumbles over one package leaves only its questions unanswered.
	defer func() { _ = recover() }()
	config := types.Config{
		GoVersion:                languageVersion(p.GoVersion),
		IgnoreFuncBodies:         !p.asked,
		FakeImportC:              true,
		Error:                    func(error) {},
		Importer:                 importing{u, p},
		Sizes:                    u.sizes,
		DisableUnusedImportCheck: true,
	}
	if p.asked {
		p.info = &types.Info{
			Types:      map[ast.Expr]types.TypeAndValue{},
			Defs:       map[*ast.Ident]types.Object{},
			Uses:       map[*ast.Ident]types.Object{},
			Implicits:  map[ast.Node]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		}
	}
	p.types, _ = config.Check(p.path, u.fset, files, p.info)
}

func (u *universe) parse(p *unit) []*ast.File {
	u.parallel <- struct{}{}
	defer func() { <-u.parallel }()
	var files []*ast.File
	for _, s := range p.sources {
		s.parse(u.fset, u.overlay)
		if s.syntax != nil {
			files = append(files, s.syntax)
		}
	}
	return files
}

// hasBody tells whether a function has a body in Go, or nil where its source is not at hand.
func (u *universe) hasBody(function *types.Func) *bool {
	if function.Pkg() == nil {
		return nil
	}
	p := u.packages[function.Pkg().Path()]
	if p == nil {
		return nil
	}
	base := filepath.Base(u.fset.Position(function.Pos()).Filename)
	for _, s := range p.sources {
		if filepath.Base(s.path) == base {
			s.parse(u.fset, u.overlay)
			if has, ok := s.bodies[plainName(function)]; ok {
				return &has
			}
		}
	}
	return nil
}

// importing gives one package what it imports.
type importing struct {
	*universe
	by *unit
}

var errNotListed = errors.New("not listed")

func (i importing) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if id, ok := i.by.ImportMap[path]; ok {
		path = id
	}
	p := i.packages[path]
	switch {
	case p == nil:
		return nil, errNotListed
	case !p.fromSource:
		return i.exports.load(path)
	}
	select {
	case <-p.checked:
	default:
		return nil, errNotListed // part of an import cycle
	}
	if p.types == nil {
		return nil, errNotListed
	}
	return p.types, nil
}

// languageVersion is go1.22 for "1.22.3", and empty where nothing is known.
func languageVersion(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return ""
	}
	minor := strings.TrimRight(strings.SplitN(parts[1], "rc", 2)[0], "abcdefghijklmnopqrstuvwxyz")
	return "go" + parts[0] + "." + minor
}
