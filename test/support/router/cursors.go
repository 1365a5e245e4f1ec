package main

import (
	"math/rand/v2"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// cursors knows which shard has a cursor, and holds those that several shards' documents were put together for.
type cursors struct {
	mutex  sync.Mutex
	shards map[int64]string
	merged map[int64][]bson.Raw
}

const (
	firstBatch = 101
	// As much as a reply may have, with room for what is around it.
	maxBatchBytes = 15 << 20
)

// note remembers the cursor of a reply for as long as it is open.
func (c *cursors) note(reply bson.Raw, shard string) {
	if id := numberOf(reply, "cursor", "id"); id != 0 {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if c.shards == nil {
			c.shards = map[int64]string{}
		}
		c.shards[id] = shard
	}
}

func (c *cursors) shardOf(id int64) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.shards[id]
}

// close answers whether the documents of the cursor were held here.
func (c *cursors) close(id int64) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	_, isMerged := c.merged[id]
	delete(c.shards, id)
	delete(c.merged, id)
	return isMerged
}

// batch takes as many of the documents as a reply is to have; the others stay for the next one.
func (c *cursors) batch(documents []bson.Raw, size int, id int64) ([]bson.Raw, int64) {
	taken, bytes := 0, 0
	for taken < len(documents) && taken < size && bytes+len(documents[taken]) < maxBatchBytes {
		bytes += len(documents[taken]) + 16
		taken++
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if taken == len(documents) {
		delete(c.merged, id)
		return documents, 0
	}
	if c.merged == nil {
		c.merged = map[int64][]bson.Raw{}
	}
	if id == 0 {
		id = rand.Int64()
	}
	c.merged[id] = documents[taken:]
	return documents[:taken], id
}

func (c *cursors) rest(id int64) ([]bson.Raw, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	documents, isMerged := c.merged[id]
	return documents, isMerged
}

func cursorReply(id int64, namespace, batch string, documents []bson.Raw) bson.Raw {
	list := append([]bson.Raw{}, documents...)
	return done(bson.E{Key: "cursor", Value: bson.D{{Key: "id", Value: id}, {Key: "ns", Value: namespace}, {Key: batch, Value: list}}})
}

func (a *asked) getMore() (bson.Raw, error) {
	id := numberOf(a.body, "getMore")
	namespace := resource{a.database, textOf(a.body, "collection")}
	if documents, isMerged := a.router.cursors.rest(id); isMerged {
		size := int(numberOf(a.body, "batchSize"))
		if size == 0 {
			size = len(documents)
		}
		taken, left := a.router.cursors.batch(documents, size, id)
		return cursorReply(left, namespace.namespace(), "nextBatch", taken), nil
	}
	shard := a.router.cursors.shardOf(id)
	if shard == "" {
		return a.passUpstream()
	}
	if err := a.demand("", namespace); err != nil {
		return nil, err
	}
	set, err := a.router.shard(shard)
	if err != nil {
		return nil, err
	}
	reply, err := set.run(a.asSystem(), false)
	if err != nil {
		return nil, err
	}
	if numberOf(reply, "cursor", "id") == 0 {
		a.router.cursors.close(id)
	}
	return reply, nil
}

func (a *asked) killCursors() (bson.Raw, error) {
	killed := bson.A{}
	for _, value := range valuesOf(a.body.Lookup("cursors")) {
		id := value.AsInt64()
		shard := a.router.cursors.shardOf(id)
		if a.router.cursors.close(id) {
			killed = append(killed, id)
			continue
		}
		if shard == "" {
			return a.passUpstream()
		}
		if err := a.demand("", a.on()); err != nil {
			return nil, err
		}
		set, err := a.router.shard(shard)
		if err != nil {
			return nil, err
		}
		if _, err := set.run(a.asSystem().with(bson.D{{Key: "cursors", Value: bson.A{id}}}), true); err != nil {
			return nil, err
		}
		killed = append(killed, id)
	}
	none := bson.A{}
	return done(
		bson.E{Key: "cursorsKilled", Value: killed},
		bson.E{Key: "cursorsNotFound", Value: none},
		bson.E{Key: "cursorsAlive", Value: none},
		bson.E{Key: "cursorsUnknown", Value: none},
	), nil
}
