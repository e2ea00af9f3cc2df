package simulators

import (
	"fmt"
	"strings"
	"time"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/config"
	"github.com/cpas-charleroi/gtc/simulators/building"
	"github.com/cpas-charleroi/gtc/simulators/noise"
)

// Physics are the properties of one site that differ from what is usual for
// its category and area. Names and units as in [building.Params].
type Physics struct {
	LossWPerK       float64 `yaml:"loss_w_per_k"`
	AirShare        float64 `yaml:"air_share"`
	GlazingM2       float64 `yaml:"glazing_m2"`
	AirWhPerK       float64 `yaml:"air_wh_per_k"`
	StructureWhPerK float64 `yaml:"structure_wh_per_k"`
	VolumeM3        float64 `yaml:"volume_m3"`
	People          float64 `yaml:"people"`

	ComfortTemp     float64 `yaml:"comfort_temp"`
	SetbackTemp     float64 `yaml:"setback_temp"`
	CurveSlope      float64 `yaml:"curve_slope"`
	CurveShiftK     float64 `yaml:"curve_shift_k"`
	FlowTempMin     float64 `yaml:"flow_temp_min"`
	FlowTempMax     float64 `yaml:"flow_temp_max"`
	SummerLimitTemp float64 `yaml:"summer_limit_temp"`
	RadiatorKW      float64 `yaml:"radiator_kw"`
	PipeWPerK       float64 `yaml:"pipe_w_per_k"`

	BoilerKW         float64 `yaml:"boiler_kw"`
	BoilerEfficiency float64 `yaml:"boiler_efficiency"`
	MinModulation    float64 `yaml:"min_modulation"`
	NonCondensing    bool    `yaml:"non_condensing"`
	BoilerTempMin    float64 `yaml:"boiler_temp_min"`
	SwitchingK       float64 `yaml:"switching_k"`

	HotWaterLitres float64 `yaml:"hot_water_litres"`
	HotWaterTemp   float64 `yaml:"hot_water_temp"`
	TankLitres     float64 `yaml:"tank_litres"`
	LoopWPerK      float64 `yaml:"loop_w_per_k"`

	VentilationM3h     float64 `yaml:"ventilation_m3h"`
	NaturalVentilation bool    `yaml:"natural_ventilation"`
	HeatRecovery       float64 `yaml:"heat_recovery"`
	SupplyAirTemp      float64 `yaml:"supply_air_temp"`
	CoolingKW          float64 `yaml:"cooling_kw"`

	BaseLoadKW     float64 `yaml:"base_load_kw"`
	OccupiedLoadKW float64 `yaml:"occupied_load_kw"`
	LightingKW     float64 `yaml:"lighting_kw"`
	EquipmentKW    float64 `yaml:"equipment_kw"`
	KitchenKW      float64 `yaml:"kitchen_kw"`
	LiftKW         float64 `yaml:"lift_kw"`
	VentilationKW  float64 `yaml:"ventilation_kw"`
	ElectricGain   float64 `yaml:"electric_gain"`
	GasVariation   float64 `yaml:"gas_variation"`

	// Submeters give the share (0 to 1) of the site's electricity that an
	// electricity meter measures; a meter not named here measures all of it.
	Submeters map[string]float64 `yaml:"submeters"`
	// ColdRooms give the temperature that a cold room is held at, °C; 3 for
	// one not named here.
	ColdRooms map[string]float64 `yaml:"cold_rooms"`
	Faults    []Fault            `yaml:"faults"`
}

// share returns the part of the electricity that a meter measures.
func (p Physics) share(meter gtc.EquipmentID) float64 {
	if v, ok := p.Submeters[string(meter)]; ok {
		return v
	}
	return 1
}

