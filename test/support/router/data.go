package main

import (
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// dataCommand is one that shards carry out.
type dataCommand struct {
	// action that the user must be allowed to on the collection, or on the database where the command is about that.
	action string
	// ofDatabase: the database's primary shard does it.
	ofDatabase bool
	// mayCreate: it makes the database that there is not.
	mayCreate bool
	// mayRepeat: to do it twice is as good as once.
	mayRepeat bool
	// spread does it where several shards have chunks of the collection.
	spread func(*asked, *collection) (bson.Raw, error)
	// run does it in a way of its own.
	run func(*asked) (bson.Raw, error)
	// empty is the reply where there is no database.
	empty func(namespace string) bson.Raw
}

var dataCommands map[string]dataCommand

func init() {
	emptyCursor := func(namespace string) bson.Raw { return cursorReply(0, namespace, "firstBatch", nil) }
	count := func(string) bson.Raw { return done(bson.E{Key: "n", Value: int32(0)}) }
	nothing := func(string) bson.Raw { return done() }
	dataCommands = map[string]dataCommand{
		"find":          {action: "find", mayRepeat: true, spread: (*asked).findOnAll, empty: emptyCursor},
		"aggregate":     {action: "find", mayRepeat: true, spread: (*asked).aggregateOnAll, empty: emptyCursor},
		"count":         {action: "find", mayRepeat: true, spread: (*asked).countOnAll, empty: count},
		"distinct":      {action: "find", mayRepeat: true, spread: (*asked).distinctOnAll, empty: func(string) bson.Raw { return done(bson.E{Key: "values", Value: bson.A{}}) }},
		"insert":        {action: "insert", mayCreate: true, spread: (*asked).writeToOwners},
		"update":        {action: "update", mayCreate: true, spread: (*asked).writeToOwners},
		"delete":        {action: "remove", spread: (*asked).writeToOwners, empty: count},
		"findAndModify": {action: "update", mayCreate: true, spread: (*asked).findAndModifyOnOwner},
		"findandmodify": {action: "update", mayCreate: true, spread: (*asked).findAndModifyOnOwner},
		"create":        {action: "createCollection", mayCreate: true, ofDatabase: true},
		"createIndexes": {action: "createIndex", mayCreate: true, mayRepeat: true, spread: (*asked).sameOnAll},
		"dropIndexes":   {action: "dropIndex", mayRepeat: true, spread: (*asked).sameOnAll, empty: nothing},
		"listIndexes":   {action: "listIndexes", mayRepeat: true, spread: (*asked).onFirstOwner, empty: emptyCursor},
		"collMod":       {action: "collMod", mayRepeat: true, spread: (*asked).sameOnAll},
		"collStats":     {action: "collStats", mayRepeat: true, spread: (*asked).sumOnAll},
		"listCollections": {ofDatabase: true, mayRepeat: true, empty: func(namespace string) bson.Raw {
			return emptyCursor(parseNamespace(namespace).database + ".$cmd.listCollections")
		}},
		"dbStats":      {action: "dbStats", run: (*asked).databaseStatistics},
		"drop":         {action: "dropCollection", run: (*asked).dropCollection},
		"dropDatabase": {action: "dropDatabase", run: (*asked).dropDatabase},
	}
}

func (a *asked) on() resource { return resource{a.database, a.target()} }

func (a *asked) carryOutData(command dataCommand) (bson.Raw, error) {
	if err := a.demand(command.action, a.on()); err != nil {
		return nil, err
	}
	if command.run != nil {
		return command.run(a)
	}
	if has(a.body, "txnNumber") {
		command.mayRepeat = true
	}
	reply, err := a.router.untilNotStale(func() (bson.Raw, error) { return a.route(command) })
	var refused *failure
	if errors.As(err, &refused) && slices.Contains(staleCodes, refused.code) && has(a.body, "autocommit") {
		return nil, newFailure(hostUnreachable, "HostUnreachable", "data moved during the transaction: %s", refused.message)
	}
	return reply, err
}

// route has a command carried out where its collection is.
func (a *asked) route(command dataCommand) (bson.Raw, error) {
	found, err := a.findDatabase(command)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return command.empty(a.on().namespace()), nil
	}
	ofDatabase := bson.E{Key: "databaseVersion", Value: found.version}
	if command.ofDatabase || a.target() == "" {
		return a.relay(found.primary, a.asSystem(), command.mayRepeat, ofDatabase)
	}
	sharded, err := a.router.routing.collection(a.on().namespace())
	if err != nil {
		return nil, err
	}
	if sharded == nil {
		return a.relay(found.primary, a.asSystem(), command.mayRepeat, ofDatabase, unsharded)
	}
	owners := sharded.owners()
	if len(owners) == 1 {
		return a.relay(owners[0], a.asSystem(), command.mayRepeat, sharded.versionOn(owners[0]))
	}
	if has(a.body, "autocommit") {
		return nil, notDone("has no transactions over several shards")
	}
	return command.spread(a, sharded)
}

