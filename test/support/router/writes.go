package main

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// statementLists are where the statements of a write are.
var statementLists = map[string]string{"insert": "documents", "update": "updates", "delete": "deletes"}

// batch is the statements of a write that go to the same shards.
type batch struct {
	shards  []string
	indexes []int
}

// outcome adds up the replies to the parts of a write.
type outcome struct {
	n, modified  int64
	upserted     []bson.D
	errors       []bson.Raw
	writeConcern bson.Raw
}

// writeToOwners has each statement done by the shards that have what it is about. Where data moves meanwhile, the
// statements that are not done yet are routed again.
func (a *asked) writeToOwners(sharded *collection) (bson.Raw, error) {
	statements := a.list(statementLists[a.name])
	isOrdered := !has(a.body, "ordered") || isTrue(a.body, "ordered")
	var sum outcome
	pending := make([]int, len(statements))
	for index := range pending {
		pending[index] = index
	}
	_, err := a.router.untilNotStale(func() (bson.Raw, error) {
		current, err := a.router.routing.collection(a.on().namespace())
		if err != nil {
			return nil, err
		}
		if current == nil {
			current = sharded
		}
		batches, err := a.batches(current, statements, pending)
		for _, part := range batches {
			if err := a.writeBatch(current, part, statements, &sum); err != nil {
				return nil, err
			}
			pending = slices.DeleteFunc(pending, func(index int) bool { return slices.Contains(part.indexes, index) })
			if isOrdered && len(sum.errors) > 0 {
				break
			}
		}
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	return sum.reply(a.name), nil
}

// batches puts together the inserts for each shard; any other statement is alone.
func (a *asked) batches(sharded *collection, statements []bson.Raw, pending []int) ([]*batch, error) {
	var batches []*batch
	ofShard := map[string]*batch{}
	for _, index := range pending {
		shards, err := a.shardsOf(sharded, statements[index])
		if err != nil {
			return batches, err
		}
		if a.name == "insert" && ofShard[shards[0]] != nil {
			known := ofShard[shards[0]]
			known.indexes = append(known.indexes, index)
			continue
		}
		made := &batch{shards, []int{index}}
		ofShard[shards[0]] = made
		batches = append(batches, made)
	}
	return batches, nil
}

// shardsOf a statement is one where it says the shard key, or else all.
func (a *asked) shardsOf(sharded *collection, statement bson.Raw) ([]string, error) {
	filter := statement
	if a.name != "insert" {
		filter = documentOf(statement, "q")
	}
	key, isWhole, err := sharded.keyOf(filter)
	if err != nil {
		return nil, err
	}
	if isWhole || a.name == "insert" {
		chunk, err := sharded.chunkOf(key)
		if err != nil {
			return nil, err
		}
		return []string{chunk.shard}, nil
	}
	isForMany := isTrue(statement, "multi") || a.name == "delete" && numberOf(statement, "limit") == 0
	if isTrue(statement, "upsert") || !isForMany && !has(filter, "_id") {
		return nil, newFailure(61, "ShardKeyNotFound", "a write of one document needs the shard key or _id, an upsert the shard key")
	}
	return sharded.owners(), nil
}

func (a *asked) writeBatch(sharded *collection, part *batch, statements []bson.Raw, sum *outcome) error {
	var documents []bson.Raw
	var numbers []int32
	for _, index := range part.indexes {
		documents = append(documents, statements[index])
		numbers = append(numbers, int32(index))
	}
	request := a.asSystem().withList(statementLists[a.name], documents)
	if has(a.body, "txnNumber") {
		// A retried write finds its statements again by these, however they are put together then.
		request = request.with(bson.D{{Key: "stmtIds", Value: numbers}}, "stmtId")
	}
	for _, shard := range part.shards {
		reply, err := a.relay(shard, request, has(a.body, "txnNumber"), sharded.versionOn(shard))
		if err != nil {
			return err
		}
		sum.add(reply, part.indexes)
	}
	return nil
}

// add counts a reply in; the statements in it are numbered anew.
func (o *outcome) add(reply bson.Raw, indexes []int) {
	original := func(document bson.Raw) bson.E {
		return bson.E{Key: "index", Value: int32(indexes[numberOf(document, "index")])}
	}
	o.n += numberOf(reply, "n")
	o.modified += numberOf(reply, "nModified")
	for _, made := range documentsOf(reply.Lookup("upserted")) {
		o.upserted = append(o.upserted, bson.D{original(made), {Key: "_id", Value: made.Lookup("_id")}})
	}
	for _, refused := range documentsOf(reply.Lookup("writeErrors")) {
		o.errors = append(o.errors, changed(refused, bson.D{original(refused)}))
	}
	if concern := documentOf(reply, "writeConcernError"); concern != nil {
		o.writeConcern = concern
	}
}

func (o *outcome) reply(command string) bson.Raw {
	fields := bson.D{{Key: "n", Value: int32(o.n)}}
	if command == "update" {
		fields = append(fields, bson.E{Key: "nModified", Value: int32(o.modified)})
	}
	if len(o.upserted) > 0 {
		fields = append(fields, bson.E{Key: "upserted", Value: o.upserted})
	}
	if len(o.errors) > 0 {
		fields = append(fields, bson.E{Key: "writeErrors", Value: o.errors})
	}
	if o.writeConcern != nil {
		fields = append(fields, bson.E{Key: "writeConcernError", Value: o.writeConcern})
	}
	return done(fields...)
}

func (a *asked) findAndModifyOnOwner(sharded *collection) (bson.Raw, error) {
	key, isWhole, err := sharded.keyOf(documentOf(a.body, "query"))
	if err == nil && !isWhole {
		err = newFailure(61, "ShardKeyNotFound", "Query for sharded findAndModify must contain the shard key")
	}
	if err != nil {
		return nil, err
	}
	chunk, err := sharded.chunkOf(key)
	if err != nil {
		return nil, err
	}
	return a.relay(chunk.shard, a.asSystem(), has(a.body, "txnNumber"), sharded.versionOn(chunk.shard))
}
