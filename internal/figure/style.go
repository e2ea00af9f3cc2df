package figure

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The tokens of the light theme. Only what is abnormal has a colour.
func ground() color.Color   { return rgb(0xF7F8F9) }
func bandFill() color.Color { return rgb(0xDDE1E6) }
func stripe() color.Color   { return rgb(0xEEF0F2) }
func rule() color.Color     { return rgb(0xC9CFD6) }
func ink() color.Color      { return rgb(0x1D2730) }
func quiet() color.Color    { return rgb(0x5A6672) }
func excess() color.Color   { return rgb(0xB3001B) }
func saving() color.Color   { return rgb(0x0B6E4F) }
func drift() color.Color    { return rgb(0x5B3FA8) }

func rgb(v uint32) color.Color {
	return color.RGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255} //nolint:gosec // bytes of a colour
}

// Sizes of text in points.
const (
	sizeTitle = 13
	sizeText  = 9
	sizeSmall = 8
)

// width of every figure in points; 800 pt are 1067 px.
const width = vg.Length(800)

// face is the sans-serif face whose widths are those of Arial.
func face(size float64, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: font.Length(size)}
	if bold {
		f.Weight = 2 // golang.org/x/image/font.WeightBold
	}
	return f
}

// textStyle is left-aligned text on its baseline.
func textStyle(size float64, c color.Color, bold bool) draw.TextStyle {
	return draw.TextStyle{
		Color: c, Font: face(size, bold), XAlign: draw.XLeft, YAlign: draw.YBottom, Handler: plot.DefaultTextHandler,
	}
}

func line(c color.Color, points float64, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: vg.Length(points), Dashes: dashes}
}

// newPlot returns an empty panel.
func newPlot(yTitle string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle = line(rule(), 0.6)
		a.Tick.LineStyle = line(ground(), 0.1) // not seen: keeps words off the axis
		a.Tick.Length = 3
		a.Tick.Label.Font, a.Tick.Label.Color = face(sizeSmall, false), quiet()
		a.Label.TextStyle.Font, a.Label.TextStyle.Color = face(sizeText, false), quiet()
		a.Label.Padding = vg.Points(4)
		a.Padding = 0
	}
	p.Y.Label.Text = yTitle
	p.Y.Tick.Marker = numbers{}
	return p
}
