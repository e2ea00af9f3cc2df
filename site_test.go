package gtc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc"
)

func TestStaffed(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	for at, want := range map[string]bool{
		"2026-12-24 10:00": true,
		"2026-12-25 10:00": false, // a Friday
		"2026-12-28 07:29": false,
		"2026-12-28 07:30": true,
		"2026-12-28 17:00": false,
		"2026-12-26 10:00": false, // a Saturday
		"2026-04-06 10:00": false, // Easter Monday
		"2026-05-14 10:00": false, // Ascension
		"2026-05-15 10:00": true,
		"2026-05-25 10:00": false, // Whit Monday
		"2026-07-21 16:59": false,
		"2026-07-22 16:59": true,
	} {
		local, err := time.ParseInLocation("2006-01-02 15:04", at, brussels)
		require.NoError(t, err)
		require.Equal(t, want, gtc.Staffed(local.UTC(), brussels), at)
	}
}
