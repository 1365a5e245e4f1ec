package main

import (
	"errors"
	"net"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// client is one connection of an app or of the broker.
type client struct {
	net.Conn
	router *router
	id     int32
	// upstream goes to the config servers' primary, and has authenticated as the client has.
	upstream *connection
	// systemLogin is under way.
	systemLogin *systemLogin
	// user is nil before the client has authenticated.
	user *user
}

// errHangUp: the client is to connect and authenticate anew.
var errHangUp = errors.New("the connection to the config servers is gone")

func (c *client) serve() {
	c.router.connections.Add(1)
	defer c.router.connections.Add(-1)
	defer c.Close()
	defer c.dropUpstream()
	for id := int32(1); ; id++ {
		request, err := readMessage(c)
		if err != nil {
			return
		}
		reply, err := c.carryOut(request)
		if errors.Is(err, errHangUp) {
			return
		}
		if err != nil {
			reply = failureOf(err).document()
		}
		if request.wantsNoReply {
			continue
		}
		answer := &message{body: labelled(request.body, reply), requestID: request.requestID, isLegacy: request.isLegacy}
		if answer.write(c, id) != nil {
			return
		}
	}
}

func (c *client) carryOut(request *message) (bson.Raw, error) {
	name := request.command()
	if handle := openCommands[name]; handle != nil {
		return handle(c, request)
	}
	if request.isLegacy {
		return nil, newFailure(352, "UnsupportedOpQueryCommand", "Unsupported OP_QUERY command: %s", name)
	}
	if c.user == nil {
		return nil, unauthorized("command %s requires authentication", name)
	}
	held, err := c.router.users.privilegesOf(*c.user)
	if err != nil {
		return nil, err
	}
	asked := &asked{client: c, message: request, name: name, database: request.database(), privileges: held}
	isOfCluster := asked.database == "admin" || asked.database == "config"
	if command, isKnown := clusterCommands[name]; isKnown && asked.database == "admin" {
		return asked.administer(command)
	}
	command, isData := dataCommands[name]
	switch {
	case sessionCommands[name] != nil:
		return sessionCommands[name](asked)
	case userCommands[name], isOfCluster && isData:
		return asked.passUpstream()
	case isData && asked.database != "local":
		return asked.carryOutData(command)
	default:
		return nil, unknownCommand(name)
	}
}

// asked is a command of a user, and what he may do.
type asked struct {
	*client
	*message
	name       string
	database   string
	privileges *privileges
}

func (a *asked) demand(action string, on resource) error {
	if a.privileges.allow(action, on) {
		return nil
	}
	return unauthorized("not authorized on %s to execute command %s", a.database, a.name)
}
