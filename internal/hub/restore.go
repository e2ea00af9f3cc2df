package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// remembered is how far back a starting hub looks for last values. Older ones
// are of no use to anyone who acts.
const remembered = 7 * 24 * time.Hour

// restoreLive fills the live table with the last stored values, so that a hub
// that starts again does not show as unknown what is only read rarely. Their
// own instants tell how old they are.
func (h *Hub) restoreLive(ctx context.Context) error {
	since := h.now().Add(-remembered)
	for _, s := range h.sites {
		byKind := map[gtc.Kind]map[gtc.PointID]influx.Database{}
		for i := range s.points {
			p := &s.points[i]
			if byKind[p.Kind] == nil {
				byKind[p.Kind] = map[gtc.PointID]influx.Database{}
			}
			byKind[p.Kind][p.Point] = influx.DatabaseOf(p.privacy)
		}
		for kind, points := range byKind {
			if err := h.restoreKind(ctx, s.ID, kind, points, since); err != nil {
				return err
			}
		}
		if err := h.restoreQuality(ctx, s.ID, since); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hub) restoreKind(ctx context.Context, site gtc.SiteID, kind gtc.Kind, points map[gtc.PointID]influx.Database, since time.Time) error {
	queries := map[influx.Database][]string{}
	for _, p := range slices.Sorted(maps.Keys(points)) {
		queries[points[p]] = append(queries[points[p]], fmt.Sprintf("SELECT last(%s) AS %s FROM %s WHERE site=%s AND time >= %dms GROUP BY equipment",
			influx.Ident(string(p)), influx.Ident(string(p)), influx.Ident(string(kind)), influx.Quote(string(site)), since.UnixMilli()))
	}
	for db, qs := range queries {
		var samples []gtc.Sample
		err := h.db.Query(ctx, db, strings.Join(qs, "; "), func(t *influx.Table) error {
			id := gtc.Series{Site: site, Kind: kind, Equipment: gtc.EquipmentID(t.Tags[influx.TagEquipment]), Point: gtc.PointID(t.Columns[1])}
			for i := range t.Values {
				if v := h.typed(id, t, i); v.Present() {
					samples = append(samples, gtc.Sample{Series: id, At: t.Time(i), Value: v, Quality: gtc.QualityGood})
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		h.live.observe(site, samples)
	}
	return nil
}

// typed reads a stored value back as the type of its point.
func (h *Hub) typed(s gtc.Series, t *influx.Table, row int) gtc.Value {
	f, ok := t.Float(row, 1)
	if !ok {
		return gtc.Value{}
	}
	info := h.byID[s.Site]
	for _, i := range info.byEquipment[s.Equipment] {
		if info.points[i].Point == s.Point {
			return gtc.Value{Type: info.points[i].meta.Type, Num: f}
		}
	}
	return gtc.Value{}
}

func (h *Hub) restoreQuality(ctx context.Context, site gtc.SiteID, since time.Time) error {
	q := fmt.Sprintf("SELECT last(quality) FROM %s WHERE site=%s AND time >= %dms GROUP BY equipment, point",
		influx.MeasurementQuality, influx.Quote(string(site)), since.UnixMilli())
	for _, db := range []influx.Database{influx.Raw, influx.Private} {
		err := h.db.Query(ctx, db, q, func(t *influx.Table) error {
			id := gtc.Series{Site: site, Equipment: gtc.EquipmentID(t.Tags[influx.TagEquipment]), Point: gtc.PointID(t.Tags[influx.TagPoint])}
			for i := range t.Values {
				h.live.observe(site, []gtc.Sample{{Series: id, At: t.Time(i), Quality: gtc.ParseQuality(t.Text(i, 1))}})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
