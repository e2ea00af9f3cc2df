package console

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpas-charleroi/gtc/internal/user"
)

func TestAddressOfAVisitor(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/24")}
	for _, c := range []struct {
		name    string
		proxies []netip.Prefix
		remote  string
		by      []string
		want    string
	}{
		{"nobody is trusted", nil, "127.0.0.1:4711", []string{"192.0.2.1"}, "127.0.0.1"},
		{"another is not trusted", proxies, "192.0.2.9:4711", []string{"192.0.2.1"}, "192.0.2.9"},
		{"the proxy says it", proxies, "127.0.0.1:4711", []string{"192.0.2.1"}, "192.0.2.1"},
		{"what the visitor wrote before it", proxies, "127.0.0.1:4711", []string{"198.51.100.1, 192.0.2.1"}, "192.0.2.1"},
		{"two headers", proxies, "127.0.0.1:4711", []string{"198.51.100.1", "192.0.2.1"}, "192.0.2.1"},
		{"two proxies", proxies, "127.0.0.1:4711", []string{"198.51.100.1, 192.0.2.1, 10.0.0.7"}, "192.0.2.1"},
		{"only proxies", proxies, "127.0.0.1:4711", []string{"10.0.0.7"}, "10.0.0.7"},
		{"the proxy says nothing", proxies, "127.0.0.1:4711", nil, "127.0.0.1"},
		{"no address", proxies, "127.0.0.1:4711", []string{"192.0.2.1, unknown"}, "127.0.0.1"},
		{"with a port", proxies, "127.0.0.1:4711", []string{"192.0.2.1:5000"}, "192.0.2.1"},
		{"of six", proxies, "[::ffff:127.0.0.1]:4711", []string{"[2001:db8::1]:5000"}, "2001:db8::1"},
		{"not even a connection", proxies, "pipe", nil, "pipe"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = c.remote
		for _, by := range c.by {
			r.Header.Add("X-Forwarded-For", by)
		}
		require.Equal(t, c.want, (&server{proxies: c.proxies}).address(r), c.name)
	}
}

// Behind a proxy nobody locks another out.
func TestFailuresCountForEachVisitorBehindAProxy(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		d := newDesk(t, func(o *Options) {
			if trusted {
				o.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} // of httptest
			}
		})
		d.staff(t, user.Read)
		attempt := func(from, password string) int {
			form := url.Values{"token": {d.token(t, "/sign-in")}, "id": {"lecteur"}, "password": {password}}
			return d.ask(t, http.MethodPost, "/sign-in", form, "X-Forwarded-For", from).Code
		}
		for range 5 {
			require.Equal(t, http.StatusUnauthorized, attempt("198.51.100.1", "faux"))
		}
		require.Equal(t, http.StatusTooManyRequests, attempt("198.51.100.1", password))
		want := http.StatusTooManyRequests // everybody is the proxy
		if trusted {
			want = http.StatusSeeOther
		}
		require.Equal(t, want, attempt("198.51.100.2", password))
	}
}
