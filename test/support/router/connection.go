package main

import (
	"context"
	"crypto/tls"
	"errors"
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
	// A member whose machine is gone sends nothing: it is given up after some seconds, also where it had yet to take a
	// command (the kernel asks whether it is there only while nothing is under way).
	alive := net.KeepAliveConfig{Enable: true, Idle: 3 * time.Second, Interval: 2 * time.Second, Count: 3}
	dialer := &net.Dialer{KeepAliveConfig: alive, Control: giveUpUnacknowledged}
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

// giveUpUnacknowledged bounds how long sent bytes may stay unacknowledged (tcp(7), TCP_USER_TIMEOUT, in ms).
func giveUpUnacknowledged(_, _ string, socket syscall.RawConn) error {
	const tcpUserTimeout = 18
	var failed error
	err := socket.Control(func(descriptor uintptr) {
		failed = syscall.SetsockoptInt(int(descriptor), syscall.IPPROTO_TCP, tcpUserTimeout, 9_000)
	})
	return errors.Join(err, failed)
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
