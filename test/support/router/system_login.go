package main

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// systemLogin is of a client that proves that it knows one of our own key files: one conversation for each, which all
// say the same until the proof.
type systemLogin struct{ conversations []*scram.ServerConversation }

const systemName = "__system"

func startsAsSystem(request bson.Raw) bool {
	_, payload, _ := request.Lookup("payload").BinaryOK()
	return textOf(request, "mechanism") == "SCRAM-SHA-256" && strings.HasPrefix(string(payload), "n,,n="+systemName+",")
}

func (c *client) startSystemLogin(request *message) (bson.Raw, error) {
	nonce, salt := randomText(), randomText()
	c.systemLogin = &systemLogin{}
	for _, known := range c.router.system.clients {
		credentials := known.GetStoredCredentials(scram.KeyFactors{Salt: salt, Iters: 15_000})
		server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return credentials, nil })
		if err != nil {
			return nil, err
		}
		same := server.WithNonceGenerator(func() string { return nonce })
		c.systemLogin.conversations = append(c.systemLogin.conversations, same.NewConversation())
	}
	return c.goOnAsSystem(request)
}

func (c *client) goOnAsSystem(request *message) (bson.Raw, error) {
	_, payload, _ := request.body.Lookup("payload").BinaryOK()
	var answer string
	var proven bool
	for _, conversation := range c.systemLogin.conversations {
		said, err := conversation.Step(string(payload))
		if err == nil || answer == "" {
			answer = said
		}
		proven = proven || conversation.Valid()
	}
	isLast := c.systemLogin.conversations[0].Done()
	if isLast {
		c.systemLogin = nil
		if !proven {
			return nil, newFailure(18, "AuthenticationFailed", "Authentication failed.")
		}
		if err := c.becomeSystem(); err != nil {
			return nil, err
		}
	}
	return done(
		bson.E{Key: "conversationId", Value: int32(1)},
		bson.E{Key: "done", Value: isLast},
		bson.E{Key: "payload", Value: []byte(answer)},
	), nil
}

// becomeSystem has the config servers take the client for the system, too.
func (c *client) becomeSystem() error {
	c.dropUpstream()
	primary, err := c.router.config.find(time.Now().Add(patience))
	if err != nil {
		return err
	}
	if c.upstream, err = c.router.system.connect(primary); err != nil {
		c.upstream = nil
		c.router.config.forget(primary)
		return err
	}
	return c.learnUser()
}

func randomText() string {
	bytes := make([]byte, 18)
	// It never fails: see its documentation.
	_, _ = rand.Read(bytes)
	return base64.StdEncoding.EncodeToString(bytes)
}
