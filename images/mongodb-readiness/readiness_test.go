package main

import (
	"testing"
)

func TestReadiness(t *testing.T) {
	for name, test := range map[string]struct {
		reply document
		state string
		ready bool
	}{
		"not initiated":      {document{"ok": 1.0, "isreplicaset": true, "isWritablePrimary": false, "secondary": false}, "not initiated yet", true},
		"standalone":         {document{"ok": 1.0, "isWritablePrimary": true}, "not initiated yet", true},
		"primary":            {document{"ok": 1.0, "setName": "rs0", "isWritablePrimary": true, "secondary": false}, "PRIMARY", true},
		"secondary":          {document{"ok": 1.0, "setName": "rs0", "isWritablePrimary": false, "secondary": true}, "SECONDARY", true},
		"arbiter":            {document{"ok": 1.0, "setName": "rs0", "arbiterOnly": true}, "ARBITER", true},
		"initial sync":       {document{"ok": 1.0, "setName": "rs0", "isWritablePrimary": false, "secondary": false}, "neither PRIMARY, SECONDARY nor ARBITER of rs0", false},
		"router":             {document{"ok": 1.0, "msg": "isdbgrid", "isWritablePrimary": true}, "mongos", true},
		"shutting down":      {document{"ok": 0.0, "errmsg": "quiesce"}, "hello failed: quiesce", false},
		"nothing understood": {document{}, "hello failed: ", false},
	} {
		t.Run(name, func(t *testing.T) {
			if state, ready := readiness(test.reply); state != test.state || ready != test.ready {
				t.Errorf("got %q, %v; want %q, %v", state, ready, test.state, test.ready)
			}
		})
	}
}

func TestParseDocument(t *testing.T) {
	reply := "\x08isWritablePrimary\x00\x01" +
		"\x03topologyVersion\x00\x05\x00\x00\x00\x00" +
		"\x04hosts\x00\x05\x00\x00\x00\x00" +
		"\x02setName\x00\x04\x00\x00\x00rs0\x00" +
		"\x09localTime\x00\x01\x02\x03\x04\x05\x06\x07\x08" +
		"\x05hash\x00\x02\x00\x00\x00\x00ab" +
		"\x07id\x00abcdefghijkl" +
		"\x10setVersion\x00\x03\x00\x00\x00" +
		"\x12keyId\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x0anothing\x00" +
		"\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0\x3f"
	fields, err := parseDocument(bsonDocument(reply))
	if err != nil {
		t.Fatal(err)
	}
	if !fields.truth("isWritablePrimary") || fields.text("setName") != "rs0" || !fields.truth("ok") || !fields.truth("setVersion") || fields.truth("keyId") {
		t.Errorf("got %v", fields)
	}
}

func TestParseDocumentRefusesWhatIsCutShort(t *testing.T) {
	whole := bsonDocument("\x02setName\x00\x04\x00\x00\x00rs0\x00" + "\x05hash\x00\x02\x00\x00\x00\x00ab")
	for length := range whole {
		if _, err := parseDocument(whole[:length]); err == nil {
			t.Errorf("the first %d bytes were accepted", length)
		}
	}
	for _, elements := range []string{"\x02a", "\x02a\x00\xff\xff\xff\x7fx", "\x02a\x00\x00\x00\x00\x00", "\x03a\x00\xff\xff\xff\xff", "\x0ea\x00"} {
		if _, err := parseDocument(bsonDocument(elements)); err == nil {
			t.Errorf("%q was accepted", elements)
		}
	}
}

func TestHelloDocumentIsItsOwnLength(t *testing.T) {
	if fields, err := parseDocument(helloDocument); err != nil || !fields.truth("hello") || fields.text("$db") != "admin" {
		t.Errorf("got %v, %v", fields, err)
	}
}

func bsonDocument(elements string) []byte {
	length := byte(len(elements) + 5)
	length2 := byte((len(elements) + 5) >> 8)
	return []byte(string([]byte{length, length2, 0, 0}) + elements + "\x00")
}
