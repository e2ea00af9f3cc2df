package bus

import (
	"hash/fnv"
	"strconv"

	"github.com/cpas-charleroi/gtc"
)

// Partitions is in how many parts the sites are divided that several hubs
// share. It is part of the names of consumers and never changes.
const Partitions = 8

// Partition returns the partition of a site, 0 to Partitions-1. It depends on
// the id only.
func Partition(site gtc.SiteID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(site)) // never fails
	return int(h.Sum32() % Partitions)
}

// IngestConsumer returns the name of the durable consumer of a partition,
// the same in SAMPLES and EVENTS.
func IngestConsumer(partition int) string { return DurableIngest + "-" + strconv.Itoa(partition) }
