package console

import (
	"time"

	"github.com/cpas-charleroi/gtc"
)

// plain is a site with nothing abnormal.
func (f *fixture) plain(id gtc.SiteID, name string, c gtc.Category) SiteDetail {
	d := SiteDetail{
		SiteSummary: SiteSummary{
			ID: id, Label: text(name, name, name), Category: c, State: StateNormal, LastSample: f.ago(8 * time.Second),
			Linked: true, LinkSince: f.ago(9 * 24 * time.Hour), Points: 42,
			Delivery: Delivery{State: DeliveryInOrder, Newest: f.ago(8 * time.Second), Known: true},
		},
		At: f.now, Address: "Boulevard Joseph II 13, 6000 Charleroi", TimeZone: zoneName, AreaM2: 3250,
	}
	d.Meters = []MeterRef{
		{"gas", text("Gaz chaufferie", "Gas stookplaats", "Boiler room gas"), gtc.CarrierGas, gtc.DirectionImport},
		{"grid", text("Électricité réseau", "Elektriciteit net", "Grid electricity"), gtc.CarrierElectricity, gtc.DirectionImport},
	}
	d.Devices = []DeviceState{
		{ID: "regulator-1", Profile: "danfoss-ecl310-a247", Online: true, Known: true, LastSuccess: f.ago(8 * time.Second)},
		{ID: "p1", Profile: "belgian-p1", Online: true, Known: true, LastSuccess: f.ago(3 * time.Second)},
		{ID: "fire", Profile: "moxa-iologik-e1210", Online: true, Known: true, LastSuccess: f.ago(2 * time.Second)},
	}
	d.Equipment = f.equipment()
	return d
}

func (f *fixture) value(e gtc.EquipmentID, k gtc.Kind, p gtc.PointID, l gtc.Label, unit string, v float64) LiveValue {
	return LiveValue{
		Equipment: e, Kind: k, Point: p, Label: l, Unit: unit, Type: "float", Value: &v, At: f.ago(8 * time.Second),
		Quality: "good", PollSeconds: 10,
	}
}

func (f *fixture) state(e gtc.EquipmentID, k gtc.Kind, p gtc.PointID, l gtc.Label, on bool) LiveValue {
	v := f.value(e, k, p, l, "", 0)
	v.Type = "bool"
	if on {
		v.Value = new(1.0)
	}
	return v
}

func (f *fixture) equipment() []EquipmentDetail {
	mode := f.value("circuit-1", "heating_circuit", "mode", text("mode", "modus", "mode"), "", 1)
	mode.Type, mode.Text = "enum", text("automatique", "automatisch", "automatic")
	set := f.value("intrusion-1", gtc.KindIntrusionPanel, "set_state", text("état de mise en service", "inschakeltoestand", "set state"), "", 2)
	set.Type, set.Text, set.PollSeconds = "enum", text("armée", "ingeschakeld", "set"), 0
	circuit := gtc.Kind("heating_circuit")
	return []EquipmentDetail{
		{ID: "circuit-1", Kind: circuit, Label: text("Circuit radiateurs nord", "Radiatorkring noord", "North radiators"), Device: "regulator-1", Values: []LiveValue{
			f.value("circuit-1", circuit, "flow_temp", text("température de départ", "vertrektemperatuur", "flow temperature"), "°C", 51.4),
			f.value("circuit-1", circuit, "return_temp", text("température de retour", "retourtemperatuur", "return temperature"), "°C", 42.8),
			f.value("circuit-1", circuit, "flow_temp_sp", text("consigne de départ", "instelwaarde vertrek", "flow set point"), "°C", 52),
			f.value("circuit-1", circuit, "valve_pct", text("vanne mélangeuse", "mengkraan", "mixing valve"), "%", 63),
			f.state("circuit-1", circuit, "pump_run", text("circulateur en marche", "circulatiepomp draait", "pump runs"), true),
			f.state("circuit-1", circuit, "fault", text("dérangement", "storing", "fault"), false),
			f.state("circuit-1", circuit, "local_manual", text("manuel local", "lokaal manueel", "local manual"), false),
			mode,
		}},
		{ID: "grid", Kind: gtc.KindElectricityMeter, Label: text("Électricité réseau", "Elektriciteit net", "Grid electricity"), Device: "p1", Values: []LiveValue{
			f.value("grid", gtc.KindElectricityMeter, "power_kw", text("puissance", "vermogen", "power"), "kW", 38.24),
			f.value("grid", gtc.KindElectricityMeter, "energy_kwh", text("index", "meterstand", "index"), "kWh", 1284503),
		}},
		{ID: "gas", Kind: gtc.KindGasMeter, Label: text("Gaz chaufferie", "Gas stookplaats", "Boiler room gas"), Device: "pulse", Values: []LiveValue{
			f.value("gas", gtc.KindGasMeter, "volume_m3", text("index", "meterstand", "index"), "m³", 88412.37),
		}},
		{ID: "fire-1", Kind: gtc.KindFirePanel, Label: text("Centrale incendie", "Brandcentrale", "Fire panel"), Device: "fire", Values: []LiveValue{
			f.state("fire-1", gtc.KindFirePanel, "fire_alarm", text("alarme incendie", "brandalarm", "fire alarm"), false),
			f.state("fire-1", gtc.KindFirePanel, "system_fault", text("dérangement général", "algemene storing", "system fault"), false),
			f.state("fire-1", gtc.KindFirePanel, "disablement", text("mise hors service", "buitendienststelling", "disablement"), false),
		}},
		{ID: "intrusion-1", Kind: gtc.KindIntrusionPanel, Label: text("Centrale intrusion", "Inbraakcentrale", "Intrusion panel"), Values: []LiveValue{
			set,
			f.state("intrusion-1", gtc.KindIntrusionPanel, "intrusion_alarm", text("alarme intrusion", "inbraakalarm", "intrusion alarm"), false),
			f.state("intrusion-1", gtc.KindIntrusionPanel, "tamper", text("autoprotection", "sabotage", "tamper"), false),
		}},
	}
}

