package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
)

// PoolReply is everything about the pools of the packages that are near.
type PoolReply struct {
	Pools        []*Pool        `json:"pools"`
	Observations []*Observation `json:"observations"`
}

// Pool is one sync.Pool: a variable, a field, or the variable that a pointer to one is kept in.
type Pool struct {
	Name    string    `json:"name"`
	Package string    `json:"package"`
	Place   Place     `json:"place"`
	Element string    `json:"element,omitempty"`
	HasNew  bool      `json:"has_new"`
	Gets    []PoolUse `json:"gets"`
	Puts    []PoolUse `json:"puts"`
	// Without make a new value in place of each Get and put none back.
	Without []Edit `json:"without,omitempty"`
	// Declaration deletes the variable, which nobody uses then, and Alone tells that its file needs
	// the package sync for nothing else.
	Declaration []Edit `json:"declaration,omitempty"`
	Alone       bool   `json:"alone,omitempty"`
	// Bypass calls New in place of each Get and drops what is put, for measurements only.
	Bypass []Edit `json:"bypass,omitempty"`
}

// PoolUse is one call that takes from a pool or puts back.
type PoolUse struct {
	Place    Place  `json:"place"`
	Package  string `json:"package"`
	Function string `json:"function"`
	// Type is what is asserted of the value, or what is put.
	Type string `json:"type,omitempty"`
	// Through names the function that takes or puts, where the call is one of a wrapper.
	Through  string `json:"through,omitempty"`
	Deferred bool   `json:"deferred,omitempty"`
}

// Observation is what a finding rests on; which fields are set depends on the finding.
type Observation struct {
	Finding  string `json:"finding"`
	Pool     Place  `json:"pool"`
	Place    Place  `json:"place"`
	End      Place  `json:"end"`
	Package  string `json:"package"`
	Function string `json:"function"`
	// What is the source text that the finding is about, and Other a text and place it names.
	What       string `json:"what,omitempty"`
	Other      string `json:"other,omitempty"`
	OtherPlace *Place `json:"other_place,omitempty"`
	Type       string `json:"type,omitempty"`
	OtherType  string `json:"other_type,omitempty"`
	Detail     string `json:"detail,omitempty"`
	// Failed tells that the path to the place was taken because Detail, a test, did not hold.
	Failed bool `json:"failed,omitempty"`
	// At is what stands at the place: return, end, panic, break, continue, the end of a turn of a
	// loop, or the taking of another value.
	At string `json:"at,omitempty"`
	// Edits would make an end of it, where they can be made.
	Edits []Edit `json:"edits,omitempty"`
	// Shared tells that code which was not read may use the pool, and would have to change too.
	Shared bool `json:"shared,omitempty"`
}

// pool is a Pool while it is found out about.
type pool struct {
	Pool
	object  *types.Var
	unit    *unit
	pos     token.Pos
	bound   []*ast.CompositeLit
	news    []newFunction
	gets    []*poolCall
	puts    []*poolCall
	element types.Type
	// open pools are used in ways that are not followed: their address or a method value is taken.
	open bool
}

type newFunction struct {
	unit *unit
	expr ast.Expr
}

// poolCall is a call of Get, Put or a wrapper of one.
type poolCall struct {
	body *body
	call *ast.CallExpr
	// value is what is put; nil for a Get.
	value ast.Expr
	// asserted is the type that a Get is asserted to, checked is true for the form with ok.
	asserted types.Type
	checked  bool
	through  string
	deferred bool
}

// pools answers what is asked about pools.
func (u *universe) pools() *PoolReply {
	s := newPoolScan(u)
	s.collect()
	s.findWrappers()
	s.findUses()
	reply := &PoolReply{Pools: []*Pool{}, Observations: []*Observation{}}
	s.observe()
	for _, p := range s.pools {
		if len(p.gets)+len(p.puts) == 0 && !p.isDeclared() {
			continue
		}
		reply.Pools = append(reply.Pools, s.describe(p))
	}
	sort.SliceStable(reply.Pools, func(i, j int) bool {
		return reply.Pools[i].Place.before(reply.Pools[j].Place)
	})
	reply.Observations = append(reply.Observations, s.observations...)
	sort.SliceStable(reply.Observations, func(i, j int) bool {
		a, b := reply.Observations[i], reply.Observations[j]
		if a.Place != b.Place {
			return a.Place.before(b.Place)
		}
		return a.Finding < b.Finding
	})
	return reply
}

