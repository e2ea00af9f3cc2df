package backup

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// Format names the form of a backup; a program refuses one that it does not
// know.
const Format = "gtc-backup/1"

// manifestName is the last file of an archive.
const manifestName = "manifest.json"

// The parts of a backup are folders of the archive.
const (
	PartConfig  = "config"
	PartSecrets = "secrets"
	PartStreams = "streams"
	PartRollups = "rollups"
)

// Parts returns all parts.
func Parts() []string { return []string{PartConfig, PartSecrets, PartStreams, PartRollups} }

// Manifest says what a backup holds and whence.
type Manifest struct {
	Format string `json:"format"`
	// Version of the program that made it.
	Version string    `json:"version"`
	Made    time.Time `json:"made"`
	// Config and Bus are the folders it was made of.
	Config string `json:"config"`
	Bus    string `json:"bus"`
	// Live says that the hub was running.
	Live  bool   `json:"live"`
	Files []File `json:"files"`
	// Secrets gives for each file of the part secrets where it stood.
	Secrets map[string]string `json:"secrets"`
	Streams []Stream          `json:"streams"`
	// Rollups counts the lines of each measurement of gtc_rollup.
	Rollups map[string]int `json:"rollups"`
	// NotStored counts the messages of samples that InfluxDB did not have.
	NotStored uint64 `json:"not_stored"`
	// Notes say what is not in it.
	Notes []string `json:"notes"`
}

// File is one file of the archive.
type File struct {
	Name   string      `json:"name"`
	Size   int64       `json:"size"`
	SHA256 string      `json:"sha256"`
	Mode   fs.FileMode `json:"mode"`
}

// Stream is one stream of the bus.
type Stream struct {
	Name     string `json:"name"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	First    uint64 `json:"first"`
	Last     uint64 `json:"last"`
}

// checkName refuses a name that would leave the folder it is put into.
func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, "\\\x00") || filepath.ToSlash(filepath.Clean(name)) != name || !filepath.IsLocal(name) {
		return fmt.Errorf("file name %q in the archive is not allowed", name)
	}
	part, _, ok := strings.Cut(name, "/")
	if name == manifestName {
		return nil
	}
	for _, p := range Parts() {
		if ok && part == p {
			return nil
		}
	}
	return fmt.Errorf("file name %q in the archive belongs to no part", name)
}
