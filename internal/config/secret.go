package config

import (
	"fmt"
	"os"
	"strings"
)

// Secret returns a secret from the environment variable env, else from the
// file, without the line's end. Without either it is "". A file that cannot be
// read or is empty is an error: a forgotten secret must not become an open
// door.
func Secret(getenv func(string) string, env, file string) (string, error) {
	if env != "" {
		if s := getenv(env); s != "" {
			return s, nil
		}
	}
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	s := strings.TrimRight(string(data), "\r\n")
	if s == "" {
		return "", fmt.Errorf("read secret %s: the file is empty", file)
	}
	return s, nil
}
