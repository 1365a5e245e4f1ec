package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// system logs in at members as one of them, by a key file that all share.
type system struct {
	certificates *certificates
	// One client a key for all connections: it keeps what it has derived for a member.
	clients []*scram.Client
}

func newSystem(certificates *certificates, passwords []string) (*system, error) {
	made := &system{certificates: certificates}
	for _, password := range passwords {
		client, err := scram.SHA256.NewClient(systemName, password, "")
		if err != nil {
			return nil, err
		}
		made.clients = append(made.clients, client)
	}
	return made, nil
}

// connect tries one key after the other.
func (s *system) connect(address string) (connected *connection, err error) {
	for _, client := range s.clients {
		if connected, err = s.connectWith(client, address); err == nil {
			return connected, nil
		}
		if refused := (*failure)(nil); !errors.As(err, &refused) || refused.code != 18 {
			break
		}
	}
	return nil, err
}

func (s *system) connectWith(client *scram.Client, address string) (*connection, error) {
	connected, err := dial(address, s.certificates.client())
	if err != nil {
		return nil, err
	}
	connected.SetDeadline(time.Now().Add(10 * time.Second))
	if err := authenticate(client, connected); err != nil {
		connected.Close()
		return nil, fmt.Errorf("cannot log in at %s: %w", address, err)
	}
	connected.SetDeadline(time.Time{})
	return connected, nil
}

func authenticate(client *scram.Client, at *connection) error {
	conversation := client.NewConversation()
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
