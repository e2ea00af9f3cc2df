package kiosk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cpas-charleroi/gtc"
)

// Waiting asks the hub whether an alarm of priority 1 or 2 waits for somebody.
type Waiting func(ctx context.Context) (bool, error)

// AskHub asks the HTTP API of the hub at an address, with a service token or
// without one where the hub lets anybody read.
func AskHub(client *http.Client, address, token string) Waiting {
	return func(ctx context.Context) (bool, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/v1/alarms", nil)
		if err != nil {
			return false, err
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := client.Do(r)
		if err != nil {
			return false, fmt.Errorf("ask %s for alarms: %w", address, err)
		}
		defer answer.Body.Close() //nolint:errcheck // only read
		if answer.StatusCode != http.StatusOK {
			return false, fmt.Errorf("ask %s for alarms: %s", address, answer.Status)
		}
		var standing struct {
			Alarms []struct {
				Priority gtc.Priority   `json:"priority"`
				State    gtc.AlarmState `json:"state"`
			} `json:"alarms"`
		}
		if err := json.NewDecoder(answer.Body).Decode(&standing); err != nil {
			return false, fmt.Errorf("ask %s for alarms: %w", address, err)
		}
		for _, a := range standing.Alarms {
			if a.Priority <= gtc.PriorityHigh && (a.State == gtc.AlarmUnacknowledged || a.State == gtc.AlarmLatchedUnacknowledged) {
				return true, nil
			}
		}
		return false, nil
	}
}
