package alarm

import (
	"github.com/expr-lang/expr/ast"
	exprparser "github.com/expr-lang/expr/parser"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
)

// quantity is what is known of a part of an expression: the name of a point in
// it and its unit, "" where nothing is known.
type quantity struct {
	name, unit string
	// point is set when it is a point and nothing else, constant when it is a
	// number that is written there.
	point    *catalogue.Point
	constant *float64
}

// units checks that an expression compares, adds and subtracts only what has
// the same unit.
func (p *parser) units(at string, y *classYAML, source string) {
	tree, err := exprparser.Parse(source)
	if err != nil {
		return // compile says so
	}
	u := unitChecker{parser: p, at: at, class: y}
	u.of(tree.Node)
}

type unitChecker struct {
	*parser
	at    string
	class *classYAML
}

// of returns the quantity of a part and reports what is wrong inside it.
func (u *unitChecker) of(node ast.Node) quantity {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return u.named(n.Value)
	case *ast.IntegerNode:
		x := float64(n.Value)
		return quantity{constant: &x}
	case *ast.FloatNode:
		return quantity{constant: &n.Value}
	case *ast.UnaryNode:
		return u.signed(n)
	case *ast.BinaryNode:
		return u.binary(n)
	case *ast.BuiltinNode:
		return u.called(n.Name, n.Arguments)
	case *ast.ConditionalNode:
		u.of(n.Cond)
		return u.same(u.of(n.Exp1), u.of(n.Exp2))
	}
	return quantity{}
}

func (u *unitChecker) named(name string) quantity {
	if name == floorTemp {
		return quantity{name: name, unit: "°C"}
	}
	pt, ok := u.cat.Point(u.class.Kind, gtc.PointID(name))
	if !ok || pt.Type != gtc.TypeFloat {
		return quantity{}
	}
	return quantity{name: name, unit: pt.Unit, point: &pt}
}

func (u *unitChecker) signed(n *ast.UnaryNode) quantity {
	q := u.of(n.Node)
	q.point = nil
	if q.constant != nil && n.Operator == "-" {
		x := -*q.constant
		q.constant = &x
	}
	return q
}

// called is the quantity of a function that keeps the unit of what it is given.
func (u *unitChecker) called(name string, arguments []ast.Node) quantity {
	var out quantity
	for i, a := range arguments {
		q := u.of(a)
		if i == 0 {
			out = q
		} else if name == "min" || name == "max" {
			out = u.same(out, q)
		}
	}
	switch name {
	case "min", "max", "abs", "round", "floor", "ceil", "float", "int":
		out.point, out.constant = nil, nil
		return out
	}
	return quantity{}
}

func (u *unitChecker) binary(n *ast.BinaryNode) quantity {
	l, r := u.of(n.Left), u.of(n.Right)
	switch n.Operator {
	case "<", "<=":
		u.compare(l, r, "below", "above")
	case ">", ">=":
		u.compare(l, r, "above", "below")
	case "==", "!=":
		u.same(l, r)
	case "-":
		return u.difference(l, r)
	case "+":
		if l.unit == "K" && r.unit == "°C" {
			l, r = r, l
		}
		if l.unit == "°C" && r.unit == "K" {
			return quantity{name: l.name, unit: l.unit}
		}
		return u.same(l, r)
	case "*", "/":
		if r.constant != nil {
			return quantity{name: l.name, unit: l.unit}
		}
		if l.constant != nil && n.Operator == "*" {
			return quantity{name: r.name, unit: r.unit}
		}
	}
	return quantity{}
}

// compare checks a comparison, and a limit that is written in it.
func (u *unitChecker) compare(l, r quantity, word, back string) {
	u.same(l, r)
	switch {
	case l.point != nil && r.constant != nil:
		u.limit(u.at, u.class, *l.point, word, *r.constant)
	case r.point != nil && l.constant != nil:
		u.limit(u.at, u.class, *r.point, back, *l.constant)
	}
}

// difference is what lies between two quantities: between temperatures, kelvins.
func (u *unitChecker) difference(l, r quantity) quantity {
	switch {
	case l.unit == "°C" && r.unit == "K":
		return quantity{name: l.name, unit: l.unit}
	case l.unit == "°C" && r.unit == "°C":
		return quantity{name: l.name, unit: "K"}
	}
	return u.same(l, r)
}

// same reports two quantities of different units and returns what both are.
func (u *unitChecker) same(l, r quantity) quantity {
	if l.unit != "" && r.unit != "" && l.unit != r.unit {
		u.add(u.at, "class %s: %s is in %s and %s in %s: they cannot be compared", u.class.ID, l.name, l.unit, r.name, r.unit)
		return quantity{}
	}
	if l.unit == "" {
		l = r
	}
	return quantity{name: l.name, unit: l.unit}
}
