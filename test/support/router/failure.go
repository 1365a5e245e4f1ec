package main

import (
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// failure is an error that a client is told. https://github.com/mongodb/mongo/blob/v6.0/src/mongo/base/error_codes.yml
type failure struct {
	code    int32
	name    string
	message string
	// reply is the whole of another server's, to be passed through.
	reply bson.Raw
}

func (f *failure) Error() string { return f.message }

func newFailure(code int32, name, format string, values ...any) *failure {
	return &failure{code: code, name: name, message: fmt.Sprintf(format, values...)}
}

func unauthorized(format string, values ...any) *failure {
	return newFailure(13, "Unauthorized", format, values...)
}

func unknownCommand(name string) *failure {
	return newFailure(59, "CommandNotFound", "the router stand-in does not know %s", name)
}

func notDone(format string, values ...any) *failure {
	return newFailure(115, "CommandNotSupported", "the router stand-in "+format, values...)
}

// document is the reply that tells it.
func (f *failure) document() bson.Raw {
	if f.reply != nil {
		// It is the version of another server's topology, not ours.
		return changed(f.reply, nil, "topologyVersion")
	}
	return encode(bson.D{{Key: "ok", Value: 0.0}, {Key: "errmsg", Value: f.message}, {Key: "code", Value: f.code}, {Key: "codeName", Value: f.name}})
}

func failureOf(err error) *failure {
	var told *failure
	if errors.As(err, &told) {
		return told
	}
	return newFailure(1, "InternalError", "the router stand-in: %v", err)
}

// failureIn is what a reply says went wrong with the whole command.
func failureIn(reply bson.Raw) *failure {
	if isTrue(reply, "ok") {
		return nil
	}
	return &failure{int32(numberOf(reply, "code")), textOf(reply, "codeName"), textOf(reply, "errmsg"), reply}
}

const (
	hostUnreachable   = 6
	notWritable       = 10107
	staleDatabase     = 249
	staleCollection   = 13388
	namespaceNotFound = 26
	noPrimary         = 133
	userNotFound      = 11
)

var (
	// notPrimaryCodes: nothing was done, because another member is the primary.
	notPrimaryCodes = []int32{notWritable, 13435, 10058}
	// interruptedCodes: it may have been done.
	interruptedCodes = []int32{189, 11602, 91, 11600}
	// https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md
	retryableCodes = append([]int32{hostUnreachable, 7, 89, 262, 9001, noPrimary}, append(notPrimaryCodes, interruptedCodes...)...)
	staleCodes     = []int32{staleDatabase, staleCollection}
)

// labelled is a reply with the labels that drivers decide by whether to try again.
func labelled(request, reply bson.Raw) bson.Raw {
	if !has(request, "txnNumber") {
		return reply
	}
	code := int32(numberOf(reply, "code"))
	if isTrue(reply, "ok") {
		code = int32(numberOf(reply, "writeConcernError", "code"))
	}
	if !slices.Contains(retryableCodes, code) {
		return reply
	}
	label := "RetryableWriteError"
	command := firstKey(request)
	if has(request, "autocommit") && command != "commitTransaction" && command != "abortTransaction" {
		label = "TransientTransactionError"
	}
	labels := textsOf(reply.Lookup("errorLabels"))
	if slices.Contains(labels, label) {
		return reply
	}
	return changed(reply, bson.D{{Key: "errorLabels", Value: append(labels, label)}})
}
