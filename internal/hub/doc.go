// Package hub is the centre: it joins the bus, the ingest into InfluxDB, the
// live table, the alarms, the energy rules and the console into one process.
//
// Its files follow the data:
//
//	bus → live.go (last values) → alarms.go (events)
//	    → ingest → InfluxDB → rollup.go → judge.go (baseline, drift) → findings.go
//	model*.go answers the console from all of them
//
// Every part that holds state owns it behind one mutex and starts no
// goroutine; [Hub.Run] owns all goroutines and returns when they have ended.
package hub
