package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

const (
	timeout        = 2 * time.Second
	opMsg          = 2013
	maxReplyLength = 1 << 20
)

// helloDocument is {hello: 1, $db: "admin"} in BSON.
var helloDocument = []byte("\x1f\x00\x00\x00" + "\x10hello\x00\x01\x00\x00\x00" + "\x02$db\x00\x06\x00\x00\x00admin\x00" + "\x00")

// member keeps one TLS connection to a mongod or mongos, and asks it for its role.
type member struct {
	address, caFile string

	mutex       sync.Mutex
	connection  net.Conn
	caChangedAt time.Time
	requestID   uint32
}

func newMember(address, caFile string) *member { return &member{address: address, caFile: caFile} }

// hello sends one hello, over the open connection if that still works, or else over a new one.
func (m *member) hello() (document, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	deadline := time.Now().Add(timeout)
	m.closeIfCAChanged()
	if m.connection != nil {
		if reply, err := m.exchange(deadline); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return reply, err
		}
	}
	if err := m.connect(deadline); err != nil {
		return nil, err
	}
	return m.exchange(deadline)
}

func (m *member) closeIfCAChanged() {
	if file, err := os.Stat(m.caFile); err == nil && !file.ModTime().Equal(m.caChangedAt) {
		m.close()
		m.caChangedAt = file.ModTime()
	}
}

func (m *member) connect(deadline time.Time) error {
	pem, err := os.ReadFile(m.caFile)
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", m.caFile)
	}
	dialer := &net.Dialer{Deadline: deadline}
	connection, err := tls.DialWithDialer(dialer, "tcp", m.address, &tls.Config{RootCAs: authorities, ServerName: "localhost"})
	if err != nil {
		return err
	}
	m.connection = connection
	return nil
}

// exchange closes the connection on any failure: a reply that comes too late must not answer the next request.
func (m *member) exchange(deadline time.Time) (document, error) {
	reply, err := m.roundTrip(deadline)
	if err != nil {
		m.close()
	}
	return reply, err
}

// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_msg
func (m *member) roundTrip(deadline time.Time) (document, error) {
	if err := m.connection.SetDeadline(deadline); err != nil {
		return nil, err
	}
	m.requestID++
	if _, err := m.connection.Write(request(m.requestID)); err != nil {
		return nil, err
	}
	header := make([]byte, 16)
	if _, err := io.ReadFull(m.connection, header); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header)
	if length < 21 || length > maxReplyLength {
		return nil, fmt.Errorf("a reply of %d bytes", length)
	}
	body := make([]byte, length-16)
	if _, err := io.ReadFull(m.connection, body); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(header[8:]) != m.requestID || binary.LittleEndian.Uint32(header[12:]) != opMsg || body[4] != 0 {
		return nil, errors.New("not the reply to our hello")
	}
	return parseDocument(body[5:])
}

func request(id uint32) []byte {
	message := make([]byte, 0, 64)
	message = binary.LittleEndian.AppendUint32(message, uint32(21+len(helloDocument)))
	message = binary.LittleEndian.AppendUint32(message, id)
	message = binary.LittleEndian.AppendUint32(message, 0)
	message = binary.LittleEndian.AppendUint32(message, opMsg)
	message = binary.LittleEndian.AppendUint32(message, 0) // flag bits
	message = append(message, 0)                           // section kind: body
	return append(message, helloDocument...)
}

func (m *member) close() {
	if m.connection != nil {
		m.connection.Close()
		m.connection = nil
	}
}