// alarm adds a standing alarm, given its equipment, class, priority, state and
// texts, that has stood for a while.
func (f *fixture) alarm(d *SiteDetail, a gtc.Alarm, stood time.Duration) {
	a.ID, a.Site, a.Occurrence = string(d.ID)+"/"+string(a.Equipment)+"/"+a.Class, d.ID, 1
	a.Since, a.Changed = f.ago(stood), f.ago(stood)
	for _, q := range d.Equipment {
		if q.ID == a.Equipment {
			a.Kind = q.Kind
		}
	}
	if a.State == gtc.AlarmAcknowledged {
		a.By, a.Occurrence = "chauffagiste de garde", 3
	}
	d.Standing = append(d.Standing, a)
	d.Alarms[a.Priority]++
	d.State = StateAlarm
	if d.Worst == nil || a.Priority < d.Worst.Priority {
		d.Worst = &a
	}
}

// finding adds a finding on the gas meter: kind, onset, per cent, kWh a week
// and causes are given, the rest follows.
func (f *fixture) finding(d *SiteDetail, given gtc.Finding, eur float64) {
	const meter = "gas"
	kind, onset, pct, week, causes := given.Kind, given.Onset, given.ExcessPct, given.KWhPerWeek, given.Causes
	days := f.now.Sub(onset).Hours() / 24
	p := PricedFinding{
		Finding: gtc.Finding{
			ID: string(d.ID) + "/" + meter + "/cusum/" + onset.Format(time.DateOnly), Site: d.ID, Meter: meter, Carrier: gtc.CarrierGas,
			Rule: "cusum", Kind: kind, State: gtc.FindingNew, Onset: onset, Detected: onset.AddDate(0, 0, 17), Through: f.ago(24 * time.Hour),
			ExcessKWh: week * days / 7, ExcessPct: pct, BandPct: 3.1, Confidence: 0.997, KWhPerWeek: week, Causes: causes,
			Inputs: map[string]string{"model": "hdd_only", "baseline": "2024-10-01/2025-09-30", "h": "8", "k": "0.5"},
		},
		SiteLabel: d.Label, MeterLabel: meterLabel(d.Meters, meter),
		EUR: new(eur * days / 7), EURPerWeek: new(eur), Tariff: "Gaz 2026, 0,094 EUR/kWh TVAC",
		KgCO2: new(week * days / 7 * 0.202), KgCO2PerWeek: new(week * 0.202), FactorSet: "PEB Wallonie 2021, PCS",
	}
	d.Open = append(d.Open, p)
	d.Findings++
	if kind == gtc.FindingDrift {
		total := eur + weekly(d.SiteSummary)
		d.KWhPerWeek += week
		d.EURPerWeek = &total
		if d.State == StateNormal {
			d.State = StateDrift
		}
	}
}

