package strict

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// fieldsOf returns the settable fields of a struct by their YAML name.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if key != "" && key != "-" {
			fields[key] = v.Field(i)
		}
	}
	return fields
}

// isScalar reports whether a struct is read from a single text.
func isScalar(v reflect.Value) bool {
	if _, ok := reflect.TypeAssert[time.Time](v); ok {
		return true
	}
	_, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr())
	return ok
}

// keyOf returns the text of a mapping key.
func keyOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode:
		return n.Token.Value, true
	case *ast.FloatNode:
		return n.Token.Value, true
	case *ast.BoolNode:
		return n.Token.Value, true
	}
	return "", false
}

// text returns the text of a scalar.
func text(n ast.Node) (string, bool) {
	if block, ok := n.(*ast.LiteralNode); ok {
		return block.Value.Value, true
	}
	return keyOf(n)
}

func (d *decoder) scalar(path string, n ast.Node, v reflect.Value) {
	s, ok := text(n)
	if !ok {
		d.add(n, "", "%s: expected %s", name(path), expected(v))
		return
	}
	pointer := v
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	// A quoted "12" is a text, a bare 12 is a number: a number does not
	// become one by being quoted, nor a text by looking like a number.
	if _, isString := n.(*ast.StringNode); isString && isNumber(v) {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			d.add(n, "", "%s: expected %s, found a text: remove the quotes around %q", name(path), expected(v), s)
			return
		}
	}
	if what := setText(v, s); what != "" {
		d.add(n, "", "%s: expected %s, found %q", name(path), what, s)
		pointer.SetZero() // not given, rather than given as zero
	}
}

func isNumber(v reflect.Value) bool {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		return false
	}
	return v.CanInt() || v.CanUint() || v.CanFloat()
}

// setText sets v from s and returns what was expected when s is not it.
func setText(v reflect.Value, s string) (want string) {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return setUnmarshaler(v, u, s)
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		return setDuration(v, s)
	}
	ok := true
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		ok = s == "true" || s == "false"
		v.SetBool(s == "true")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(s, base(s), v.Type().Bits())
		ok = err == nil
		v.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(s, base(s), v.Type().Bits())
		ok = err == nil
		v.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(s, v.Type().Bits())
		ok = err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
		v.SetFloat(f)
	default:
		ok = false
	}
	if ok {
		return ""
	}
	v.SetZero()
	return expected(v)
}

// base returns 0 (by prefix) for 0x and 0o numbers, else 10: in YAML 1.2 a
// leading zero does not make a number octal.
func base(s string) int {
	s = strings.TrimLeft(s, "+-")
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0o") {
		return 0
	}
	return 10
}

func setUnmarshaler(v reflect.Value, u encoding.TextUnmarshaler, s string) (want string) {
	if err := u.UnmarshalText([]byte(s)); err != nil {
		v.SetZero()
		return expected(v)
	}
	return ""
}

func setDuration(v reflect.Value, s string) (want string) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return expected(v)
	}
	v.SetInt(int64(d))
	return ""
}

// Described is a type that says in words what its text must look like.
type Described interface {
	// Expected returns for example `a date such as 2026-01-31`.
	Expected() string
}

// expected says in words what a value must be.
func expected(v reflect.Value) string {
	t := v.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if d, ok := reflect.TypeAssert[Described](reflect.New(t)); ok {
		return d.Expected()
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration such as 500ms, 2s or 1m"
	case t == reflect.TypeFor[time.Time]():
		return "an instant with its offset such as 2026-01-31T08:00:00+01:00"
	}
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number" + bounds(t)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number, 0 or more" + bounds(t)
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a mapping"
	default:
		return fmt.Sprintf("a %s", t)
	}
}

// bounds names the limit of the small integer types, which people do hit.
func bounds(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Uint8:
		return " and at most 255"
	case reflect.Uint16:
		return " and at most 65535"
	default:
		return ""
	}
}
