package main

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func (a *asked) serverStatus() (bson.Raw, error) {
	info, err := a.buildInfo(a.message)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	return done(
		bson.E{Key: "host", Value: host},
		bson.E{Key: "version", Value: textOf(info, "version")},
		bson.E{Key: "process", Value: "mongos"},
		bson.E{Key: "pid", Value: int64(os.Getpid())},
		bson.E{Key: "uptime", Value: time.Since(a.router.started).Seconds()},
		bson.E{Key: "localTime", Value: time.Now()},
		bson.E{Key: "connections", Value: bson.D{{Key: "current", Value: a.router.connections.Load()}}},
		bson.E{Key: "sharding", Value: bson.D{{Key: "configsvrConnectionString", Value: a.router.settings.Sharding.ConfigDB}}},
	), err
}

// listDatabases adds up what each shard has of a database.
func (a *asked) listDatabases() (bson.Raw, error) {
	names, err := a.router.shardNames()
	if err != nil {
		return nil, err
	}
	seesAll := a.privileges.allow("listDatabases", wholeCluster)
	sizes := map[string]int64{}
	for _, name := range append(names, configServers) {
		reply, err := a.router.commandOn(name, bson.D{{Key: "listDatabases", Value: 1}})
		if err != nil {
			return nil, err
		}
		for _, database := range documentsOf(reply.Lookup("databases")) {
			called := textOf(database, "name")
			// Each member has these of its own: the cluster's are the config servers'.
			isOwn := slices.Contains([]string{"admin", "config"}, called)
			isMeant := isOwn == (name == configServers) && called != "local"
			if isMeant && (seesAll || a.privileges.allow("", resource{database: called})) {
				sizes[called] += numberOf(database, "sizeOnDisk")
			}
		}
	}
	databases, total := bson.A{}, int64(0)
	for _, name := range slices.SortedFunc(maps.Keys(sizes), cmp.Compare[string]) {
		total += sizes[name]
		databases = append(databases, bson.D{{Key: "name", Value: name}, {Key: "sizeOnDisk", Value: sizes[name]}, {Key: "empty", Value: false}})
	}
	return done(bson.E{Key: "databases", Value: databases}, bson.E{Key: "totalSize", Value: total}), nil
}

// configServers is how commandOn and setOf call the config servers; no shard can be called so.
const configServers = "config"

func (r *router) commandOn(name string, command bson.D) (bson.Raw, error) {
	set, err := r.setOf(name)
	if err != nil {
		return nil, err
	}
	return set.command("admin", command)
}

func (r *router) setOf(name string) (*replicaSet, error) {
	if name == configServers {
		return r.config, nil
	}
	return r.shard(name)
}
