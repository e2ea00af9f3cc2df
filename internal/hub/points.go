package hub

import (
	"slices"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/collector/profile"
	"github.com/cpas-charleroi/gtc/internal/catalogue"
	"github.com/cpas-charleroi/gtc/internal/config"
)

// pointInfo is one point that a site's configuration reads.
type pointInfo struct {
	gtc.Series
	meta catalogue.Point
	// privacy is the stricter of the equipment's and the point's class.
	privacy gtc.Privacy
	// poll is the poll interval, 0 for messages that come by themselves.
	poll   time.Duration
	device gtc.DeviceID
	// optional: one never heard of is not missing.
	optional bool
}

// siteInfo is one site with everything that is read there.
type siteInfo struct {
	gtc.Site
	points []pointInfo
	// byEquipment are the indices of points by equipment.
	byEquipment map[gtc.EquipmentID][]int
	devices     []config.Device
	serves      map[gtc.DeviceID][]gtc.EquipmentID
	// limits are those of cold rooms, in °C, where one is given.
	limits map[gtc.EquipmentID]*float64
}

func newSiteInfo(s *config.Site, profiles map[string]*profile.Profile, cat *catalogue.Catalogue) *siteInfo {
	info := &siteInfo{
		Site: s.Domain(), byEquipment: map[gtc.EquipmentID][]int{},
		devices: s.Devices, serves: map[gtc.DeviceID][]gtc.EquipmentID{}, limits: map[gtc.EquipmentID]*float64{},
	}
	kinds := map[gtc.EquipmentID]config.Equipment{}
	for _, e := range s.Equipment {
		kinds[e.ID] = e
		if e.LimitC != nil {
			info.limits[e.ID] = e.LimitC
		}
	}
	for _, d := range s.Devices {
		p := profiles[d.Profile]
		if p == nil {
			continue
		}
		info.addDevice(d, p, kinds, cat)
	}
	return info
}

func (info *siteInfo) addDevice(d config.Device, p *profile.Profile, kinds map[gtc.EquipmentID]config.Equipment, cat *catalogue.Catalogue) {
	add := func(eq gtc.EquipmentID, point gtc.PointID, poll time.Duration, optional bool) {
		e, ok := kinds[eq]
		if !ok || strings.Contains(string(point), "{") { // named by each message
			return
		}
		for _, i := range info.byEquipment[eq] {
			if info.points[i].Point == point {
				return
			}
		}
		meta, _ := cat.Point(e.Kind, point)
		info.byEquipment[eq] = append(info.byEquipment[eq], len(info.points))
		info.points = append(info.points, pointInfo{
			Series: gtc.Series{Site: info.ID, Kind: e.Kind, Equipment: eq, Point: point},
			meta:   meta, privacy: privacyOf(e, meta, point), poll: poll, device: d.ID, optional: optional,
		})
		info.serve(d.ID, eq)
	}
	for _, r := range p.Registers {
		if eq, ok := d.Equipment[r.Slot]; ok {
			add(eq, r.Point, profile.PollPeriod(r.Poll), r.Optional)
		}
	}
	if p.Contacts != nil {
		for _, c := range d.Contacts {
			add(c.Equipment, c.Point, profile.PollPeriod(p.Contacts.Poll), false)
		}
	}
	for _, t := range p.Topics {
		for _, f := range t.Fields {
			if eq, ok := d.Equipment[f.Slot]; ok {
				add(eq, f.Point, 0, f.Optional)
			}
		}
	}
}

// privacyOf is the class of a point; one that the catalogue does not know has
// its equipment's and what the site says.
func privacyOf(e config.Equipment, meta catalogue.Point, id gtc.PointID) gtc.Privacy {
	meta.ID = id
	return e.PrivacyOf(meta)
}

func (info *siteInfo) serve(d gtc.DeviceID, eq gtc.EquipmentID) {
	if !slices.Contains(info.serves[d], eq) {
		info.serves[d] = append(info.serves[d], eq)
	}
}
