package collector

import (
	"strings"

	"github.com/cpas-charleroi/gtc/internal/config"
)

// BrokerPassword returns the password of an MQTT connection: from the
// environment, GTC_MQTT_PASSWORD_<ID> of this connection (the id in capitals,
// _ for -) before GTC_MQTT_PASSWORD of all, else from its file.
func BrokerPassword(getenv func(string) string, conn config.Connection) (string, error) {
	own := passwordEnv + "_" + strings.ToUpper(strings.ReplaceAll(conn.ID, "-", "_"))
	if getenv(own) != "" {
		return config.Secret(getenv, own, "")
	}
	return config.Secret(getenv, passwordEnv, conn.PasswordFile)
}
