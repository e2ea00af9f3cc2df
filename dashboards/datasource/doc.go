// Package datasource is the backend of the Grafana data source
// cpas-gtc-datasource: it turns what a panel asks (points, energy, findings,
// alarms, sites, collectors …) into questions to the hub's HTTP API and the
// answers into data frames. It holds a service token of the hub and no other
// secret; InfluxDB is never asked past the hub.
//
// A wall must not lie: what is not known is a null, a state "unknown" or a
// notice, never a zero, and a question that matches nothing is an error, not
// an empty panel. Every error has a status, a source (downstream for all but
// our own faults) and a text that says how to mend it.
package datasource
