package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

type user struct{ name, database string }

var systemUser = user{"__system", "local"}

// users keeps what users may do, as a router does: it learns of a change, or that a user is gone, only after a while
// or when it is told to.
type users struct {
	config *replicaSet
	mutex  sync.Mutex
	known  map[user]*privileges
}

const keptFor = 30 * time.Second

type privileges struct {
	all  bool
	list []privilege
	read time.Time
}

type privilege struct {
	resource           resource
	isCluster, anyWhat bool
	actions            []string
}

// resource is a database, a collection of it, or, where both are empty, the cluster.
type resource struct{ database, collection string }

var wholeCluster = resource{}

// learn notes what a user who authenticates may do, unless that is known.
func (u *users) learn(who user, list []bson.Raw) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.fresh(who) == nil {
		u.keep(who, list)
	}
}

func (u *users) fresh(who user) *privileges {
	known := u.known[who]
	if known == nil || time.Since(known.read) > keptFor {
		return nil
	}
	return known
}

func (u *users) keep(who user, list []bson.Raw) *privileges {
	if u.known == nil {
		u.known = map[user]*privileges{}
	}
	kept := &privileges{list: parsePrivileges(list), read: time.Now()}
	u.known[who] = kept
	return kept
}

func (u *users) forget() {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	clear(u.known)
}

func (u *users) privilegesOf(who user) (*privileges, error) {
	if who == systemUser {
		return &privileges{all: true}, nil
	}
	u.mutex.Lock()
	known := u.fresh(who)
	u.mutex.Unlock()
	if known != nil {
		return known, nil
	}
	name := bson.D{{Key: "user", Value: who.name}, {Key: "db", Value: who.database}}
	reply, err := u.config.command("admin", bson.D{{Key: "usersInfo", Value: name}, {Key: "showPrivileges", Value: true}})
	if err != nil {
		return nil, err
	}
	found := documentsOf(reply.Lookup("users"))
	if len(found) == 0 {
		return nil, unauthorized("the user %s@%s is gone", who.name, who.database)
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.keep(who, documentsOf(found[0].Lookup("inheritedPrivileges"))), nil
}

func parsePrivileges(list []bson.Raw) []privilege {
	var parsed []privilege
	for _, document := range list {
		on := documentOf(document, "resource")
		parsed = append(parsed, privilege{
			resource:  resource{textOf(on, "db"), textOf(on, "collection")},
			isCluster: isTrue(on, "cluster"),
			anyWhat:   isTrue(on, "anyResource"),
			actions:   textsOf(document.Lookup("actions")),
		})
	}
	return parsed
}

// allow tells whether an action is allowed; the empty action is any.
func (p *privileges) allow(action string, on resource) bool {
	return p.all || slices.ContainsFunc(p.list, func(held privilege) bool {
		return held.covers(on) && (action == "" || slices.Contains(held.actions, action))
	})
}

// https://www.mongodb.com/docs/manual/reference/resource-document/
func (p *privilege) covers(on resource) bool {
	switch {
	case p.anyWhat:
		return true
	case p.isCluster:
		return on == wholeCluster
	case on == wholeCluster:
		return false
	}
	isDatabase := p.resource.database == "" || p.resource.database == on.database
	isOrdinary := p.resource.collection == "" && !strings.HasPrefix(on.collection, "system.")
	return isDatabase && (on.collection == "" || isOrdinary || p.resource.collection == on.collection)
}
