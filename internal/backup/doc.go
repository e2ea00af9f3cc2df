// Package backup puts a hub into one file and takes it out again: the streams
// and states of its bus, its configuration folder, its secrets, and the rollups
// of InfluxDB, which are kept for ever. Raw samples are InfluxDB's own to back
// up. The file is described in docs/formats/backup.md.
//
// A backup is whole or it is none: the manifest with the checksum of every
// file is the last thing written, and a restore verifies all of it before it
// touches anything.
package backup
