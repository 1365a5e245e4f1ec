package main

import (
	"crypto/tls"
	"fmt"
	"time"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// system logs in at members as one of them, by the key file that all share.
type system struct {
	tls *tls.Config
	// One client for all connections: it keeps the keys that it has derived for a member.
	client *scram.Client
}

func newSystem(configuration *tls.Config, password string) (*system, error) {
	client, err := scram.SHA256.NewClient("__system", password, "")
	return &system{configuration, client}, err
}

func (s *system) connect(address string) (*connection, error) {
	connected, err := dial(address, s.tls)
	if err != nil {
		return nil, err
	}
	connected.SetDeadline(time.Now().Add(10 * time.Second))
	if err := s.authenticate(connected); err != nil {
		connected.Close()
		return nil, fmt.Errorf("cannot log in at %s: %w", address, err)
	}
	connected.SetDeadline(time.Time{})
	return connected, nil
}

func (s *system) authenticate(at *connection) error {
	conversation := s.client.NewConversation()
	payload, err := conversation.Step("")
	if err != nil {
		return err
	}
	reply, err := at.run("local", bson.D{
		{Key: "saslStart", Value: 1},
		{Key: "mechanism", Value: "SCRAM-SHA-256"},
		{Key: "payload", Value: []byte(payload)},
		{Key: "options", Value: bson.D{{Key: "skipEmptyExchange", Value: true}}},
	})
	for err == nil && !conversation.Done() {
		_, challenge := reply.Lookup("payload").Binary()
		if payload, err = conversation.Step(string(challenge)); err != nil {
			return err
		}
		if isTrue(reply, "done") {
			break
		}
		reply, err = at.run("local", bson.D{
			{Key: "saslContinue", Value: 1},
			{Key: "conversationId", Value: reply.Lookup("conversationId")},
			{Key: "payload", Value: []byte(payload)},
		})
	}
	if err == nil && !conversation.Valid() {
		return fmt.Errorf("the server did not prove that it knows the key file")
	}
	return err
}
