package ingest

import (
	"errors"

	"github.com/cpas-charleroi/gtc"
	"github.com/cpas-charleroi/gtc/internal/influx"
)

// batch is up to maxLines lines for one database, each with the site it is of.
type batch struct {
	db    influx.Database
	buf   []byte
	ends  []int
	sites []gtc.SiteID
}

func (b *batch) len() int { return len(b.ends) }

// slice returns lines from to to-1 with their line ends.
func (b *batch) slice(from, to int) []byte {
	start := 0
	if from > 0 {
		start = b.ends[from-1]
	}
	return b.buf[start:b.ends[to-1]]
}

// batches are filled in order; the last of a database is open.
type batches []*batch

func (bs *batches) add(db influx.Database, site gtc.SiteID, line []byte) {
	var b *batch
	for _, c := range *bs {
		if c.db == db && c.len() < maxLines {
			b = c
		}
	}
	if b == nil {
		b = &batch{db: db}
		*bs = append(*bs, b)
	}
	b.buf = append(append(b.buf, line...), '\n')
	b.ends = append(b.ends, len(b.buf))
	b.sites = append(b.sites, site)
}

// bisect writes lines 0 to n-1 in order. When a write of more than one line is
// rejected for good, its halves are written one after the other, until the line
// is alone that is to be rejected. Lines may be written more than once.
func bisect(n int, write func(from, to int) error, reject func(i int, reason error) error) error {
	var part func(from, to int) error
	part = func(from, to int) error {
		err := write(from, to)
		var rejected *influx.RejectedError
		switch {
		case !errors.As(err, &rejected): // nil too
			return err
		case to-from == 1:
			return reject(from, err)
		}
		middle := from + (to-from)/2
		if err := part(from, middle); err != nil {
			return err
		}
		return part(middle, to)
	}
	if n == 0 {
		return nil
	}
	return part(0, n)
}
