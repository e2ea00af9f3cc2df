package console

import (
	"strings"

	"github.com/cpas-charleroi/gtc"
)

// private reports whether a value is shown to the eye on the site's page only:
// intrusion set states, occupancy, and what the model marks as of privacy
// class 2 or 3. Such a value is never handed out by the API, streamed,
// drawn or exported.
func private(v LiveValue) bool {
	return v.Private || privatePoint(v.Kind, v.Point)
}

// PrivatePoint reports whether a point is private whatever its site says:
// intrusion set states and occupancy.
func PrivatePoint(k gtc.Kind, p gtc.PointID) bool { return privatePoint(k, p) }

func privatePoint(k gtc.Kind, p gtc.PointID) bool {
	if k == gtc.KindIntrusionPanel {
		return p == "set_state" || strings.HasSuffix(string(p), "_set_state")
	}
	return k == "room" && p == "occupied"
}

// public returns the site without its private values.
func public(d SiteDetail) SiteDetail {
	equipment := make([]EquipmentDetail, 0, len(d.Equipment))
	for _, e := range d.Equipment {
		e.Values = publicValues(e.Values)
		equipment = append(equipment, e)
	}
	d.Equipment = equipment
	return d
}

func publicValues(values []LiveValue) []LiveValue {
	out := make([]LiveValue, 0, len(values))
	for _, v := range values {
		if !private(v) {
			out = append(out, v)
		}
	}
	return out
}
