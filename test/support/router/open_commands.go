package main

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// openCommands need no authentication.
var openCommands map[string]func(*client, *message) (bson.Raw, error)

func init() {
	openCommands = map[string]func(*client, *message) (bson.Raw, error){
		"hello":            (*client).hello,
		"isMaster":         (*client).hello,
		"ismaster":         (*client).hello,
		"ping":             func(*client, *message) (bson.Raw, error) { return done(), nil },
		"buildInfo":        (*client).buildInfo,
		"buildinfo":        (*client).buildInfo,
		"saslStart":        (*client).startAuthentication,
		"saslContinue":     (*client).goOnAuthenticating,
		"logout":           (*client).logout,
		"connectionStatus": (*client).connectionStatus,
	}
}

func done(fields ...bson.E) bson.Raw {
	return encode(append(bson.D(fields), bson.E{Key: "ok", Value: 1.0}))
}

const logicalSessionMinutes = 30

func (c *client) hello(request *message) (bson.Raw, error) {
	primary := "ismaster"
	if request.command() == "hello" {
		primary = "isWritablePrimary"
	}
	reply := bson.D{
		{Key: primary, Value: true},
		{Key: "msg", Value: "isdbgrid"},
		{Key: "maxBsonObjectSize", Value: int32(16 << 20)},
		{Key: "maxMessageSizeBytes", Value: int32(maxMessageBytes)},
		{Key: "maxWriteBatchSize", Value: int32(100_000)},
		{Key: "localTime", Value: time.Now()},
		{Key: "logicalSessionTimeoutMinutes", Value: int32(logicalSessionMinutes)},
		{Key: "connectionId", Value: c.id},
		{Key: "minWireVersion", Value: int32(0)},
		{Key: "maxWireVersion", Value: int32(17)},
		{Key: "readOnly", Value: false},
	}
	if isTrue(request.body, "helloOk") {
		reply = append(reply, bson.E{Key: "helloOk", Value: true})
	}
	return done(append(reply, c.greetUpstream(request)...)...), nil
}

// buildInfo is the config servers', which have the version that a real router would have.
func (c *client) buildInfo(*message) (bson.Raw, error) {
	reply, err := c.router.config.command("admin", bson.D{{Key: "buildInfo", Value: 1}})
	if err != nil {
		return nil, err
	}
	return changed(ownPart(reply), bson.D{{Key: "standIn", Value: true}}), nil
}

// ownPart is a reply without what members of a cluster tell each other.
func ownPart(reply bson.Raw) bson.Raw {
	return changed(reply, nil, "$clusterTime", "operationTime", "$gleStats", "lastCommittedOpTime", "$configTime", "$topologyTime")
}
