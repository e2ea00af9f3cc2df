package region

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/template"

	demopark "github.com/cpas-charleroi/gtc/deploy/demo"
)

//go:embed site.yaml.tmpl
var templates embed.FS

// Site returns the site file of a spec.
func (s Spec) Site() ([]byte, error) {
	t, err := template.New("site.yaml.tmpl").Funcs(template.FuncMap{
		"label":      label,
		"doorInput":  func(i int) int { return 5 + 2*i },
		"alarmInput": func(i int) int { return 6 + 2*i },
	}).ParseFS(templates, "site.yaml.tmpl")
	if err != nil {
		return nil, fmt.Errorf("make site %s: %w", s.ID, err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, s); err != nil {
		return nil, fmt.Errorf("make site %s: %w", s.ID, err)
	}
	return b.Bytes(), nil
}

func label(n Names) string { return fmt.Sprintf("{fr: %q, nl: %q, en: %q}", n.FR, n.NL, n.EN) }

// Files are the files of a configuration folder by their path in it.
type Files map[string][]byte

// Write writes the files into a folder, which is made. A file that is there
// is not replaced: the error names it.
func (f Files) Write(dir string) error {
	for name, data := range f {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
		_, err = file.Write(data)
		if cerr := file.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return fmt.Errorf("write configuration: %w", err)
		}
	}
	return nil
}

// Demo returns the demo park, as it is shipped.
func Demo() (Files, error) {
	files := Files{}
	err := fs.WalkDir(demopark.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[name], err = demopark.Files.ReadFile(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("make the demo park: %w", err)
	}
	return files, nil
}
