package main

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A client authenticates at the config servers' primary, through us: no password is ever seen here. The system alone
// does so at us.

// connectUpstream opens a new connection, which nobody has authenticated on.
func (c *client) connectUpstream(within time.Duration) error {
	c.dropUpstream()
	deadline := time.Now().Add(within)
	for {
		primary, err := c.router.config.find(deadline)
		if err != nil {
			return err
		}
		if c.upstream, err = dial(primary, c.router.certificates.client()); err == nil {
			return nil
		}
		c.upstream = nil
		c.router.config.forget(primary)
		if time.Now().After(deadline) {
			return err
		}
	}
}

func (c *client) dropUpstream() {
	if c.upstream != nil {
		c.upstream.Close()
		c.upstream = nil
	}
}

var greetings = []string{"saslSupportedMechs", "speculativeAuthenticate"}

// greetUpstream is what the config servers answer to the part of a hello that is about authentication. A client that
// gets no answer to it authenticates the long way.
func (c *client) greetUpstream(request *message) bson.D {
	greeting := bson.D{{Key: "hello", Value: 1}}
	if speculative := documentOf(request.body, "speculativeAuthenticate"); speculative != nil && startsAsSystem(speculative) {
		return nil
	}
	for _, name := range greetings {
		if value, err := request.body.LookupErr(name); err == nil {
			greeting = append(greeting, bson.E{Key: name, Value: value})
		}
	}
	if len(greeting) == 1 || c.user != nil || c.connectUpstream(5*time.Second) != nil {
		return nil
	}
	reply, err := c.upstream.run("admin", greeting)
	if err != nil {
		c.dropUpstream()
		return nil
	}
	var answer bson.D
	for _, name := range greetings {
		if value, err := reply.LookupErr(name); err == nil {
			answer = append(answer, bson.E{Key: name, Value: value})
		}
	}
	return answer
}

func (c *client) startAuthentication(request *message) (bson.Raw, error) {
	c.user, c.systemLogin = nil, nil
	if startsAsSystem(request.body) {
		return c.startSystemLogin(request)
	}
	if err := c.connectUpstream(patience); err != nil {
		return nil, err
	}
	return c.authenticate(request)
}

func (c *client) goOnAuthenticating(request *message) (bson.Raw, error) {
	if c.systemLogin != nil {
		return c.goOnAsSystem(request)
	}
	if c.upstream == nil {
		return nil, newFailure(17, "ProtocolError", "No SASL session state found")
	}
	return c.authenticate(request)
}

func (c *client) authenticate(request *message) (bson.Raw, error) {
	reply, err := c.upstream.exchange(request.with(nil, "$clusterTime", "lsid"))
	if err != nil {
		return nil, errHangUp
	}
	if isTrue(reply, "ok") && isTrue(reply, "done") {
		if err := c.learnUser(); err != nil {
			return nil, err
		}
	}
	return ownPart(reply), nil
}

func (c *client) learnUser() error {
	status, err := c.upstream.run("admin", bson.D{{Key: "connectionStatus", Value: 1}, {Key: "showPrivileges", Value: true}})
	if err != nil {
		return err
	}
	names := documentsOf(status.Lookup("authInfo", "authenticatedUsers"))
	if len(names) == 0 {
		return unauthorized("the config servers authenticated nobody")
	}
	c.user = &user{textOf(names[0], "user"), textOf(names[0], "db")}
	c.router.users.learn(*c.user, documentsOf(status.Lookup("authInfo", "authenticatedUserPrivileges")))
	return nil
}

func (c *client) logout(*message) (bson.Raw, error) {
	c.dropUpstream()
	c.user = nil
	return done(), nil
}

func (c *client) connectionStatus(request *message) (bson.Raw, error) {
	if c.user == nil {
		nobody := bson.D{{Key: "authenticatedUsers", Value: bson.A{}}, {Key: "authenticatedUserRoles", Value: bson.A{}}}
		return done(bson.E{Key: "authInfo", Value: nobody}), nil
	}
	if c.upstream == nil || !c.upstream.isIdle() {
		return nil, errHangUp
	}
	reply, err := c.upstream.exchange(request.with(nil, "$clusterTime"))
	if err != nil {
		return nil, errHangUp
	}
	return reply, nil
}
