package ingest

import (
	"errors"
	"strconv"
	"strings"

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

// bySite returns the lines of each site as a batch of its own, in order.
func (b *batch) bySite() []*batch {
	var out []*batch
	of := map[gtc.SiteID]*batch{}
	for i, site := range b.sites {
		one := of[site]
		if one == nil {
			one = &batch{db: b.db}
			of[site] = one
			out = append(out, one)
		}
		one.buf = append(one.buf, b.slice(i, i+1)...)
		one.ends = append(one.ends, len(one.buf))
		one.sites = append(one.sites, site)
	}
	return out
}

// bisect writes lines 0 to n-1 in order. When a write of more than one line is
// rejected for good, its halves are written one after the other, until the line
// is alone that is to be rejected. Lines may be written more than once. When
// InfluxDB says that it dropped all of them they are rejected at once.
func bisect(n int, write func(from, to int) error, reject func(i int, reason error) error) error {
	var part func(from, to int) error
	part = func(from, to int) error {
		err := write(from, to)
		var rejected *influx.RejectedError
		switch {
		case !errors.As(err, &rejected): // nil too
			return err
		case to-from == 1 || dropped(rejected.Reason) == to-from:
			for i := from; i < to; i++ {
				if err := reject(i, rejected); err != nil {
					return err
				}
			}
			return nil
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

// dropped returns how many points InfluxDB says it dropped of a write, 0 when
// it does not say: "partial write: points beyond retention policy dropped=5000".
func dropped(reason string) int {
	_, n, ok := strings.Cut(reason, "partial write: ")
	if !ok {
		return 0
	}
	_, n, _ = strings.Cut(n, " dropped=")
	end := strings.IndexFunc(n, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		n = n[:end]
	}
	count, _ := strconv.Atoi(n)
	return count
}
