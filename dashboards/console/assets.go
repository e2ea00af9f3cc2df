package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
)

//go:embed static
var static embed.FS

// assets are the addresses of the console's own files, with a fingerprint of
// their content so that a browser may keep them.
type assets struct{ CSS, JS, Icon string }

func loadAssets() (assets, error) {
	var a assets
	for name, to := range map[string]*string{"app.css": &a.CSS, "app.js": &a.JS, "icon.svg": &a.Icon} {
		data, err := static.ReadFile("static/" + name)
		if err != nil {
			return a, fmt.Errorf("read %s: %w", name, err)
		}
		sum := sha256.Sum256(data)
		*to = "/static/" + name + "?v=" + hex.EncodeToString(sum[:6])
	}
	return a, nil
}

// root serves an embedded file whose address is at the root: a service worker
// only has power over addresses below its own.
func (s *server) root(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("file", name)
		w.Header().Set("Cache-Control", "no-cache")
		s.static(w, r)
	}
}

// static serves an embedded file.
func (s *server) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, err := static.ReadFile("static/" + name)
	if err != nil {
		s.problem(w, r, problem{Status: http.StatusNotFound, kind: "page"})
		return
	}
	types := map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
		".webmanifest": "application/manifest+json",
	}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	if r.URL.RawQuery != "" {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	s.write(w, data)
}
