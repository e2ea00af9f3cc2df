// Command gpx_gtc is the backend of the Grafana data source
// cpas-gtc-datasource. Grafana starts it; it is of no use by itself.
package main

import (
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	gtc "github.com/cpas-charleroi/gtc/dashboards/datasource"
)

func main() {
	if err := datasource.Manage(gtc.PluginID, gtc.New, datasource.ManageOpts{}); err != nil {
		log.DefaultLogger.Error(err.Error())
		os.Exit(1)
	}
}
