package figure

import (
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/carbon"
)

// Emissions draws the emissions of each year by carrier against the path, with
// the total at normal climate, and final energy against that of the directive.
// A year that is not whole is hatched.
func Emissions(w io.Writer, words Words, p carbon.Path) error {
	if len(p.Years) == 0 {
		return errEmpty(words)
	}
	first, last := p.Years[0].Year, p.Years[len(p.Years)-1].Year
	if p.ReferenceKg != nil {
		first, last = min(first, p.Reference), max(last, p.Target)
	}
	co2, energy := bars{}, bars{}
	target := curve{style: line(ink(), 1.2, 5, 3)}
	eed := curve{style: line(ink(), 1.2, 5, 3)}
	var normal plotter.XYs
	for _, y := range p.Years {
		b := bar{year: y.Year, partial: y.Partial}
		for _, c := range p.Carriers {
			b.parts = append(b.parts, tonnesOf(y, c))
		}
		co2 = append(co2, b)
		if y.FinalKWh != nil {
			energy = append(energy, bar{year: y.Year, partial: y.Partial, parts: []float64{*y.FinalKWh / 1000}})
		}
		if y.NormKgCO2 != nil {
			normal = append(normal, plotter.XY{X: float64(y.Year), Y: *y.NormKgCO2 / 1000})
		}
	}
	for y := first; y <= last; y++ {
		target.pts = append(target.pts, plotter.XY{X: float64(y), Y: thousandth(p.TargetOf(y))})
		eed.pts = append(eed.pts, plotter.XY{X: float64(y), Y: thousandth(p.EEDOf(y))})
	}
	top := yearly("t CO₂ par an", 300, first, last, co2, target)
	top.Add(co2, target, diamonds(normal))
	said := names{{text: "PAEDC −" + Number(p.ReductionPct, 0) + " %", y: target.last(), color: ink()}}
	for i, c := range p.Carriers {
		if y := partMiddle(co2, i); !math.IsNaN(y) {
			said = append(said, name{text: carrierName(c), y: y, color: quiet(), inside: true, x: float64(co2[len(co2)-1].year) + 0.3})
		}
	}
	top.Add(said)
	bottom := yearly("MWh d’énergie finale par an", 200, first, last, energy, eed)
	bottom.Add(energy, eed, names{{text: "EED −1,9 %/an", y: eed.last(), color: ink()}})
	return write(w, words, top, bottom)
}

func tonnesOf(y carbon.Year, c gtc.Carrier) float64 {
	for _, x := range y.Carriers {
		if x.Carrier == c && x.KgCO2 != nil {
			return *x.KgCO2 / 1000
		}
	}
	return 0
}

func thousandth(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v / 1000
}

// carrierName names a carrier in French.
func carrierName(c gtc.Carrier) string {
	switch c {
	case gtc.CarrierElectricity:
		return "électricité"
	case gtc.CarrierGas:
		return "gaz"
	case gtc.CarrierHeat:
		return "chaleur"
	case gtc.CarrierOil:
		return "mazout"
	case gtc.CarrierPropane, gtc.CarrierPellets, gtc.CarrierWater:
	}
	return string(c)
}

// bar is one year, stacked from the bottom.
type bar struct {
	year    int
	parts   []float64
	partial bool
}

type bars []bar

// partMiddle is the height of the middle of a part in the newest year.
func partMiddle(b bars, part int) float64 {
	if len(b) == 0 || b[len(b)-1].parts[part] <= 0 {
		return math.NaN()
	}
	low := 0.0
	for _, v := range b[len(b)-1].parts[:part] {
		low += v
	}
	return low + b[len(b)-1].parts[part]/2
}

// yearly is a panel with years on x and zero at the bottom.
func yearly(title string, height float64, first, last int, b bars, l curve) panel {
	p := newPlot(title)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = float64(first)-0.5, float64(last)+0.5, 0, 1
	if _, hi := l.span(); !math.IsInf(hi, 0) {
		p.Y.Max = math.Max(p.Y.Max, hi)
	}
	for _, x := range b {
		total := 0.0
		for _, v := range x.parts {
			total += v
		}
		p.Y.Max = math.Max(p.Y.Max, total)
	}
	p.Y.Max *= 1.08
	p.X.Tick.Marker = yearTicks{}
	p.Add(stripes{})
	return panel{Plot: p, height: vg.Length(height)}
}

// yearTicks names every year, or every second or fifth when there are many.
type yearTicks struct{}

// Ticks returns the years between two.
func (yearTicks) Ticks(lo, hi float64) []plot.Tick {
	step := 1
	for _, s := range []int{1, 2, 5, 10} {
		if step = s; (hi-lo)/float64(s) <= 14 {
			break
		}
	}
	var out []plot.Tick
	for y := int(math.Ceil(lo)); float64(y) <= hi; y++ {
		if y%step == 0 {
			out = append(out, plot.Tick{Value: float64(y), Label: strconv.Itoa(y)})
		}
	}
	return out
}

// shades are the greys of the parts, from the bottom.
func shades() []color.Color { return []color.Color{ink(), quiet(), rule(), bandFill()} }

// Plot draws the bars.
func (b bars) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&dc)
	for _, x := range b {
		left, right := tx(float64(x.year)-0.31), tx(float64(x.year)+0.31)
		low := 0.0
		for i, v := range x.parts {
			if v <= 0 {
				continue
			}
			box := []vg.Point{{X: left, Y: ty(low)}, {X: right, Y: ty(low)}, {X: right, Y: ty(low + v)}, {X: left, Y: ty(low + v)}}
			dc.FillPolygon(shades()[i%len(shades())], box)
			low += v
		}
		if x.partial {
			for y := ty(0); y < ty(low); y += 5 {
				top := min(y+(right-left)/2, ty(low))
				dc.StrokeLine2(line(ground(), 1.6), left, y, left+2*(top-y), top)
			}
		}
	}
}

// diamonds are drawn where a year has a total at normal climate.
type diamonds plotter.XYs

// Plot draws them.
func (d diamonds) Plot(dc draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&dc)
	const r = 4
	for _, q := range d {
		x, y := tx(q.X), ty(q.Y)
		box := []vg.Point{{X: x - r, Y: y}, {X: x, Y: y + r}, {X: x + r, Y: y}, {X: x, Y: y - r}}
		dc.FillPolygon(ground(), box)
		dc.StrokeLines(line(ink(), 1.2), append(box, box[0]))
	}
}
