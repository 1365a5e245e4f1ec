package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	// patience is how long a command waits for an election to end.
	patience = 15 * time.Second
	// Members come and go: one that is not known yet may be the next primary.
	lookAgainAfter = 5 * time.Second
)

// replicaSet finds the primary of the config servers or of a shard, and keeps connections to it as the system.
type replicaSet struct {
	name   string
	system *system

	// finding is held by who looks for the primary, so that others wait for the outcome.
	finding sync.Mutex
	mutex   sync.Mutex
	hosts   []string
	primary string
	looked  time.Time
	idle    []*connection
}

func newReplicaSet(name string, hosts []string, system *system) *replicaSet {
	return &replicaSet{name: name, hosts: hosts, system: system}
}

// run has the primary carry out a command. Where its connection breaks, nobody knows whether it was done: only a
// command that may be done twice is sent again.
func (s *replicaSet) run(request *message, mayRepeat bool) (bson.Raw, error) {
	deadline := time.Now().Add(patience)
	for {
		connected, err := s.acquire(deadline)
		if err != nil {
			return nil, err
		}
		reply, err := connected.exchange(request)
		if err != nil {
			s.forget(connected.address)
			connected.Close()
			if mayRepeat && time.Now().Before(deadline) {
				continue
			}
			return nil, newFailure(hostUnreachable, "HostUnreachable", "the connection to %s of %s broke: %v", connected.address, s.name, err)
		}
		refused := failureIn(reply)
		if refused == nil {
			s.release(connected)
			return reply, nil
		}
		isElsewhere := slices.Contains(notPrimaryCodes, refused.code)
		isInterrupted := slices.Contains(interruptedCodes, refused.code)
		if isElsewhere || isInterrupted {
			s.forget(connected.address)
		}
		s.release(connected)
		if (isElsewhere || isInterrupted && mayRepeat) && time.Now().Before(deadline) {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		return nil, refused
	}
}

// command is run of a command of ours that may be done twice.
func (s *replicaSet) command(database string, command bson.D) (bson.Raw, error) {
	return s.run(commandOf(database, command), true)
}

// acquire takes a connection to the primary, and waits until there is one.
func (s *replicaSet) acquire(deadline time.Time) (*connection, error) {
	for {
		primary, err := s.find(deadline)
		if err != nil {
			return nil, err
		}
		if kept := s.takeIdle(primary); kept != nil {
			return kept, nil
		}
		connected, err := s.system.connect(primary)
		if err == nil {
			return connected, nil
		}
		s.forget(primary)
		if time.Now().After(deadline) {
			return nil, newFailure(hostUnreachable, "HostUnreachable", "%s of %s: %v", primary, s.name, err)
		}
	}
}

func (s *replicaSet) takeIdle(address string) *connection {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for len(s.idle) > 0 {
		last := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if last.address == address && last.isIdle() {
			return last
		}
		last.Close()
	}
	return nil
}

func (s *replicaSet) release(unused *connection) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if unused.address == s.primary && !unused.isBroken {
		s.idle = append(s.idle, unused)
	} else {
		unused.Close()
	}
}

// forget has the primary looked for again, unless that has happened since.
func (s *replicaSet) forget(address string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.primary == address {
		s.primary = ""
	}
}

// find is the address of the primary.
func (s *replicaSet) find(deadline time.Time) (string, error) {
	s.finding.Lock()
	defer s.finding.Unlock()
	for {
		s.mutex.Lock()
		primary, hosts := s.primary, s.hosts
		isOld := time.Since(s.looked) > lookAgainAfter
		if isOld {
			s.looked = time.Now()
		}
		s.mutex.Unlock()
		if primary != "" && isOld {
			go s.ask(hosts)
		}
		if primary != "" {
			return primary, nil
		}
		err := s.ask(hosts)
		if err == nil {
			continue
		}
		if time.Now().After(deadline) {
			return "", newFailure(noPrimary, "FailedToSatisfyReadPreference",
				`Could not find host matching read preference { mode: "primary" } for set %s: %v`, s.name, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// ask has every member tell its role, and notes the primary and the members that it names.
func (s *replicaSet) ask(hosts []string) error {
	type answer struct {
		reply bson.Raw
		err   error
	}
	answers := make(chan answer, len(hosts))
	for _, host := range hosts {
		go func() {
			reply, err := s.hello(host)
			answers <- answer{reply, err}
		}()
	}
	var failed []error
	for range hosts {
		answered := <-answers
		if answered.err != nil {
			failed = append(failed, answered.err)
			continue
		}
		reply := answered.reply
		if textOf(reply, "setName") == s.name && isTrue(reply, "isWritablePrimary") {
			s.mutex.Lock()
			defer s.mutex.Unlock()
			s.primary, s.hosts = textOf(reply, "me"), textsOf(reply.Lookup("hosts"))
			return nil
		}
	}
	return errors.Join(append(failed, fmt.Errorf("no primary among %v", hosts))...)
}

func (s *replicaSet) hello(host string) (bson.Raw, error) {
	connected, err := dial(host, s.system.certificates.client())
	if err != nil {
		return nil, err
	}
	defer connected.Close()
	connected.SetDeadline(time.Now().Add(dialTimeout))
	return connected.run("admin", bson.D{{Key: "hello", Value: 1}})
}
