package main

import (
	"crypto/sha256"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// userCommands are about users, roles and default concerns: the config servers carry them out, in any database, and
// judge themselves whether the user may.
var userCommands = setOf(
	"createUser", "updateUser", "dropUser", "dropAllUsersFromDatabase", "usersInfo", "grantRolesToUser", "revokeRolesFromUser",
	"createRole", "updateRole", "dropRole", "dropAllRolesFromDatabase", "rolesInfo", "grantRolesToRole", "revokeRolesFromRole",
	"grantPrivilegesToRole", "revokePrivilegesFromRole", "getDefaultRWConcern", "setDefaultRWConcern",
)

var readingUserCommands = setOf("usersInfo", "rolesInfo", "getDefaultRWConcern", "setDefaultRWConcern")

func setOf(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}

// passUpstream has the config servers carry out a command as the user. Where their primary has changed, a client's
// connection to it is of no use any more, and only the client knows his password: an administrator's command is
// carried out as the system instead, and anybody else is to connect again.
func (a *asked) passUpstream() (bson.Raw, error) {
	reply, err := a.exchangeUpstream()
	if err == nil && userCommands[a.name] && !readingUserCommands[a.name] {
		a.router.users.forget()
	}
	return reply, err
}

func (a *asked) exchangeUpstream() (bson.Raw, error) {
	if a.upstream != nil && a.upstream.isIdle() {
		reply, err := a.upstream.exchange(a.asUser())
		if err != nil {
			a.router.config.forget(a.upstream.address)
			a.dropUpstream()
			return nil, errHangUp
		}
		refused := failureIn(reply)
		if refused == nil {
			return reply, nil
		}
		if !slices.Contains(notPrimaryCodes, refused.code) {
			return nil, refused
		}
		a.router.config.forget(a.upstream.address)
	}
	a.dropUpstream()
	if !a.privileges.allow("addShard", wholeCluster) {
		return nil, errHangUp
	}
	return a.router.config.run(a.asSystem(), has(a.body, "txnNumber"))
}

// asUser is the command without the time that a client has from replies to the system: nobody has signed it.
func (a *asked) asUser() *message {
	var fields bson.D
	if concern := documentOf(a.body, "readConcern"); concern != nil {
		fields = bson.D{{Key: "readConcern", Value: changed(concern, nil, "afterClusterTime")}}
	}
	return a.with(fields, "$clusterTime")
}

// asSystem is the command as it is sent over a connection of the system: its session belongs to the user all the
// same, whom a block of writes concerns unless he is exempt.
func (a *asked) asSystem() *message {
	exempt := a.privileges.allow("bypassWriteBlockingMode", wholeCluster)
	fields := bson.D{{Key: "mayBypassWriteBlocking", Value: exempt}}
	if session := documentOf(a.body, "lsid"); session != nil {
		fields = append(fields, bson.E{Key: "lsid", Value: a.user.owned(session)})
	}
	return a.with(fields)
}

// owned is the id of a session of a user, as members name it to each other.
func (u *user) owned(session bson.Raw) bson.Raw {
	return changed(session, bson.D{{Key: "uid", Value: u.digest()}})
}

func (u *user) digest() []byte {
	digest := sha256.Sum256([]byte(u.name + "@" + u.database))
	return digest[:]
}
