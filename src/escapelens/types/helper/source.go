package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"sync"
)

// source is one Go file, parsed at most once; syntax is nil for a file that cannot be read.
type source struct {
	path      string
	questions *questions
	// whole files keep the bodies of all functions.
	whole  bool
	once   sync.Once
	text   []byte
	syntax *ast.File
	// bodies holds all functions by receiver and name, and whether they have a body.
	bodies map[string]bool
}

// parse reads the file and drops the bodies of functions that hold no question.
func (s *source) parse(fset *token.FileSet, overlay map[string]string) {
	s.once.Do(func() {
		path := s.path
		if replacement, ok := overlay[path]; ok {
			path = replacement
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return
		}
		// A file with a syntax error is parsed as far as it makes sense.
		s.syntax, _ = parser.ParseFile(fset, s.path, text, parser.SkipObjectResolution)
		if s.syntax == nil {
			return
		}
		if s.questions != nil || s.whole {
			s.text = text
		}
		s.bodies = map[string]bool{}
		for _, decl := range s.syntax.Decls {
			if function, ok := decl.(*ast.FuncDecl); ok {
				s.bodies[declaredName(function)] = function.Body != nil
				if !s.whole && !s.questions.within(fset, function) {
					function.Body = nil
				}
			}
		}
	})
}

// textOf is the source text of a node.
func (s *source) textOf(fset *token.FileSet, node ast.Node) string {
	file := fset.File(node.Pos())
	return string(s.text[file.Offset(node.Pos()):file.Offset(node.End())])
}

// cgoStarts gives, per line, the column from which columns count in the text that cgo made of it.
func (s *source) cgoStarts(fset *token.FileSet) map[int]int {
	if !s.importsC() {
		return nil
	}
	starts := map[int]int{}
	ast.Inspect(s.syntax, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if name, ok := selector.X.(*ast.Ident); ok && name.Name == "C" {
				position := fset.Position(name.Pos())
				if first, ok := starts[position.Line]; !ok || position.Column < first {
					starts[position.Line] = position.Column
				}
			}
		}
		return true
	})
	return starts
}

func (s *source) importsC() bool {
	for _, spec := range s.syntax.Imports {
		if path, _ := strconv.Unquote(spec.Path.Value); path == "C" {
			return true
		}
	}
	return false
}

// declaredName is F for a function and T.M for a method of T or *T.
func declaredName(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return function.Name.Name
	}
	receiver := function.Recv.List[0].Type
	for {
		switch node := receiver.(type) {
		case *ast.StarExpr:
			receiver = node.X
		case *ast.ParenExpr:
			receiver = node.X
		case *ast.IndexExpr:
			receiver = node.X
		case *ast.IndexListExpr:
			receiver = node.X
		case *ast.Ident:
			return node.Name + "." + function.Name.Name
		default:
			return function.Name.Name
		}
	}
}
