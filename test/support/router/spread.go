package main

import (
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// onAll has every shard that has chunks carry out a command, all at once.
func (a *asked) onAll(sharded *collection, request *message, mayRepeat bool) ([]bson.Raw, error) {
	owners := sharded.owners()
	replies, failures := make([]bson.Raw, len(owners)), make([]error, len(owners))
	var all sync.WaitGroup
	for index, shard := range owners {
		all.Add(1)
		go func() {
			defer all.Done()
			replies[index], failures[index] = a.relay(shard, request, mayRepeat, sharded.versionOn(shard))
		}()
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return replies, nil
}

func (a *asked) sameOnAll(sharded *collection) (bson.Raw, error) {
	replies, err := a.onAll(sharded, a.asSystem(), true)
	if err != nil {
		return nil, err
	}
	return ownPart(replies[0]), nil
}

func (a *asked) onFirstOwner(sharded *collection) (bson.Raw, error) {
	first := sharded.owners()[0]
	return a.relay(first, a.asSystem(), true, sharded.versionOn(first))
}

func (a *asked) sumOnAll(sharded *collection) (bson.Raw, error) {
	replies, err := a.onAll(sharded, a.asSystem(), true)
	if err != nil {
		return nil, err
	}
	return summed(replies), nil
}

// sameEverywhere are numbers of statistics that do not add up.
var sameEverywhere = setOf("scaleFactor", "avgObjSize", "fsUsedSize", "fsTotalSize")

// summed adds up the numbers at the top level.
func summed(replies []bson.Raw) bson.Raw {
	elements, _ := replies[0].Elements()
	var fields bson.D
	for _, element := range elements {
		key, value := element.Key(), any(element.Value())
		if key == "ok" || strings.HasPrefix(key, "$") || key == "operationTime" || key == "lastCommittedOpTime" {
			continue
		}
		if element.Value().IsNumber() && !sameEverywhere[key] {
			total := int64(0)
			for _, reply := range replies {
				total += numberOf(reply, key)
			}
			value = total
		}
		fields = append(fields, bson.E{Key: key, Value: value})
	}
	return done(fields...)
}

func (a *asked) countOnAll(sharded *collection) (bson.Raw, error) {
	replies, err := a.onAll(sharded, a.asSystem().with(nil, "skip", "limit"), true)
	if err != nil {
		return nil, err
	}
	n := max(numberOf(summed(replies), "n")-numberOf(a.body, "skip"), 0)
	if limit := numberOf(a.body, "limit"); limit != 0 {
		n = min(n, max(limit, -limit))
	}
	return done(bson.E{Key: "n", Value: n}), nil
}

func (a *asked) distinctOnAll(sharded *collection) (bson.Raw, error) {
	replies, err := a.onAll(sharded, a.asSystem(), true)
	if err != nil {
		return nil, err
	}
	values := []bson.RawValue{}
	for _, reply := range replies {
		values = append(values, valuesOf(reply.Lookup("values"))...)
	}
	slices.SortFunc(values, compareValues)
	values = slices.CompactFunc(values, func(a, b bson.RawValue) bool { return compareValues(a, b) == 0 })
	return done(bson.E{Key: "values", Value: values}), nil
}

// databaseStatistics adds up what all shards have of a database.
func (a *asked) databaseStatistics() (bson.Raw, error) {
	names, err := a.router.shardNames()
	if err != nil {
		return nil, err
	}
	var replies []bson.Raw
	for _, name := range names {
		set, err := a.router.shard(name)
		if err != nil {
			return nil, err
		}
		reply, err := set.run(a.asSystem(), true)
		if err != nil {
			return nil, err
		}
		replies = append(replies, reply)
	}
	return summed(replies), nil
}
