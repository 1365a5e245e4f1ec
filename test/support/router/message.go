package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013

	flagChecksum   = 1 << 0
	flagMoreToCome = 1 << 1

	headerSize      = 16
	maxMessageBytes = 48_000_000
)

var errMalformed = errors.New("malformed message")

// message is a command or a reply.
type message struct {
	body bson.Raw
	// sequences hold arrays of the command outside of its document, which may be smaller than they are.
	sequences []sequence
	requestID int32
	// isLegacy: OP_QUERY, which drivers still greet a server with.
	isLegacy bool
	// wantsNoReply: a write that is not acknowledged.
	wantsNoReply bool
}

type sequence struct {
	name      string
	documents []bson.Raw
}

func readMessage(from io.Reader) (*message, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header[0:])
	if length < headerSize || length > maxMessageBytes {
		return nil, errMalformed
	}
	content := make([]byte, length-headerSize)
	if _, err := io.ReadFull(from, content); err != nil {
		return nil, err
	}
	read := &message{requestID: int32(binary.LittleEndian.Uint32(header[4:]))}
	switch code := binary.LittleEndian.Uint32(header[12:]); code {
	case opMsg:
		return read, read.parseSections(content)
	case opQuery:
		return read, read.parseQuery(content)
	default:
		return nil, fmt.Errorf("opcode %d is not spoken here", code)
	}
}

func (m *message) parseSections(content []byte) error {
	if len(content) < 4 {
		return errMalformed
	}
	flags := binary.LittleEndian.Uint32(content)
	m.wantsNoReply = flags&flagMoreToCome != 0
	content = content[4:]
	if flags&flagChecksum != 0 {
		if len(content) < 4 {
			return errMalformed
		}
		content = content[:len(content)-4]
	}
	for len(content) > 0 {
		kind := content[0]
		section, rest, err := cut(content[1:])
		if err != nil {
			return err
		}
		content = rest
		switch kind {
		case 0:
			m.body = section
		case 1:
			parsed, err := parseSequence(section[4:])
			if err != nil {
				return err
			}
			m.sequences = append(m.sequences, parsed)
		default:
			return errMalformed
		}
	}
	if m.body == nil {
		return errMalformed
	}
	return m.body.Validate()
}

func parseSequence(section []byte) (sequence, error) {
	end := bytes.IndexByte(section, 0)
	if end < 0 {
		return sequence{}, errMalformed
	}
	parsed := sequence{name: string(section[:end])}
	for rest := section[end+1:]; len(rest) > 0; {
		document, after, err := cut(rest)
		if err != nil {
			return sequence{}, err
		}
		parsed.documents = append(parsed.documents, document)
		rest = after
	}
	return parsed, nil
}

func (m *message) parseQuery(content []byte) error {
	m.isLegacy = true
	if len(content) < 4 {
		return errMalformed
	}
	end := bytes.IndexByte(content[4:], 0)
	if end < 0 || len(content) < 4+end+1+8 {
		return errMalformed
	}
	document, _, err := cut(content[4+end+1+8:])
	m.body = document
	return err
}

// cut takes what begins with its own length, as documents and sections do.
func cut(content []byte) (taken, rest []byte, err error) {
	if len(content) < 5 {
		return nil, nil, errMalformed
	}
	length := int(int32(binary.LittleEndian.Uint32(content)))
	if length < 5 || length > len(content) {
		return nil, nil, errMalformed
	}
	return content[:length:length], content[length:], nil
}

func (m *message) write(to io.Writer, id int32) error {
	content := make([]byte, headerSize, headerSize+64+len(m.body))
	code := opMsg
	if m.isLegacy {
		code = opReply
		// AwaitCapable; no cursor; the first document; one of them.
		for _, number := range []uint32{8, 0, 0, 0, 1} {
			content = binary.LittleEndian.AppendUint32(content, number)
		}
		content = append(content, m.body...)
	} else {
		content = append(content, 0, 0, 0, 0, 0)
		content = append(content, m.body...)
		for _, part := range m.sequences {
			content = part.append(content)
		}
	}
	if len(content) > maxMessageBytes {
		return fmt.Errorf("a message of %d bytes is too long", len(content))
	}
	binary.LittleEndian.PutUint32(content[0:], uint32(len(content)))
	binary.LittleEndian.PutUint32(content[4:], uint32(id))
	binary.LittleEndian.PutUint32(content[8:], uint32(m.requestID))
	binary.LittleEndian.PutUint32(content[12:], uint32(code))
	_, err := to.Write(content)
	return err
}

func (s sequence) append(content []byte) []byte {
	content = append(content, 1)
	start := len(content)
	content = append(content, 0, 0, 0, 0)
	content = append(append(content, s.name...), 0)
	for _, document := range s.documents {
		content = append(content, document...)
	}
	binary.LittleEndian.PutUint32(content[start:], uint32(len(content)-start))
	return content
}

// list is an array of the command, wherever the message has it.
func (m *message) list(name string) []bson.Raw {
	for _, part := range m.sequences {
		if part.name == name {
			return part.documents
		}
	}
	return documentsOf(m.body.Lookup(name))
}

// withList is the same command with another content of an array.
func (m *message) withList(name string, documents []bson.Raw) *message {
	return &message{
		body:      changed(m.body, bson.D{}, name),
		sequences: []sequence{{name, documents}},
	}
}

// with is the same command with other fields.
func (m *message) with(fields bson.D, without ...string) *message {
	return &message{body: changed(m.body, fields, without...), sequences: m.sequences}
}

// command is its name, which is that of the first field.
func (m *message) command() string { return firstKey(m.body) }

func (m *message) database() string { return textOf(m.body, "$db") }

// target is the collection that a command is about, where it is about one.
func (m *message) target() string { return textOf(m.body, m.command()) }
