package main

import (
	"context"
	"crypto/tls"
	"net"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const dialTimeout = 3 * time.Second

// connection is one to a config server or a shard's member.
type connection struct {
	net.Conn
	plain    *net.TCPConn
	address  string
	lastID   int32
	isBroken bool
}

func dial(address string, configuration *tls.Config) (*connection, error) {
	ends, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	// A member whose machine is gone sends nothing: it is given up after some seconds.
	alive := net.KeepAliveConfig{Enable: true, Idle: 3 * time.Second, Interval: 2 * time.Second, Count: 3}
	dialer := &net.Dialer{KeepAliveConfig: alive}
	plain, err := dialer.DialContext(ends, "tcp", address)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	named := configuration.Clone()
	named.ServerName = host
	secured := tls.Client(plain, named)
	if err := secured.HandshakeContext(ends); err != nil {
		plain.Close()
		return nil, err
	}
	return &connection{Conn: secured, plain: plain.(*net.TCPConn), address: address}, nil
}

// exchange sends a command and waits for its reply; an error is the connection's.
func (c *connection) exchange(request *message) (bson.Raw, error) {
	c.lastID++
	sent := *request
	sent.requestID, sent.isLegacy = 0, false
	if err := sent.write(c, c.lastID); err != nil {
		c.isBroken = true
		return nil, err
	}
	reply, err := readMessage(c)
	if err != nil {
		c.isBroken = true
		return nil, err
	}
	return reply.body, nil
}

// run is exchange of a command of ours; what the server refuses is a failure.
func (c *connection) run(database string, command bson.D) (bson.Raw, error) {
	reply, err := c.exchange(commandOf(database, command))
	if err != nil {
		return nil, err
	}
	if refused := failureIn(reply); refused != nil {
		return nil, refused
	}
	return reply, nil
}

func commandOf(database string, command bson.D) *message {
	return &message{body: encode(append(command[:len(command):len(command)], bson.E{Key: "$db", Value: database}))}
}

// isIdle is false of a connection that the other side has closed, or that says something though nothing was asked.
func (c *connection) isIdle() bool {
	if c.isBroken {
		return false
	}
	control, err := c.plain.SyscallConn()
	if err != nil {
		return false
	}
	var read error
	err = control.Read(func(file uintptr) bool {
		_, _, read = syscall.Recvfrom(int(file), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	})
	return err == nil && read == syscall.EAGAIN
}
