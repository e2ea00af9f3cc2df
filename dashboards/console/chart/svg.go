package chart

import (
	"html"
	"math"
	"strconv"
	"strings"
)

// svg builds one SVG element. Coordinates have one decimal.
type svg struct{ b strings.Builder }

// attr is one attribute, its value not yet escaped.
type attr struct{ name, value string }

func num(name string, v float64) attr { return attr{name, coord(v)} }

func class(c string) attr { return attr{"class", c} }

func coord(v float64) string {
	s := strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}

func (s *svg) open(name string, attrs ...attr) {
	s.b.WriteByte('<')
	s.b.WriteString(name)
	for _, a := range attrs {
		s.b.WriteByte(' ')
		s.b.WriteString(a.name)
		s.b.WriteString(`="`)
		s.b.WriteString(html.EscapeString(a.value))
		s.b.WriteByte('"')
	}
	s.b.WriteByte('>')
}

func (s *svg) close(name string) {
	s.b.WriteString("</")
	s.b.WriteString(name)
	s.b.WriteByte('>')
}

func (s *svg) leaf(name string, attrs ...attr) {
	s.open(name, attrs...)
	s.close(name)
}

func (s *svg) text(x, y float64, anchor, cls, text string) {
	s.open("text", num("x", x), num("y", y), attr{"text-anchor", anchor}, class(cls))
	s.b.WriteString(html.EscapeString(text))
	s.close("text")
}

func (s *svg) line(x1, y1, x2, y2 float64, cls string) {
	s.leaf("line", num("x1", x1), num("y1", y1), num("x2", x2), num("y2", y2), class(cls))
}

func (s *svg) rect(x, y, w, h float64, attrs ...attr) {
	s.leaf("rect", append([]attr{num("x", x), num("y", y), num("width", w), num("height", h)}, attrs...)...)
}

// hatch defines a diagonal pattern; its colour comes from the class.
func (s *svg) hatch(id, cls string) {
	s.open("pattern", attr{"id", id}, attr{"width", "6"}, attr{"height", "6"},
		attr{"patternUnits", "userSpaceOnUse"}, attr{"patternTransform", "rotate(45)"})
	s.leaf("line", attr{"x1", "0"}, attr{"y1", "0"}, attr{"x2", "0"}, attr{"y2", "6"}, class(cls))
	s.close("pattern")
}

// begin opens the picture with its alternative text.
func (s *svg) begin(id, alt string, size Size, attrs ...attr) {
	s.open("svg", append([]attr{
		{"xmlns", "http://www.w3.org/2000/svg"},
		class("chart"),
		{"role", "img"},
		{"aria-labelledby", id + "-alt"},
		{"viewBox", "0 0 " + coord(size.W) + " " + coord(size.H)},
		num("width", size.W), num("height", size.H),
	}, attrs...)...)
	s.open("title", attr{"id", id + "-alt"})
	s.b.WriteString(html.EscapeString(alt))
	s.close("title")
}

// textWidth is a cautious guess of the width of a 12 px text.
func textWidth(s string) float64 { return float64(len([]rune(s))) * 6.8 }

// NameRoom is the room a line's name needs right of the plot. Charts that
// share x are all given the largest.
func NameRoom(names ...string) float64 {
	room := 12.0
	for _, n := range names {
		room = max(room, float64(len([]rune(n)))*7.6+10)
	}
	return room
}
