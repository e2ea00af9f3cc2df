package alarm

import (
	"errors"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	exprfile "github.com/expr-lang/expr/file"
	exprparser "github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/cpas-charleroi/gtc"
)

// floorTemp is what an expression calls the temperature below which an
// occupied room of the site must not fall; see [FloorTemp].
const floorTemp = "floor_temp"

// FloorTemp is the lowest air temperature of an occupied room, °C. A rest
// home is held at 22 °C. For work, the Belgian Code du bien-être au travail,
// livre V, titre 1, sets 18 °C for very light, 16 °C for light and 14 °C for
// moderate work. Where people sleep without being cared for 18 °C is held, as
// the World Health Organization advises.
func FloorTemp(c gtc.Category) float64 {
	switch c {
	case gtc.CategoryRestHome:
		return 22
	case gtc.CategoryKitchen:
		return 14
	case gtc.CategoryOffice, gtc.CategorySocialOffice, gtc.CategoryCommunityCentre,
		gtc.CategoryNightShelter, gtc.CategoryHousing, gtc.CategoryOther:
	}
	return 18
}

// onExpr compiles a condition on several points of one equipment.
func (p *parser) onExpr(at string, y *classYAML, c *Condition) {
	p.need(c.Above == nil && c.Below == nil && c.In == nil && c.DeadBand == 0, at,
		"class %s: limits belong into the expression", y.ID)
	p.need(!y.LifeSafety, at, "class %s: life safety rests on one point, not on an expression", y.ID)
	env := map[string]any{}
	p.operands(at+".expr", y, c.Expr, env)
	if c.Clear != "" {
		p.operands(at+".clear", y, c.Clear, env)
	}
	p.units(at+".expr", y, c.Expr)
	if c.Clear != "" {
		p.units(at+".clear", y, c.Clear)
	}
	c.expr = p.compile(at+".expr", y, c.Expr, env)
	if c.Clear != "" {
		c.clearIf = p.compile(at+".clear", y, c.Clear, env)
	}
	for name := range env {
		if name != floorTemp {
			c.points = append(c.points, gtc.PointID(name))
		}
	}
	slices.Sort(c.points)
	p.need(len(c.points) > 0, at+".expr", "class %s: the expression names no point", y.ID)
}

// operands adds the points that an expression names to env, with a value of
// their type.
func (p *parser) operands(at string, y *classYAML, source string, env map[string]any) {
	tree, err := exprparser.Parse(source)
	if err != nil {
		return // compile says so
	}
	var names identifiers
	ast.Walk(&tree.Node, &names)
	for _, name := range names {
		if name == floorTemp {
			env[name] = 0.0
			continue
		}
		pt, ok := p.point(at, y, gtc.PointID(name))
		if !ok {
			continue
		}
		env[name] = operand(gtc.Value{Type: pt.Type})
	}
}

func (p *parser) compile(at string, y *classYAML, source string, env map[string]any) *vm.Program {
	program, err := expr.Compile(source, expr.Env(env), expr.AsBool())
	if err != nil {
		// An unknown point was reported before, with a suggestion.
		if !strings.Contains(err.Error(), "unknown name") {
			p.add(at, "class %s: %s", y.ID, reason(err))
		}
		return nil
	}
	return program
}

// reason is an expression's mistake without the drawing of its place.
func reason(err error) string {
	if located, ok := errors.AsType[*exprfile.Error](err); ok {
		return located.Message
	}
	return err.Error()
}

// identifiers collects the names an expression uses.
type identifiers []string

// Visit takes the names of identifiers, each once.
func (n *identifiers) Visit(node *ast.Node) {
	if id, ok := (*node).(*ast.IdentifierNode); ok && !slices.Contains(*n, id.Value) {
		*n = append(*n, id.Value)
	}
}
