package config

import (
	"github.com/cpas-charleroi/gtc"
)

// Factor is a dated CO2 factor as written in gtc.yaml.
type Factor struct {
	Carrier     gtc.Carrier `yaml:"carrier"`
	From        Date        `yaml:"from"`
	KgCO2PerKWh float64     `yaml:"kgco2_per_kwh"`
	// Set names the set; in a list of factors of one set it is not written.
	Set string `yaml:"set"`
	// Year the figure was made for, 0 if not stated.
	Year int `yaml:"year"`
	// Basis of the figure: pcs (if not given), pci or final.
	Basis gtc.Basis `yaml:"basis"`
	// Scope is direct, life_cycle or market.
	Scope  gtc.Scope `yaml:"scope"`
	Source string    `yaml:"source"`
	// Recorded is the day from which the figure is known, none for always.
	Recorded Date `yaml:"recorded"`
}

// Tariff is a dated marginal price as written in gtc.yaml, VAT included.
type Tariff struct {
	Carrier   gtc.Carrier `yaml:"carrier"`
	From      Date        `yaml:"from"`
	EURPerKWh float64     `yaml:"eur_per_kwh"`
	Source    string      `yaml:"source"`
	// Recorded is the day from which the price is known, none for always.
	Recorded Date `yaml:"recorded"`
}

// FactorSet is a named set of factors of one origin.
type FactorSet struct {
	Set     string    `yaml:"set"`
	Name    gtc.Label `yaml:"name"`
	Note    string    `yaml:"note"`
	Factors []Factor  `yaml:"factors"`
}

// HeatRatio is the net over the gross calorific value of a fuel.
type HeatRatio struct {
	Carrier   gtc.Carrier `yaml:"carrier"`
	PCIPerPCS float64     `yaml:"pci_per_pcs"`
	Source    string      `yaml:"source"`
}

// Carbon says how emissions are counted and what the path is.
type Carbon struct {
	// Set is the factor set used; Carriers choose another for some of them.
	Set      string                 `yaml:"set"`
	Carriers map[gtc.Carrier]string `yaml:"carriers"`
	// Sets and Ratios are one's own, beside and over the shipped ones.
	Sets   []FactorSet `yaml:"sets"`
	Ratios []HeatRatio `yaml:"ratios"`
	// Perimeter limits what the path counts.
	Perimeter Perimeter `yaml:"perimeter"`
	// Reference is the year that the path starts from.
	Reference YearFigures `yaml:"reference"`
	// Target is what is to be reached.
	Target PathTarget `yaml:"target"`
	// EED is the year that the final energy of public bodies is compared with.
	EED YearFigures `yaml:"eed"`
	// Years are figures of other years that were not metered here.
	Years []YearFigures `yaml:"years"`
	// Normals are the degree-days of a normal year of a station.
	Normals []StationNormal `yaml:"normals"`
	// Cadastre is the reference in kWh/m² a year of a category of buildings.
	Cadastre map[gtc.Category]float64 `yaml:"cadastre_kwh_per_m2"`
}

// Perimeter says which sites and carriers the path counts; all of an empty list.
type Perimeter struct {
	Sites    []gtc.SiteID  `yaml:"sites"`
	Carriers []gtc.Carrier `yaml:"carriers"`
}

// YearFigures are the consumption of one year of the whole perimeter, from
// invoices or an inventory. Without KWh the year is what was metered.
type YearFigures struct {
	Year int                     `yaml:"year"`
	KWh  map[gtc.Carrier]float64 `yaml:"kwh"`
	// BaseKWh is the part of KWh that does not follow the cold.
	BaseKWh map[gtc.Carrier]float64 `yaml:"base_kwh"`
	// Station is where the degree-days are taken, DJ15 their sum when it is not
	// published or measured.
	Station string  `yaml:"station"`
	DJ15    float64 `yaml:"dj15"`
	Source  string  `yaml:"source"`
}

// PathTarget is the reduction to be reached.
type PathTarget struct {
	Year         int     `yaml:"year"`
	ReductionPct float64 `yaml:"reduction_pct"`
}

// StationNormal is the degree-days of a normal year of a weather station.
type StationNormal struct {
	Station string  `yaml:"station"`
	Base    string  `yaml:"base"`
	Value   float64 `yaml:"value"`
	Period  string  `yaml:"period"`
	Source  string  `yaml:"source"`
}