func (a *asked) findDatabase(command dataCommand) (*database, error) {
	found, err := a.router.routing.database(a.database)
	if found != nil || err != nil {
		return found, err
	}
	if command.mayCreate {
		if _, err := a.router.createDatabase(a.database); err != nil {
			return nil, err
		}
		return a.router.routing.database(a.database)
	}
	if command.empty == nil {
		return nil, newFailure(namespaceNotFound, "NamespaceNotFound", "ns not found: %s", a.on().namespace())
	}
	return nil, nil
}

// relay has a shard carry out a command, if it has the same in mind as we about where data is.
func (a *asked) relay(shard string, request *message, mayRepeat bool, versions ...bson.E) (bson.Raw, error) {
	if err := a.router.transactions.join(a.body, shard); err != nil {
		return nil, err
	}
	set, err := a.router.shard(shard)
	if err != nil {
		return nil, err
	}
	reply, err := set.run(request.with(versions), mayRepeat)
	if err != nil {
		return nil, err
	}
	a.router.cursors.note(reply, shard)
	return reply, a.staleWrite(reply)
}

// staleWrite is the failure of a write of which a shard did nothing, because data has moved.
func (a *asked) staleWrite(reply bson.Raw) error {
	errors := documentsOf(reply.Lookup("writeErrors"))
	if len(errors) == 0 || !slices.Contains(staleCodes, int32(numberOf(errors[0], "code"))) {
		return nil
	}
	if numberOf(errors[0], "index") > 0 && !has(a.body, "txnNumber") {
		return nil
	}
	return newFailure(int32(numberOf(errors[0], "code")), "StaleConfig", "%s", textOf(errors[0], "errmsg"))
}

func (a *asked) dropCollection() (bson.Raw, error) {
	defer a.router.routing.forget()
	reply, err := a.router.onPrimaryShard(a.database, a.database, a.alone("_shardsvrDropCollection", a.target()))
	if err != nil {
		return nil, err
	}
	return ownPart(reply), nil
}

func (a *asked) dropDatabase() (bson.Raw, error) {
	defer a.router.routing.forget()
	_, err := a.router.onPrimaryShard(a.database, a.database, a.alone("_shardsvrDropDatabase", 1))
	var refused *failure
	if err != nil && !(errors.As(err, &refused) && refused.code == namespaceNotFound) {
		return nil, err
	}
	return done(bson.E{Key: "dropped", Value: a.database}), nil
}

// alone is a command that has nothing of the client's but whether a block of writes concerns him.
func (a *asked) alone(name string, value any) bson.D {
	return bson.D{
		{Key: name, Value: value},
		{Key: "mayBypassWriteBlocking", Value: a.privileges.allow("bypassWriteBlockingMode", wholeCluster)},
	}
}
