package main

import (
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

var sessionCommands map[string]func(*asked) (bson.Raw, error)

func init() {
	nothing := func(*asked) (bson.Raw, error) { return done(), nil }
	sessionCommands = map[string]func(*asked) (bson.Raw, error){
		// Sessions end by themselves, which is soon enough for tests.
		"endSessions":              nothing,
		"refreshSessions":          nothing,
		"killAllSessions":          (*asked).killSessions,
		"killAllSessionsByPattern": (*asked).killSessions,
		"killSessions":             (*asked).killSessions,
		"commitTransaction":        (*asked).endTransaction,
		"abortTransaction":         (*asked).endTransaction,
		"getMore":                  (*asked).getMore,
		"killCursors":              (*asked).killCursors,
	}
}

// killSessions ends what sessions run everywhere. Shards know no users: a user's sessions are told by his digest.
func (a *asked) killSessions() (bson.Raw, error) {
	patterns, err := a.sessionsToKill(documentsOf(a.body.Lookup(a.name)))
	if err != nil {
		return nil, err
	}
	names, err := a.router.shardNames()
	if err != nil {
		return nil, err
	}
	for _, name := range append(names, configServers) {
		if _, err := a.router.commandOn(name, bson.D{{Key: "killAllSessionsByPattern", Value: patterns}}); err != nil {
			return nil, err
		}
	}
	return done(), nil
}

func (a *asked) sessionsToKill(named []bson.Raw) (bson.A, error) {
	patterns := bson.A{}
	if a.name == "killSessions" {
		for _, session := range named {
			patterns = append(patterns, bson.D{{Key: "lsid", Value: a.user.owned(session)}})
		}
		return patterns, nil
	}
	if err := a.demand("killAnySession", wholeCluster); err != nil {
		return nil, err
	}
	for _, pattern := range named {
		if a.name == "killAllSessionsByPattern" {
			patterns = append(patterns, pattern)
			continue
		}
		who := user{textOf(pattern, "user"), textOf(pattern, "db")}
		if _, err := a.router.users.privilegesOf(who); err != nil {
			return nil, newFailure(userNotFound, "UserNotFound", `Could not find user "%s" for db "%s"`, who.name, who.database)
		}
		patterns = append(patterns, bson.D{{Key: "uid", Value: who.digest()}})
	}
	if len(patterns) == 0 {
		// All of everybody.
		patterns = append(patterns, bson.D{})
	}
	return patterns, nil
}

// transactions knows the shard of each session's last transaction: there is none over several shards.
type transactions struct {
	mutex sync.Mutex
	known map[string]transaction
}

type transaction struct {
	number int64
	shard  string
}

func (t *transactions) of(request bson.Raw) (string, bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	known, isKnown := t.known[sessionOf(request)]
	return known.shard, isKnown && known.number == numberOf(request, "txnNumber")
}

// join has a statement of a transaction run on a shard, unless the transaction is on another one.
func (t *transactions) join(request bson.Raw, shard string) error {
	if !has(request, "autocommit") {
		return nil
	}
	if isTrue(request, "startTransaction") {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		if t.known == nil {
			t.known = map[string]transaction{}
		}
		t.known[sessionOf(request)] = transaction{numberOf(request, "txnNumber"), shard}
		return nil
	}
	if joined, isKnown := t.of(request); !isKnown || joined != shard {
		return notDone("has no transactions over several shards")
	}
	return nil
}

func sessionOf(request bson.Raw) string {
	_, id := request.Lookup("lsid", "id").Binary()
	return string(id)
}

func (a *asked) endTransaction() (bson.Raw, error) {
	shard, isKnown := a.router.transactions.of(a.body)
	if !isKnown {
		return nil, newFailure(251, "NoSuchTransaction", "no such transaction of this router")
	}
	set, err := a.router.shard(shard)
	if err != nil {
		return nil, err
	}
	return set.run(a.asSystem(), true)
}
