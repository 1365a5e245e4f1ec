package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// document holds the numbers, booleans and strings at the top level of a BSON document. https://bsonspec.org/spec.html
type document map[string]any

func (d document) text(name string) string {
	value, _ := d[name].(string)
	return value
}

func (d document) truth(name string) bool {
	switch value := d[name].(type) {
	case bool:
		return value
	case float64:
		return value != 0
	default:
		return false
	}
}

var errMalformed = errors.New("malformed BSON")

func parseDocument(raw []byte) (document, error) {
	length, err := documentLength(raw)
	if err != nil {
		return nil, err
	}
	fields := document{}
	rest := raw[4 : length-1]
	for len(rest) > 0 {
		kind := rest[0]
		end := bytes.IndexByte(rest[1:], 0)
		if end < 0 {
			return nil, errMalformed
		}
		name, value := string(rest[1:1+end]), rest[2+end:]
		size, err := valueSize(kind, value)
		if err != nil {
			return nil, err
		}
		if size > len(value) {
			return nil, errMalformed
		}
		if decoded := decode(kind, value[:size]); decoded != nil {
			fields[name] = decoded
		}
		rest = value[size:]
	}
	return fields, nil
}

// decode answers nil for the kinds of values that no reply is judged by.
func decode(kind byte, value []byte) any {
	switch kind {
	case 0x01:
		return math.Float64frombits(binary.LittleEndian.Uint64(value))
	case 0x02:
		return string(value[4 : len(value)-1])
	case 0x08:
		return value[0] == 1
	case 0x10:
		return float64(int32(binary.LittleEndian.Uint32(value)))
	case 0x12:
		return float64(int64(binary.LittleEndian.Uint64(value)))
	default:
		return nil
	}
}

func valueSize(kind byte, value []byte) (int, error) {
	switch kind {
	case 0x0a, 0x7f, 0xff: // null, max key, min key
		return 0, nil
	case 0x08: // boolean
		return 1, nil
	case 0x10: // int32
		return 4, nil
	case 0x01, 0x09, 0x11, 0x12: // double, date, timestamp, int64
		return 8, nil
	case 0x07: // ObjectId
		return 12, nil
	case 0x13: // decimal128
		return 16, nil
	case 0x02: // string
		length, err := int32At(value)
		if err != nil || length < 1 {
			return 0, errMalformed
		}
		return 4 + length, nil
	case 0x03, 0x04: // document, array
		return documentLength(value)
	case 0x05: // binary
		length, err := int32At(value)
		if err != nil || length < 0 {
			return 0, errMalformed
		}
		return 5 + length, nil
	default:
		return 0, fmt.Errorf("BSON type 0x%02x is not expected in a hello reply", kind)
	}
}

func documentLength(raw []byte) (int, error) {
	length, err := int32At(raw)
	if err != nil || length < 5 || length > len(raw) {
		return 0, errMalformed
	}
	return length, nil
}

func int32At(raw []byte) (int, error) {
	if len(raw) < 4 {
		return 0, errMalformed
	}
	return int(int32(binary.LittleEndian.Uint32(raw))), nil
}