// build makes the sites in no useful order: the console puts the worst first.
func (f *fixture) build() []SiteDetail {
	couillet := f.plain("couillet", "Espace citoyen de Couillet", gtc.CategoryCommunityCentre)
	jumet := f.plain("jumet", "Antenne sociale de Jumet", gtc.CategorySocialOffice)
	f.finding(&jumet, gtc.Finding{Kind: gtc.FindingDrift, Onset: time.Date(2026, 3, 2, 0, 0, 0, 0, f.zone), ExcessPct: 21, KWhPerWeek: 760, Causes: []gtc.Cause{{ID: "base", KWh: 9800}}}, 71.4)
	roux := f.plain("roux", "Espace citoyen de Roux", gtc.CategoryCommunityCentre)
	f.finding(&roux, gtc.Finding{Kind: gtc.FindingSaving, Onset: time.Date(2026, 2, 14, 0, 0, 0, 0, f.zone), ExcessPct: -24, KWhPerWeek: -540}, -50.8)

	out := []SiteDetail{couillet, f.marcinelle(), jumet, f.dampremy(), f.gosselies(), f.gilly(), roux, f.montignies(), f.ransart(), f.lodelinsart()}
	out = append(out,
		f.plain("marchienne", "Abri de nuit de Marchienne", gtc.CategoryNightShelter),
		f.plain("central", "Siège central", gtc.CategoryOffice))
	return out
}

func (f *fixture) dampremy() SiteDetail {
	d := f.plain("dampremy", "Maison de repos de Dampremy", gtc.CategoryRestHome)
	boiler := gtc.Kind("boiler")
	d.Equipment = append(d.Equipment, EquipmentDetail{ID: "boiler-2", Kind: boiler, Label: text("Chaudière 2", "Ketel 2", "Boiler 2"), Device: "regulator-1", Values: []LiveValue{
		f.value("boiler-2", boiler, "flow_temp", text("température de départ", "vertrektemperatuur", "flow temperature"), "°C", 31.2),
		f.state("boiler-2", boiler, "lockout", text("mise en sécurité", "vergrendeling", "lockout"), true),
		f.state("boiler-2", boiler, "burner_run", text("brûleur en marche", "brander draait", "burner runs"), false),
	}})
	boiler2 := d.Equipment[len(d.Equipment)-1]
	boiler2.Values[1].Abnormal = true
	d.Equipment[3].Values[0].Value, d.Equipment[3].Values[0].Abnormal = new(1.0), true
	f.alarm(&d, gtc.Alarm{
		Equipment: "fire-1", Class: "fire", Priority: gtc.PriorityCritical, State: gtc.AlarmUnacknowledged,
		Label:  text("Alarme incendie", "Brandalarm", "Fire alarm"),
		Advice: text("Appliquer la procédure incendie du site, appeler le 112, prévenir la garde.", "Volg de brandprocedure van de site, bel 112, verwittig de wacht.", "Follow the site's fire procedure, call 112, tell the person on duty."),
	}, 4*time.Minute)
	f.alarm(&d, gtc.Alarm{
		Equipment: "boiler-2", Class: "lockout", Priority: gtc.PriorityHigh, State: gtc.AlarmAcknowledged,
		Label:  text("Chaudière en sécurité", "Ketel vergrendeld", "Boiler locked out"),
		Advice: text("Vérifier la pression d’eau et le gaz, réarmer une seule fois, sinon appeler le chauffagiste.", "Controleer waterdruk en gas, één keer resetten, anders de installateur bellen.", "Check water pressure and gas, reset once, else call the contractor."),
	}, 7*time.Hour+51*time.Minute)
	f.alarm(&d, gtc.Alarm{
		Equipment: "circuit-1", Class: "temp-low", Priority: gtc.PriorityMedium, State: gtc.AlarmReturned,
		Label: text("Départ trop froid", "Vertrek te koud", "Flow too cold"),
	}, 26*time.Hour)
	f.finding(&d, gtc.Finding{Kind: gtc.FindingDrift, Onset: time.Date(2026, 8, 25, 0, 0, 0, 0, f.zone), ExcessPct: 18.4, KWhPerWeek: 894, Causes: []gtc.Cause{{ID: "night", KWh: 7400}, {ID: "slope", KWh: 2100}}}, 84.03)
	return d
}

