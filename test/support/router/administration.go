package main

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// clusterCommand is one of the database `admin` that administers the cluster.
type clusterCommand struct {
	// action that the user must be allowed to, on what `on` says.
	action string
	on     func(*asked) resource
	run    func(*asked) (bson.Raw, error)
}

var clusterCommands map[string]clusterCommand

func init() {
	cluster := func(*asked) resource { return wholeCluster }
	settings := func(*asked) resource { return resource{"config", "settings"} }
	namespace := func(a *asked) resource { return parseNamespace(a.target()) }
	database := func(a *asked) resource { return resource{database: a.target()} }
	clusterCommands = map[string]clusterCommand{
		"addShard":              {"addShard", cluster, onConfig("_configsvrAddShard", "name")},
		"removeShard":           {"removeShard", cluster, onConfig("_configsvrRemoveShard")},
		"listShards":            {"listShards", cluster, (*asked).listShards},
		"balancerStart":         {"update", settings, control("_configsvrBalancerStart")},
		"balancerStop":          {"update", settings, control("_configsvrBalancerStop")},
		"balancerStatus":        {"find", settings, control("_configsvrBalancerStatus")},
		"clearJumboFlag":        {"clearJumboFlag", namespace, (*asked).clearJumboFlag},
		"setUserWriteBlockMode": {"setUserWriteBlockMode", cluster, onConfig("_configsvrSetUserWriteBlockMode", "global")},
		"enableSharding":        {"enableSharding", database, (*asked).enableSharding},
		"shardCollection":       {"enableSharding", namespace, (*asked).shardCollection},
		"movePrimary":           {"moveChunk", database, (*asked).movePrimary},
		"moveChunk":             {"moveChunk", namespace, (*asked).moveChunk},
		"split":                 {"splitChunk", namespace, (*asked).split},
		"getShardMap":           {"getShardMap", cluster, (*asked).shardMap},
		"flushRouterConfig":     {"flushRouterConfig", cluster, (*asked).flushRouting},
		"invalidateUserCache":   {"invalidateUserCache", cluster, (*asked).forgetUsers},
		"rotateCertificates":    {"rotateCertificates", cluster, (*asked).rotateCertificates},
		"serverStatus":          {"serverStatus", cluster, (*asked).serverStatus},
		"listDatabases":         {run: (*asked).listDatabases},
	}
}

func (a *asked) administer(command clusterCommand) (bson.Raw, error) {
	if command.on != nil {
		if err := a.demand(command.action, command.on(a)); err != nil {
			return nil, err
		}
	}
	reply, err := command.run(a)
	if err != nil {
		return nil, err
	}
	return ownPart(reply), nil
}

// majority: a router waits until the config servers do not lose any more what it has them do.
var majority = bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}, {Key: "wtimeout", Value: 60_000}}}

// onConfig has the config servers do their part of a command, which takes the same value and fields.
func onConfig(name string, fields ...string) func(*asked) (bson.Raw, error) {
	return func(a *asked) (bson.Raw, error) {
		command := append(bson.D{{Key: name, Value: a.body.Lookup(a.name)}}, a.fields(fields...)...)
		return a.router.config.command("admin", append(command, majority))
	}
}

// control has the config servers do something with the balancer, which waits for a majority by itself.
func control(name string) func(*asked) (bson.Raw, error) {
	return func(a *asked) (bson.Raw, error) {
		return a.router.config.command("admin", bson.D{{Key: name, Value: 1}})
	}
}

// fields are those of the named ones that the command has.
func (a *asked) fields(names ...string) bson.D {
	var fields bson.D
	for _, name := range names {
		if value, err := a.body.LookupErr(name); err == nil {
			fields = append(fields, bson.E{Key: name, Value: value})
		}
	}
	return fields
}

func (a *asked) listShards() (bson.Raw, error) {
	shards, err := a.router.routing.read("shards", bson.D{}, nil)
	return done(bson.E{Key: "shards", Value: append([]bson.Raw{}, shards...)}), err
}

func (a *asked) shardMap() (bson.Raw, error) {
	shards, err := a.router.routing.read("shards", bson.D{}, nil)
	hosts := bson.D{{Key: "config", Value: a.router.settings.Sharding.ConfigDB}}
	for _, shard := range shards {
		hosts = append(hosts, bson.E{Key: textOf(shard, "_id"), Value: textOf(shard, "host")})
	}
	return done(bson.E{Key: "map", Value: hosts}), err
}

func (a *asked) flushRouting() (bson.Raw, error) {
	a.router.routing.forget()
	return done(bson.E{Key: "flushed", Value: true}), nil
}

func (a *asked) forgetUsers() (bson.Raw, error) {
	a.router.users.forget()
	return done(), nil
}
