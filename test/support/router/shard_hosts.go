package main

import (
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const followEvery = 2 * time.Second

// followShards keeps the members of each shard in config.shards as the shard has them: the config servers leave that to
// the routers. What fails is tried again with the next round.
func (r *router) followShards() {
	for range time.Tick(followEvery) {
		shards, err := r.routing.read("shards", bson.D{}, nil)
		if err != nil {
			continue
		}
		for _, known := range shards {
			r.follow(textOf(known, "_id"), textOf(known, "host"))
		}
	}
}

func (r *router) follow(shard, seeds string) {
	name, hosts, err := splitHosts(seeds)
	if err != nil {
		return
	}
	set := newReplicaSet(name, hosts, r.system)
	if set.ask(hosts) != nil {
		return
	}
	slices.Sort(set.hosts)
	slices.Sort(hosts)
	if slices.Equal(set.hosts, hosts) {
		return
	}
	filter := bson.D{{Key: "_id", Value: shard}, {Key: "host", Value: seeds}}
	change := bson.D{{Key: "$set", Value: bson.D{{Key: "host", Value: name + "/" + strings.Join(set.hosts, ",")}}}}
	_, _ = r.config.command("config", bson.D{
		{Key: "update", Value: "shards"},
		{Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: filter}, {Key: "u", Value: change}}}},
		{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}},
	})
}
