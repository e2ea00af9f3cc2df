package gtc

// PointID names one quantity of one kind of equipment as in the point
// catalogue, for example "flow_temp". It matches [a-z0-9_]+; what one site
// alone has starts with "x_".
type PointID string

// Function says what a point is for.
type Function string

// The functions of a point (Project Haystack: exactly one each).
const (
	FunctionSensor    Function = "sensor"
	FunctionCommand   Function = "cmd"
	FunctionSetpoint  Function = "sp"
	FunctionSynthetic Function = "synthetic"
)

// Owner says who may write a point.
type Owner string

// The owners of a point. Only points owned by gtc can ever be written by it.
const (
	OwnerGTC       Owner = "gtc"
	OwnerIncumbent Owner = "incumbent"
	OwnerLocal     Owner = "local"
)

// Series names the samples of one point of one equipment of one site.
type Series struct {
	Site      SiteID      `json:"site"`
	Kind      Kind        `json:"kind"`
	Equipment EquipmentID `json:"equipment"`
	Point     PointID     `json:"point"`
}

// String returns site/equipment/point.
func (s Series) String() string {
	return string(s.Site) + "/" + string(s.Equipment) + "/" + string(s.Point)
}
