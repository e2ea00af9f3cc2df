package chaos

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The store does what each mode says, proves it, and is harmless otherwise.
func TestStoreMisbehaves(t *testing.T) {
	t.Parallel()
	taken := 0
	db := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		taken++
		w.WriteHeader(http.StatusNoContent)
	}))
	defer db.Close()
	s, err := startStore(t.Context())
	require.NoError(t, err)
	defer s.close()
	write := func() (int, error) {
		line := Measurement + ",equipment=" + Publisher + ",site=s power_kw=1 1700000000000"
		resp, err := http.Post(s.URL+"/api/v2/write", "text/plain", strings.NewReader(line)) //nolint:noctx // loopback
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	_, err = write()
	require.Error(t, err, "nobody there yet")
	s.to(db.URL)
	for mode, status := range map[Mode]int{Status500: 500, Status503: 503, Status429: 429, Status404: 404} {
		s.behave(mode)
		got, err := write()
		require.NoError(t, err)
		require.Equal(t, status, got)
		require.Equal(t, 1, s.count(mode))
	}
	require.Zero(t, taken)
	s.behave(Unheard)
	_, err = write()
	require.Error(t, err)
	require.Equal(t, 1, s.count(Unheard))
	require.Equal(t, 1, taken, "carried out all the same")
	s.behave(Hang)
	answer := make(chan error)
	go func() { _, err := write(); answer <- err }()
	require.Eventually(t, func() bool { return s.count(Hang) == 1 }, 5*time.Second, time.Millisecond)
	s.behave("")
	require.Error(t, <-answer)
	got, err := write()
	require.NoError(t, err)
	require.Equal(t, 204, got)
	w := s.seen()
	require.Equal(t, 2, w.Lines)
	require.Greater(t, w.Slowest, 24*time.Hour)
	require.Equal(t, 2, taken)
}