func (f *fixture) gilly() SiteDetail {
	d := f.plain("gilly", "Maison de repos de Gilly", gtc.CategoryRestHome)
	f.alarm(&d, gtc.Alarm{
		Equipment: "circuit-1", Class: "lockout", Priority: gtc.PriorityHigh, State: gtc.AlarmUnacknowledged,
		Label:  text("Circulateur arrêté alors qu’il fait froid", "Circulatiepomp staat stil bij koud weer", "Pump stopped in cold weather"),
		Advice: text("Relancer le circulateur, vérifier le disjoncteur.", "Pomp herstarten, automaat controleren.", "Restart the pump, check the breaker."),
	}, 131*time.Minute)
	return d
}

func (f *fixture) marcinelle() SiteDetail {
	d := f.plain("marcinelle", "Cuisine centrale de Marcinelle", gtc.CategoryKitchen)
	f.alarm(&d, gtc.Alarm{
		Equipment: "grid", Class: "power-high", Priority: gtc.PriorityMedium, State: gtc.AlarmUnacknowledged,
		Label: text("Pointe électrique au-dessus du contrat", "Piekvermogen boven contract", "Peak above contract"),
	}, 34*time.Minute)
	return d
}

// gosselies has never been read: put into service today, nothing known.
func (f *fixture) gosselies() SiteDetail {
	d := f.plain("gosselies", "Antenne sociale de Gosselies", gtc.CategorySocialOffice)
	d.State, d.LastSample, d.Linked, d.LinkSince = StateUnknown, time.Time{}, false, time.Time{}
	d.Delivery = Delivery{State: DeliveryLate, Newest: d.LastSample, LateSeconds: 163 * 60, Waiting: 214}
	d.StalePoints = d.Points
	for i := range d.Equipment {
		for j := range d.Equipment[i].Values {
			v := &d.Equipment[i].Values[j]
			v.Value, v.At, v.Quality, v.Text = nil, time.Time{}, "unknown", nil
		}
	}
	d.Devices = []DeviceState{{ID: "regulator-1", Profile: "danfoss-ecl310-a247"}}
	return d
}

// montignies has gone silent: last values known, with their age.
func (f *fixture) montignies() SiteDetail {
	d := f.plain("montignies", "Maison de repos de Montignies-sur-Sambre", gtc.CategoryRestHome)
	d.State, d.LastSample, d.Linked, d.LinkSince, d.Backlog = StateUnknown, f.ago(163*time.Minute), false, f.ago(162*time.Minute), 214
	d.StalePoints = d.Points
	for i := range d.Equipment {
		for j := range d.Equipment[i].Values {
			v := &d.Equipment[i].Values[j]
			v.At, v.Stale, v.Quality = d.LastSample, true, "stale"
		}
	}
	for i := range d.Devices {
		d.Devices[i].Online, d.Devices[i].LastSuccess = false, d.LastSample
		d.Devices[i].LastError = "read regulator-1 at modbus://10.20.4.7:502 unit 5 holding 11200+4: timeout after 2s"
	}
	return d
}

// ransart is late: one device no longer answers.
func (f *fixture) ransart() SiteDetail {
	d := f.plain("ransart", "Antenne sociale de Ransart", gtc.CategorySocialOffice)
	d.State, d.StalePoints = StateStale, 8
	for j := range d.Equipment[0].Values {
		v := &d.Equipment[0].Values[j]
		v.At, v.Stale, v.Quality = f.ago(37*time.Minute), true, "comm_lost"
	}
	d.Devices[0] = DeviceState{
		ID: "regulator-1", Profile: "danfoss-ecl310-a247", Known: true, LastSuccess: f.ago(37 * time.Minute),
		Polls: 4210, Errors: 31, Timeouts: 29, Reconnects: 2, Exceptions: map[string]uint64{"2": 1}, Refused: 1, P50MS: 41.5, P95MS: 180,
		LastError: "read regulator-1 at modbus://10.20.9.7:502 unit 5 holding 11200+4: timeout after 2s",
	}
	return d
}

// lodelinsart has nothing configured yet.
func (f *fixture) lodelinsart() SiteDetail {
	d := f.plain("lodelinsart", "Logements de Lodelinsart", gtc.CategoryHousing)
	d.Equipment, d.Devices, d.Meters, d.Points = nil, nil, nil, 0
	return d
}
