package datasource

import (
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// others leaves so many tiles of a wall: when there are more rows, the last
// tile counts those that have no place by the sign they begin with, the worst
// first, so that nothing abnormal is out of sight without being told.
func (d *Datasource) others(f *data.Frame, most int) {
	tiles := fieldNamed(f, "tile")
	rows := f.Rows()
	if tiles == nil || most < 1 || rows <= most {
		return
	}
	const signs = "■▲●◆▨▼"
	counts, plain := map[rune]int{}, 0
	for i := most - 1; i < rows; i++ {
		text, _ := tiles.At(i).(string)
		if begins := firstOf(text); strings.ContainsRune(signs, begins) {
			counts[begins]++
		} else {
			plain++
		}
	}
	parts := []string{}
	for _, sign := range signs {
		if counts[sign] > 0 {
			parts = append(parts, string(sign)+" "+strconv.Itoa(counts[sign]))
		}
	}
	switch {
	case plain > 0 && f.Name == "sites":
		parts = append(parts, d.say.with(in("%d normaux", "%d normaal", "%d normal"), plain))
	case plain > 0 && len(parts) > 0:
		parts = append(parts, strconv.Itoa(plain))
	case plain > 0:
		parts = append(parts, "…")
	}
	for i := rows - 1; i >= most; i-- {
		f.DeleteRow(i)
	}
	name := d.say.with(in("+ %d autres", "+ %d andere", "+ %d others"), rows-most+1)
	for k, field := range f.Fields {
		v := name
		switch {
		case field == tiles:
			v = strings.Join(parts, " · ")
		case k > 0:
			v = ""
		}
		if field.Type() == data.FieldTypeString {
			field.Set(most-1, v)
		}
	}
}

func firstOf(text string) rune {
	for _, r := range text {
		return r
	}
	return 0
}
