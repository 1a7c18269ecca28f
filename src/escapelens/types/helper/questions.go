package main

import (
	"go/ast"
	"go/token"
)

// spot is a line and a byte column.
type spot struct{ line, column int }

// questions are the numbers of what is asked about one file, by place.
type questions struct {
	calls, stores map[spot][]int
	// offsets are the places whose declarations are asked for.
	offsets []int
	values  map[span][]int
}

// questionsByFile sorts the questions of a request.
func questionsByFile(request Request) map[string]*questions {
	files := map[string]*questions{}
	of := func(file string) *questions {
		if files[file] == nil {
			files[file] = &questions{calls: map[spot][]int{}, stores: map[spot][]int{}, values: map[span][]int{}}
		}
		return files[file]
	}
	for number, place := range request.Calls {
		at := spot{place.Line, place.Column}
		of(place.File).calls[at] = append(of(place.File).calls[at], number)
	}
	for number, place := range request.Stores {
		at := spot{place.Line, place.Column}
		of(place.File).stores[at] = append(of(place.File).stores[at], number)
	}
	for _, at := range request.Declarations {
		of(at.File).offsets = append(of(at.File).offsets, at.Offset)
	}
	for number, at := range request.Values {
		text := span{spot{at.Line, at.Column}, spot{at.EndLine, at.EndColumn}}
		of(at.File).values[text] = append(of(at.File).values[text], number)
	}
	return files
}

// within tells whether a question stands in the lines of a node.
func (q *questions) within(fset *token.FileSet, node ast.Node) bool {
	if q == nil {
		return false
	}
	start, end := fset.PositionFor(node.Pos(), false), fset.PositionFor(node.End(), false)
	for _, offset := range q.offsets {
		if start.Offset <= offset && offset < end.Offset {
			return true
		}
	}
	for text := range q.values {
		if start.Line <= text.start.line && text.start.line <= end.Line {
			return true
		}
	}
	first, last := fset.Position(node.Pos()), fset.Position(node.End())
	if last != end {
		return true // a //line directive makes lines tell nothing
	}
	for _, spots := range []map[spot][]int{q.calls, q.stores} {
		for at := range spots {
			if first.Line <= at.line && at.line <= last.Line {
				return true
			}
		}
	}
	return false
}
