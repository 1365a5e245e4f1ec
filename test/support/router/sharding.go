package main

import (
	"errors"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func parseNamespace(text string) resource {
	database, collection, _ := strings.Cut(text, ".")
	return resource{database, collection}
}

func (r resource) namespace() string { return r.database + "." + r.collection }

func (r *router) createDatabase(name string, fields ...bson.E) (bson.Raw, error) {
	reply, err := r.config.command("admin", append(bson.D{{Key: "_configsvrCreateDatabase", Value: name}}, append(fields, majority)...))
	r.routing.forget()
	return reply, err
}

func (a *asked) enableSharding() (bson.Raw, error) {
	var fields bson.D
	if primary := textOf(a.body, "primaryShard"); primary != "" {
		fields = bson.D{{Key: "primaryShardId", Value: primary}}
	}
	if _, err := a.router.createDatabase(a.target(), fields...); err != nil {
		return nil, err
	}
	return done(), nil
}

// onPrimaryShard has the primary shard of a database do something that concerns the whole of the database or of a
// collection. The shard refuses where it is not the primary shard any more.
func (r *router) onPrimaryShard(of, in string, command bson.D) (bson.Raw, error) {
	return r.untilNotStale(func() (bson.Raw, error) {
		found, err := r.routing.database(of)
		if err != nil {
			return nil, err
		}
		if found == nil {
			return nil, newFailure(namespaceNotFound, "NamespaceNotFound", "database %s not found", of)
		}
		set, err := r.shard(found.primary)
		if err != nil {
			return nil, err
		}
		version := bson.E{Key: "databaseVersion", Value: found.version}
		return set.command(in, append(command[:len(command):len(command)], majority, version))
	})
}

// untilNotStale repeats what is done by routing information that has changed meanwhile.
func (r *router) untilNotStale(work func() (bson.Raw, error)) (bson.Raw, error) {
	for attempt := 0; ; attempt++ {
		reply, err := work()
		var refused *failure
		isStale := errors.As(err, &refused) && slices.Contains(staleCodes, refused.code)
		if !isStale || attempt == 20 {
			return reply, err
		}
		r.routing.forget()
		time.Sleep(time.Duration(attempt) * 25 * time.Millisecond)
	}
}

func (a *asked) shardCollection() (bson.Raw, error) {
	defer a.router.routing.forget()
	on := parseNamespace(a.target())
	if _, err := a.router.createDatabase(on.database); err != nil {
		return nil, err
	}
	command := bson.D{{Key: "_shardsvrCreateCollection", Value: on.collection}, {Key: "shardKey", Value: a.body.Lookup("key")}}
	command = append(command, a.fields("unique", "numInitialChunks", "presplitHashedZones", "collation", "timeseries")...)
	if _, err := a.router.onPrimaryShard(on.database, on.database, command); err != nil {
		return nil, err
	}
	return done(bson.E{Key: "collectionsharded", Value: on.namespace()}), nil
}

func (a *asked) movePrimary() (bson.Raw, error) {
	defer a.router.routing.forget()
	command := bson.D{{Key: "_shardsvrMovePrimary", Value: a.target()}, {Key: "to", Value: a.body.Lookup("to")}}
	return a.router.onPrimaryShard(a.target(), "admin", command)
}

// chunkMeant is the chunk that a command names by its bounds or by a document in it.
func (a *asked) chunkMeant() (*collection, *chunk, error) {
	a.router.routing.forget()
	found, err := a.router.routing.collection(a.target())
	if err != nil {
		return nil, nil, err
	}
	if found == nil {
		return nil, nil, newFailure(118, "NamespaceNotSharded", "%s is not sharded", a.target())
	}
	if bounds := documentsOf(a.body.Lookup("bounds")); len(bounds) == 2 {
		for index := range found.chunks {
			if compareDocuments(found.chunks[index].min, bounds[0]) == 0 {
				return found, &found.chunks[index], nil
			}
		}
		return nil, nil, newFailure(2, "BadValue", "no chunk of %s has these bounds", a.target())
	}
	place := documentOf(a.body, "find")
	if place == nil {
		place = documentOf(a.body, "middle")
	}
	key, isWhole, err := found.keyOf(place)
	if err != nil {
		return nil, nil, err
	}
	if !isWhole {
		return nil, nil, newFailure(61, "ShardKeyNotFound", "the command does not have the whole shard key")
	}
	meant, err := found.chunkOf(key)
	return found, meant, err
}

func (a *asked) moveChunk() (bson.Raw, error) {
	defer a.router.routing.forget()
	_, meant, err := a.chunkMeant()
	if err != nil {
		return nil, err
	}
	command := bson.D{
		{Key: "_configsvrMoveRange", Value: a.target()},
		{Key: "toShard", Value: a.body.Lookup("to")},
		{Key: "min", Value: meant.min},
		{Key: "max", Value: meant.max},
	}
	if isTrue(a.body, "_waitForDelete") || isTrue(a.body, "waitForDelete") {
		command = append(command, bson.E{Key: "waitForDelete", Value: true})
	}
	return a.router.config.command("admin", append(command, majority))
}

func (a *asked) clearJumboFlag() (bson.Raw, error) {
	found, meant, err := a.chunkMeant()
	if err != nil {
		return nil, err
	}
	return a.router.config.command("admin", bson.D{
		{Key: "_configsvrClearJumboFlag", Value: a.target()},
		{Key: "epoch", Value: found.epoch},
		{Key: "minKey", Value: meant.min},
		{Key: "maxKey", Value: meant.max},
		majority,
	})
}

// split cuts a chunk in two, where `middle` says.
func (a *asked) split() (bson.Raw, error) {
	defer a.router.routing.forget()
	found, meant, err := a.chunkMeant()
	if err != nil {
		return nil, err
	}
	middle := documentOf(a.body, "middle")
	if middle == nil {
		return nil, notDone("splits only at a middle that it is given")
	}
	set, err := a.router.shard(meant.shard)
	if err != nil {
		return nil, err
	}
	return set.command("admin", bson.D{
		{Key: "splitChunk", Value: a.target()},
		{Key: "from", Value: meant.shard},
		{Key: "keyPattern", Value: found.key},
		{Key: "epoch", Value: found.epoch},
		{Key: "timestamp", Value: found.timestamp},
		{Key: "min", Value: meant.min},
		{Key: "max", Value: meant.max},
		{Key: "splitKeys", Value: bson.A{middle}},
	})
}
