package hub

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/internal/influx"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// History is what InfluxDB holds of the points of one site that some alarm
// classes read.
type History struct {
	db   *influx.Client
	info *siteInfo
	// fields are the points of each kind by database.
	fields map[influx.Database]map[gtc.Kind][]gtc.PointID
}

// NewHistory prepares reading the points of a site that the classes read, and
// those that say whether a panel is under test.
func NewHistory(db *influx.Client, cfg *config.Config, cat *catalogue.Catalogue, site *config.Site, classes []alarm.Class) *History {
	h := &History{db: db, info: newSiteInfo(site, cfg.Profiles, cat), fields: map[influx.Database]map[gtc.Kind][]gtc.PointID{}}
	for i := range h.info.points {
		p := &h.info.points[i]
		reads := p.Kind == gtc.KindFirePanel && p.Point == "test"
		for k := range classes {
			reads = reads || classes[k].Kind == p.Kind && classes[k].Reads(p.Point)
		}
		if !reads {
			continue
		}
		database := influx.DatabaseOf(p.privacy)
		if h.fields[database] == nil {
			h.fields[database] = map[gtc.Kind][]gtc.PointID{}
		}
		if !slices.Contains(h.fields[database][p.Kind], p.Point) {
			h.fields[database][p.Kind] = append(h.fields[database][p.Kind], p.Point)
		}
	}
	return h
}

// Expected are the points that the configuration promises.
func (h *History) Expected() []gtc.Series {
	var out []gtc.Series
	for i := range h.info.points {
		if !h.info.points[i].optional {
			out = append(out, h.info.points[i].Series)
		}
	}
	return out
}

// Read returns the samples of a span in order of time, and the instants at
// which the edge reported that it polls. It holds the span in memory: ask for a
// part of a day at a time.
func (h *History) Read(ctx context.Context, from, to time.Time) (samples []gtc.Sample, heard []time.Time, err error) {
	span := fmt.Sprintf("site=%s AND time >= %dms AND time < %dms", influx.Quote(string(h.info.ID)), from.UnixMilli(), to.UnixMilli())
	for _, database := range slices.Sorted(maps.Keys(h.fields)) {
		kinds := h.fields[database]
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			if samples, err = h.readKind(ctx, database, kind, kinds[kind], span, samples); err != nil {
				return nil, nil, fmt.Errorf("read history of %s: %w", h.info.ID, err)
			}
		}
		if samples, err = h.readQuality(ctx, database, span, samples); err != nil {
			return nil, nil, fmt.Errorf("read history of %s: %w", h.info.ID, err)
		}
	}
	slices.SortStableFunc(samples, func(a, b gtc.Sample) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Equipment, b.Equipment), cmp.Compare(a.Point, b.Point))
	})
	heard, err = h.readHeard(ctx, span)
	if err != nil {
		return nil, nil, fmt.Errorf("read history of %s: %w", h.info.ID, err)
	}
	return samples, heard, nil
}

func (h *History) readKind(ctx context.Context, db influx.Database, kind gtc.Kind, points []gtc.PointID, span string, out []gtc.Sample) ([]gtc.Sample, error) {
	fields := make([]string, len(points))
	for i, p := range points {
		fields[i] = influx.Ident(string(p))
	}
	q := fmt.Sprintf("SELECT %s FROM %s WHERE %s GROUP BY equipment", strings.Join(fields, ","), influx.Ident(string(kind)), span)
	err := h.db.Query(ctx, db, q, func(t *influx.Table) error {
		eq := gtc.EquipmentID(t.Tags[influx.TagEquipment])
		for i := range t.Values {
			for k, p := range points {
				if v := h.typed(eq, p, t, i, k+1); v.Present() {
					out = append(out, gtc.Sample{Series: gtc.Series{Site: h.info.ID, Kind: kind, Equipment: eq, Point: p}, At: t.Time(i), Value: v, Quality: gtc.QualityGood})
				}
			}
		}
		return nil
	})
	return out, err
}

// typed reads a stored value as the type of its point.
func (h *History) typed(eq gtc.EquipmentID, p gtc.PointID, t *influx.Table, row, column int) gtc.Value {
	f, ok := t.Float(row, column)
	if !ok {
		return gtc.Value{}
	}
	for _, i := range h.info.byEquipment[eq] {
		if h.info.points[i].Point == p {
			return gtc.Value{Type: h.info.points[i].meta.Type, Num: f}
		}
	}
	return gtc.Value{}
}

func (h *History) readQuality(ctx context.Context, db influx.Database, span string, out []gtc.Sample) ([]gtc.Sample, error) {
	q := fmt.Sprintf("SELECT quality FROM %s WHERE %s GROUP BY equipment, point", influx.MeasurementQuality, span)
	err := h.db.Query(ctx, db, q, func(t *influx.Table) error {
		id := gtc.Series{Site: h.info.ID, Equipment: gtc.EquipmentID(t.Tags[influx.TagEquipment]), Point: gtc.PointID(t.Tags[influx.TagPoint])}
		for i := range t.Values {
			out = append(out, gtc.Sample{Series: id, At: t.Time(i), Quality: gtc.ParseQuality(t.Text(i, 1))})
		}
		return nil
	})
	return out, err
}

func (h *History) readHeard(ctx context.Context, span string) ([]time.Time, error) {
	var out []time.Time
	q := fmt.Sprintf("SELECT polls FROM %s WHERE %s", influx.MeasurementCollector, span)
	err := h.db.Query(ctx, influx.Raw, q, func(t *influx.Table) error {
		for i := range t.Values {
			out = append(out, t.Time(i))
		}
		return nil
	})
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal), err
}

// ParseLines decodes line protocol with millisecond stamps into samples of any
// site, in the order of the lines.
func ParseLines(lines []byte) ([]gtc.Sample, error) { return parseLines("", lines) }