// params returns the building of a site.
func (f *File) params(cfg *config.Site, loc *time.Location, epoch, origin time.Time) building.Params {
	p := f.Sites[string(cfg.ID)]
	return building.Params{
		Seed: noise.Seed(f.Seed, string(cfg.ID)), Weather: f.weather(),
		Location: loc, Epoch: epoch, Category: cfg.Category, AreaM2: cfg.AreaM2,

		LossWPerK: p.LossWPerK, AirShare: p.AirShare, GlazingM2: p.GlazingM2,
		AirWhPerK: p.AirWhPerK, StructureWhPerK: p.StructureWhPerK, VolumeM3: p.VolumeM3, People: p.People,
		ComfortTemp: p.ComfortTemp, SetbackTemp: p.SetbackTemp,
		CurveSlope: p.CurveSlope, CurveShiftK: p.CurveShiftK, FlowTempMin: p.FlowTempMin, FlowTempMax: p.FlowTempMax,
		SummerLimitTemp: p.SummerLimitTemp, RadiatorKW: p.RadiatorKW, PipeWPerK: p.PipeWPerK,
		BoilerKW: p.BoilerKW, BoilerEfficiency: p.BoilerEfficiency, MinModulation: p.MinModulation,
		NonCondensing: p.NonCondensing, BoilerTempMin: p.BoilerTempMin, SwitchingK: p.SwitchingK,
		HotWaterLitres: p.HotWaterLitres, HotWaterTemp: p.HotWaterTemp, TankLitres: p.TankLitres, LoopWPerK: p.LoopWPerK,
		VentilationM3h: p.VentilationM3h, NaturalVentilation: p.NaturalVentilation,
		HeatRecovery: p.HeatRecovery, SupplyAirTemp: p.SupplyAirTemp, CoolingKW: p.CoolingKW,
		BaseLoadKW: p.BaseLoadKW, OccupiedLoadKW: p.OccupiedLoadKW, LightingKW: p.LightingKW, EquipmentKW: p.EquipmentKW,
		KitchenKW: p.KitchenKW, LiftKW: p.LiftKW, VentilationKW: p.VentilationKW,
		ElectricGain: p.ElectricGain, GasKWhPerM3: gasKWhPerM3(cfg), GasVariation: p.GasVariation,
		Faults: p.buildingFaults(origin),
	}
}

// Sound returns the building of a site as it is while nothing is wrong, from an
// epoch on.
func (f *File) Sound(cfg *config.Site, epoch time.Time) (building.Params, error) {
	loc, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return building.Params{}, fmt.Errorf("building of %s: %w", cfg.ID, err)
	}
	p := f.params(cfg, loc, epoch, epoch)
	p.Faults = nil
	return p, nil
}

// gasKWhPerM3 returns what the site's gas meter says one m³ is worth.
func gasKWhPerM3(cfg *config.Site) float64 {
	for _, m := range cfg.Meters {
		if m.Carrier == gtc.CarrierGas {
			return m.KWhPerUnit
		}
	}
	return 0
}

// impossible returns what cannot be about the building of a site: the path
// under the site in a park file, and why.
func (f *File) impossible(cfg *config.Site) []problem {
	// Any origin will do: faults are written relative to it.
	origin := time.Unix(0, 0).UTC()
	loc, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return []problem{{"", "the site has no known time zone"}}
	}
	ph := f.Sites[string(cfg.ID)]
	var written []int // the places of the building's faults in the file
	for i, fault := range ph.Faults {
		if _, ok := fault.inBuilding(origin); ok {
			written = append(written, i)
		}
	}
	var out []problem
	for _, w := range f.params(cfg, loc, origin.Add(time.Duration(f.start())), origin).Validate() {
		field := w.Field
		if rest, ok := strings.CutPrefix(field, "faults["); ok {
			var key string
			n := 0
			for _, c := range rest {
				if c < '0' || c > '9' {
					break
				}
				n = 10*n + int(c-'0')
			}
			_, key, _ = strings.Cut(rest, "].")
			if key == "from" || key == "to" || key == "ramp" {
				continue // said of all faults, in the words of the file
			}
			field = faultPath(written[n], key)
		}
		out = append(out, problem{field, w.What})
	}
	return out
}
