package main

import (
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// routing reads from the config servers where data lies. What is older than a moment is read again, so that a test
// that has moved something need not wait.
type routing struct {
	config *replicaSet
	mutex  sync.Mutex
	known  map[string]entry
}

type entry struct {
	value any
	read  time.Time
}

const fresh = 100 * time.Millisecond

// database says where the collections are that are not sharded.
type database struct {
	primary string
	version bson.Raw
}

// collection is a sharded one.
type collection struct {
	key       bson.Raw
	epoch     bson.ObjectID
	timestamp bson.Timestamp
	chunks    []chunk
}

type chunk struct {
	min, max bson.Raw
	shard    string
	version  bson.Timestamp
}

// remembered reads what is not known or too old.
func remembered[Value any](r *routing, name string, read func() (Value, error)) (Value, error) {
	r.mutex.Lock()
	known, isKnown := r.known[name]
	r.mutex.Unlock()
	if isKnown && time.Since(known.read) < fresh {
		return known.value.(Value), nil
	}
	now := time.Now()
	value, err := read()
	if err != nil {
		return value, err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.known == nil {
		r.known = map[string]entry{}
	}
	r.known[name] = entry{value, now}
	return value, nil
}

func (r *routing) forget() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	clear(r.known)
}

// database is nil where there is none of that name.
func (r *routing) database(name string) (*database, error) {
	return remembered(r, "database "+name, func() (*database, error) {
		found, err := r.read("databases", bson.D{{Key: "_id", Value: name}}, nil)
		if err != nil || len(found) == 0 {
			return nil, err
		}
		return &database{textOf(found[0], "primary"), documentOf(found[0], "version")}, nil
	})
}

// collection is nil where there is no sharded one of that name.
func (r *routing) collection(namespace string) (*collection, error) {
	return remembered(r, "collection "+namespace, func() (*collection, error) {
		found, err := r.read("collections", bson.D{{Key: "_id", Value: namespace}}, nil)
		if err != nil || len(found) == 0 {
			return nil, err
		}
		read := &collection{key: documentOf(found[0], "key"), timestamp: timestampOf(found[0], "timestamp")}
		read.epoch, _ = found[0].Lookup("lastmodEpoch").ObjectIDOK()
		chunks, err := r.read("chunks", bson.D{{Key: "uuid", Value: found[0].Lookup("uuid")}}, bson.D{{Key: "min", Value: 1}})
		for _, document := range chunks {
			read.chunks = append(read.chunks, chunk{
				min:     documentOf(document, "min"),
				max:     documentOf(document, "max"),
				shard:   textOf(document, "shard"),
				version: timestampOf(document, "lastmod"),
			})
		}
		return read, err
	})
}

func (r *routing) seedsOf(shard string) (string, error) {
	return remembered(r, "shard "+shard, func() (string, error) {
		found, err := r.read("shards", bson.D{{Key: "_id", Value: shard}}, nil)
		if err == nil && len(found) == 0 {
			err = newFailure(70, "ShardNotFound", "Shard %s not found", shard)
		}
		if err != nil {
			return "", err
		}
		return textOf(found[0], "host"), nil
	})
}

// read is a find in the database `config`.
func (r *routing) read(collection string, filter, sort bson.D) ([]bson.Raw, error) {
	command := bson.D{{Key: "find", Value: collection}, {Key: "filter", Value: filter}, {Key: "batchSize", Value: 100_000}}
	if sort != nil {
		command = append(command, bson.E{Key: "sort", Value: sort})
	}
	reply, err := r.config.command("config", command)
	if err != nil {
		return nil, err
	}
	return documentsOf(reply.Lookup("cursor", "firstBatch")), nil
}

func timestampOf(document bson.Raw, name string) bson.Timestamp {
	seconds, increment, _ := document.Lookup(name).TimestampOK()
	return bson.Timestamp{T: seconds, I: increment}
}

// owners are the shards that have chunks, in the chunks' order.
func (c *collection) owners() []string {
	var owners []string
	seen := map[string]bool{}
	for _, chunk := range c.chunks {
		if !seen[chunk.shard] {
			seen[chunk.shard] = true
			owners = append(owners, chunk.shard)
		}
	}
	return owners
}

// versionOn is what a shard must know about a collection to have the same in mind as we do: it refuses a command
// whose router is wrong about where data is, and leaves out what it holds of chunks that are not its own.
func (c *collection) versionOn(shard string) bson.E {
	var newest bson.Timestamp
	for _, chunk := range c.chunks {
		if chunk.shard == shard && newest.Before(chunk.version) {
			newest = chunk.version
		}
	}
	return shardVersion(c.epoch, c.timestamp, newest)
}

var unsharded = shardVersion(bson.NilObjectID, bson.Timestamp{}, bson.Timestamp{})

func shardVersion(epoch bson.ObjectID, timestamp, version bson.Timestamp) bson.E {
	return bson.E{Key: "shardVersion", Value: bson.D{{Key: "e", Value: epoch}, {Key: "t", Value: timestamp}, {Key: "v", Value: version}}}
}
