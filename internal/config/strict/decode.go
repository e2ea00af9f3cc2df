// Package strict reads a YAML file into a struct and reports every mistake in
// it at once, with its line and column: keys that the struct does not know
// (with the key that was probably meant), keys given twice, values of the
// wrong type. What it accepts it also locates, so that the caller's own
// checks can point at the same places.
//
// Struct fields carry `yaml:"name"` tags; a field without one is not read.
// Understood are strings, booleans, integers, floats, time.Duration ("2s"),
// time.Time (RFC 3339), types with UnmarshalText, and pointers, structs,
// slices and maps of these. Anchors and aliases are refused: a file says what
// it says in the place where it says it.
package strict

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxDepth bounds the nesting of a file; configuration needs less than ten.
const maxDepth = 64

// Decode reads the single YAML document in data into v, a pointer to a
// struct. File names the data in mistakes. What could be read is in v even
// when there are mistakes.
func Decode(file string, data []byte, v any) (*Document, Mistakes) {
	d := &decoder{doc: &Document{file: file, values: map[string]place{}, keys: map[string]place{}, misspelt: map[string]bool{}}}
	root, mistake := parse(file, data)
	if mistake != nil {
		return d.doc, Mistakes{*mistake}
	}
	d.doc.values[""] = place{1, 1}
	if root != nil {
		d.value("", root, reflect.ValueOf(v).Elem(), 0)
	}
	d.mistakes.Sort()
	return d.doc, d.mistakes
}

// parse returns the body of the only document in data, nil when it is empty.
func parse(file string, data []byte) (node ast.Node, mistake *Mistake) {
	// The parser is fed with whatever an editor saved: a panic in it is one
	// more way of saying that the file cannot be read.
	defer func() {
		if p := recover(); p != nil {
			mistake = &Mistake{File: file, What: fmt.Sprintf("not readable as YAML: %v", p)}
		}
	}()
	parsed, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxMistake(file, err)
	}
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if node != nil {
			m := Mistake{File: file, What: "a second YAML document: put it into a file of its own"}
			m.Line, m.Col = position(doc.Body)
			return nil, &m
		}
		node = doc.Body
	}
	return node, nil
}

func syntaxMistake(file string, err error) *Mistake {
	m := &Mistake{File: file, What: err.Error()}
	if located, ok := errors.AsType[yaml.Error](err); ok {
		m.What = "not readable as YAML: " + located.GetMessage()
		if tk := located.GetToken(); tk != nil && tk.Position != nil {
			m.Line, m.Col = tk.Position.Line, tk.Position.Column
		}
	}
	return m
}

// decoder walks the syntax tree beside the Go value.
type decoder struct {
	doc      *Document
	mistakes Mistakes
}

func (d *decoder) add(n ast.Node, hint, format string, args ...any) {
	line, col := position(n)
	d.mistakes = append(d.mistakes, Mistake{
		File: d.doc.file, Line: line, Col: col, What: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (d *decoder) value(path string, n ast.Node, v reflect.Value, depth int) {
	line, col := position(n)
	d.doc.values[path] = place{line, col}
	if depth > maxDepth {
		d.add(n, "", "nested deeper than %d levels", maxDepth)
		return
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return // a key without a value is a key not given
	case *ast.AnchorNode, *ast.AliasNode:
		d.add(n, "", "anchors (&) and aliases (*) are not used here: write the value out")
		return
	case *ast.TagNode:
		d.add(n, "", "tags (!) are not used here")
		return
	case *ast.MappingValueNode:
		d.mapping(path, n, []*ast.MappingValueNode{n}, v, depth)
	case *ast.MappingNode:
		d.mapping(path, n, n.Values, v, depth)
	case *ast.SequenceNode:
		d.sequence(path, n, v, depth)
	default:
		d.scalar(path, n, v)
	}
}

func (d *decoder) mapping(path string, n ast.Node, entries []*ast.MappingValueNode, v reflect.Value, depth int) {
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	fields := map[string]reflect.Value{}
	switch {
	case v.Kind() == reflect.Struct && !isScalar(v):
		fields = fieldsOf(v)
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
	default:
		d.add(n, "", "%s: expected %s, found a mapping", name(path), expected(v))
		return
	}
	seen := map[string]bool{}
	for _, entry := range entries {
		key, ok := keyOf(entry.Key)
		if !ok {
			d.add(entry.Key, "", "%s: a key must be a plain word or number", name(path))
			continue
		}
		if seen[key] {
			d.add(entry.Key, "", "%s is given twice", key)
			continue
		}
		seen[key] = true
		line, col := position(entry.Key)
		d.doc.keys[join(path, key)] = place{line, col}
		if v.Kind() == reflect.Map {
			d.mapEntry(join(path, key), key, entry, v, depth)
			continue
		}
		field, ok := fields[key]
		if !ok {
			d.unknown(entry.Key, path, key, fields)
			continue
		}
		d.value(join(path, key), entry.Value, field, depth+1)
	}
}

func (d *decoder) mapEntry(path, key string, entry *ast.MappingValueNode, m reflect.Value, depth int) {
	k := reflect.New(m.Type().Key()).Elem()
	if what := setText(k, key); what != "" {
		d.add(entry.Key, "", "%s: the key must be %s", path, what)
		return
	}
	e := reflect.New(m.Type().Elem()).Elem()
	d.value(path, entry.Value, e, depth+1)
	m.SetMapIndex(k, e)
}

func (d *decoder) unknown(n ast.Node, path, key string, fields map[string]reflect.Value) {
	known := slices.Sorted(maps.Keys(fields))
	switch strings.ToLower(key) {
	case "password", "secret", "token", "passphrase", "api_key", "apikey":
		d.guess(path, Near(key+"_file", known))
		d.add(n, Near(key+"_file", known), "%s: a secret never stands in YAML: put it into a file or the environment", key)
		return
	}
	where := ""
	if path != "" {
		where = " in " + path
	}
	hint := Near(key, known)
	if hint == "" && len(known) > 0 {
		d.add(n, "", "unknown key %q%s; known are %s", key, where, strings.Join(known, ", "))
		return
	}
	d.guess(path, hint)
	d.add(n, hint, "unknown key %q%s", key, where)
}

func (d *decoder) guess(path, hint string) {
	if hint != "" {
		d.doc.misspelt[join(path, hint)] = true
	}
}

func (d *decoder) sequence(path string, n *ast.SequenceNode, v reflect.Value, depth int) {
	if v.Kind() != reflect.Slice {
		d.add(n, "", "%s: expected %s, found a list", name(path), expected(v))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Values), len(n.Values))
	for i, item := range n.Values {
		d.value(path+"["+strconv.Itoa(i)+"]", item, list.Index(i), depth+1)
	}
	v.Set(list)
}

// position returns the line and column of the first character of a node.
func position(n ast.Node) (line, col int) {
	var tk *token.Token
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return position(n.Values[0].Key)
		}
		tk = n.Start
	case *ast.MappingValueNode:
		return position(n.Key)
	case *ast.SequenceNode:
		tk = n.Start
	case *ast.LiteralNode:
		tk = n.Start
	case nil:
		return 0, 0
	default:
		tk = n.GetToken()
	}
	if tk == nil || tk.Position == nil {
		return 0, 0
	}
	return tk.Position.Line, tk.Position.Column
}

// name returns what a value is called in a mistake.
func name(path string) string {
	if path == "" {
		return "file"
	}
	return path
}
