package figure

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Words are what is said about a figure.
type Words struct {
	// Title stands above the figure, Subtitle below it in small letters.
	Title, Subtitle string
	// Alternative says in one sentence what the figure shows, for those who do
	// not see it.
	Alternative string
}

// panel is one chart of a stack, of a height in points.
type panel struct {
	*plot.Plot
	height vg.Length
}

// Margins of a figure in points.
const (
	margin = vg.Length(14)
	head   = vg.Length(52)
	apart  = vg.Length(8)
)

// write draws panels above each other, their data between the same left and
// right limits, and writes the SVG.
func write(w io.Writer, words Words, panels ...panel) error {
	height := 2*margin + head - apart
	for _, p := range panels {
		height += p.height + apart
	}
	canvas := vgsvg.NewWith(vgsvg.UseWH(width, height))
	dc := draw.New(canvas)
	dc.SetColor(ground())
	dc.Fill(dc.Path())
	dc.FillText(textStyle(sizeTitle, ink(), true), vg.Point{X: margin, Y: height - margin - sizeTitle}, words.Title)
	small := textStyle(sizeText, quiet(), false)
	for i, row := range wrap(words.Subtitle, func(s string) bool { return small.Width(s) <= width-2*margin }) {
		dc.FillText(small, vg.Point{X: margin, Y: height - margin - sizeTitle - vg.Length(15+12*i)}, row)
	}
	for _, p := range panels[:len(panels)-1] {
		p.X.Tick.Marker = silent{p.X.Tick.Marker} // all share the last one's words
	}

	cells := make([]draw.Canvas, len(panels))
	var left, right vg.Length
	top := height - margin - head
	for i, p := range panels {
		cells[i] = draw.Canvas{Canvas: dc.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: margin, Y: top - p.height}, Max: vg.Point{X: width - margin, Y: top},
		}}
		top -= p.height + apart
		data := p.DataCanvas(cells[i])
		left, right = max(left, data.Min.X), max(right, width-data.Max.X)
	}
	for i, p := range panels {
		data := p.DataCanvas(cells[i])
		p.Draw(draw.Crop(cells[i], left-data.Min.X, width-right-data.Max.X, 0, 0))
	}
	var buf bytes.Buffer
	if _, err := canvas.WriteTo(&buf); err != nil {
		return fmt.Errorf("draw figure %q: %w", words.Title, err)
	}
	if _, err := io.WriteString(w, accessible(buf.String(), words)); err != nil {
		return fmt.Errorf("write figure %q: %w", words.Title, err)
	}
	return nil
}

// accessible gives the SVG its words and fonts that every reader has, and lets
// it shrink with the page.
func accessible(svg string, words Words) string {
	start := strings.Index(svg, "<svg")
	end := start + strings.Index(svg[start:], ">")
	text := svg[:start] + `<svg role="img" lang="fr"` + svg[start+len("<svg"):end+1] +
		"\n<title>" + html.EscapeString(words.Title) + "</title>\n<desc>" + html.EscapeString(words.Alternative) + "</desc>" +
		svg[end+1:]
	text = strings.ReplaceAll(text, "font-family:Liberation Sans;font-variant:normal;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")
	return text
}

// wrap breaks a text into at most two rows that fit; what is left over is cut.
func wrap(text string, fits func(string) bool) []string {
	var rows []string
	for len(rows) < 2 && text != "" {
		row := text
		for !fits(row) {
			i := strings.LastIndexByte(row, ' ')
			if i < 0 {
				break
			}
			row = row[:i]
		}
		text = strings.TrimSpace(text[len(row):])
		rows = append(rows, row)
	}
	if text != "" {
		rows[1] += " …"
	}
	return rows
}

// silent keeps the places of ticks and drops their words.
type silent struct{ plot.Ticker }

// Ticks returns no tick that is written.
func (silent) Ticks(_, _ float64) []plot.Tick { return nil }