func (p Place) before(other Place) bool {
	switch {
	case p.File != other.File:
		return p.File < other.File
	case p.Line != other.Line:
		return p.Line < other.Line
	}
	return p.Column < other.Column
}

// isDeclared tells a pool that has storage of its own from a pointer to one.
func (p *pool) isDeclared() bool { return isPool(elementOfContainer(p.object.Type())) }

func (s *poolScan) describe(p *pool) *Pool {
	p.Place = s.place(p.pos)
	p.Package = p.unit.path
	p.Name = s.nameOf(p)
	p.HasNew = len(p.news) > 0
	if p.element = s.elementOf(p); p.element != nil {
		p.Element = writeType(p.unit, p.element)
	}
	p.Gets, p.Puts = s.describeUses(p.gets), s.describeUses(p.puts)
	p.Without, p.Bypass = s.withoutEdits(p), s.bypassEdits(p)
	if p.Without != nil {
		p.Declaration, p.Alone = s.declarationEdits(p)
	}
	return &p.Pool
}

func (s *poolScan) describeUses(calls []*poolCall) []PoolUse {
	uses := []PoolUse{}
	for _, c := range calls {
		use := PoolUse{
			Place:    s.place(c.call.Lparen),
			Package:  c.body.unit.path,
			Function: c.body.name,
			Through:  c.through,
			Deferred: c.deferred,
		}
		if c.value != nil {
			use.Type = writeType(c.body.unit, c.body.unit.info.TypeOf(c.value))
		} else if c.asserted != nil {
			use.Type = writeType(c.body.unit, c.asserted)
		}
		uses = append(uses, use)
	}
	sort.SliceStable(uses, func(i, j int) bool { return uses[i].Place.before(uses[j].Place) })
	return uses
}

// nameOf is the variable, or the field with its type.
func (s *poolScan) nameOf(p *pool) string {
	if owner := s.fieldOwners[s.key(p.object)]; owner != "" {
		return owner + "." + p.object.Name()
	}
	return p.object.Name()
}

// elementOf is the type of what a pool holds, as its New makes it, or Get asserts, or Put gives.
func (s *poolScan) elementOf(p *pool) types.Type {
	for _, n := range p.news {
		if t := s.newType(n); t != nil {
			return t
		}
	}
	for _, c := range p.gets {
		if c.asserted != nil && c.through == "" {
			return c.asserted
		}
	}
	for _, c := range p.puts {
		if t := c.body.unit.info.TypeOf(c.value); c.through == "" && t != nil && !types.IsInterface(t) {
			return t
		}
	}
	return nil
}

// newType is the one concrete type that a New function returns, or nil.
func (s *poolScan) newType(n newFunction) types.Type {
	var block *ast.BlockStmt
	unit := n.unit
	switch e := unparen(n.expr).(type) {
	case *ast.FuncLit:
		block = e.Body
	default:
		if b := s.bodies[s.key(staticObject(unit, e))]; b != nil {
			block, unit = b.block, b.unit
		}
	}
	if block == nil {
		return nil
	}
	var found types.Type
	several := false
	inspectFunction(block, func(node ast.Node) {
		if r, ok := node.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
			t := unit.info.TypeOf(r.Results[0])
			switch {
			case t == nil || types.IsInterface(t):
				several = true
			case found != nil && !types.Identical(found, t):
				several = true
			default:
				found = t
			}
		}
	})
	if several {
		return nil
	}
	return found
}

func writeType(p *unit, t types.Type) string {
	if t == nil || t == types.Typ[types.Invalid] {
		return ""
	}
	return types.TypeString(t, func(other *types.Package) string {
		if other == p.types {
			return ""
		}
		return other.Name()
	})
}
