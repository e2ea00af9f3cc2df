package alarm_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/rules/alarm"
)

// BenchmarkObserve judges samples of a park of 50 sites of 12 equipment: mostly
// plain values, some expressions; nothing is raised.
func BenchmarkObserve(b *testing.B) {
	_, classes := load(b)
	var sites []gtc.Site
	for i := range 50 {
		s := gtc.Site{ID: gtc.SiteID(fmt.Sprintf("site-%d", i))}
		for _, k := range []gtc.Kind{"fire_panel", "boiler", "heating_circuit", "dhw", "contact", "ventilation"} {
			for n := range 2 {
				s.Equipment = append(s.Equipment, gtc.Equipment{ID: gtc.EquipmentID(fmt.Sprintf("%s-%d", k, n)), Kind: k})
			}
		}
		sites = append(sites, s)
	}
	points := map[gtc.Kind][]gtc.PointID{
		"fire_panel": {"fire_alarm", "fault", "test"}, "boiler": {"lockout", "pressure_low"},
		"heating_circuit": {"pump_run", "room_temp", "flow_temp", "flow_temp_sp"},
		"dhw":             {"storage_temp"}, "contact": {"gas_alarm", "door_open"}, "ventilation": {"fault"},
	}
	var round []gtc.Sample
	for _, s := range sites {
		for _, eq := range s.Equipment {
			for _, p := range points[eq.Kind] {
				v := gtc.Bool(false)
				if p == "room_temp" || p == "flow_temp" || p == "flow_temp_sp" || p == "storage_temp" {
					v = gtc.Float(60)
				}
				round = append(round, gtc.Sample{
					Series:  gtc.Series{Site: s.ID, Kind: eq.Kind, Equipment: eq.ID, Point: p},
					Value:   v,
					Quality: gtc.QualityGood,
				})
			}
		}
	}
	e := alarm.New(classes, sites, nil)
	at := start
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(time.Second)
		for i := range round {
			round[i].At = at
		}
		e.Observe(round)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(round)), "ns/sample")
}

// BenchmarkTick is the time of one second's housekeeping for 50 quiet sites.
func BenchmarkTick(b *testing.B) {
	_, classes := load(b)
	var sites []gtc.Site
	for i := range 50 {
		sites = append(sites, gtc.Site{ID: gtc.SiteID(fmt.Sprintf("site-%d", i))})
	}
	e := alarm.New(classes, sites, nil)
	now := start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Millisecond)
		e.Tick(now)
	}
}
