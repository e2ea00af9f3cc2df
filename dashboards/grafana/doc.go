// Package grafana holds the dashboards of the walls, of the buildings service
// and of the energy house, written once in Go and kept as the JSON files that
// Grafana provisions (folder dashboards). They ask the data source of package
// datasource; two plain ones ask InfluxDB, for those who do not install it.
//
// Rules of the screens: grey ground, colour only for what is abnormal and
// never alone, worst first, unknown and stale said in words and hatched, every
// number with its unit, decimal comma (the browser's language, so numbers are
// formatted by locale and units stand on axes and titles).
package grafana
