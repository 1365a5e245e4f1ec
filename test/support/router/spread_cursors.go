package main

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func (a *asked) findOnAll(sharded *collection) (bson.Raw, error) {
	skip, limit := int(numberOf(a.body, "skip")), int(numberOf(a.body, "limit"))
	var fields bson.D
	if limit > 0 {
		fields = bson.D{{Key: "limit", Value: int64(limit + skip)}}
	}
	documents, err := a.documentsOfAll(sharded, a.asSystem().with(fields, "skip", "batchSize", "singleBatch"))
	if err != nil {
		return nil, err
	}
	documents = sorted(documents, documentOf(a.body, "sort"))
	documents = documents[min(skip, len(documents)):]
	if limit > 0 {
		documents = documents[:min(limit, len(documents))]
	}
	batchSize := firstBatch
	if has(a.body, "batchSize") {
		batchSize = int(numberOf(a.body, "batchSize"))
	}
	if isTrue(a.body, "singleBatch") {
		documents = documents[:min(batchSize, len(documents))]
	}
	return a.firstBatch(documents, batchSize), nil
}

func (a *asked) firstBatch(documents []bson.Raw, size int) bson.Raw {
	taken, id := a.router.cursors.batch(documents, size, 0)
	return cursorReply(id, a.on().namespace(), "firstBatch", taken)
}

// documentsOfAll reads all that a query finds on every shard.
func (a *asked) documentsOfAll(sharded *collection, request *message) ([]bson.Raw, error) {
	replies, err := a.onAll(sharded, request, true)
	if err != nil {
		return nil, err
	}
	var documents []bson.Raw
	for index, shard := range sharded.owners() {
		cursor := documentOf(replies[index], "cursor")
		documents = append(documents, documentsOf(cursor.Lookup("firstBatch"))...)
		for id := numberOf(cursor, "id"); id != 0; id = numberOf(cursor, "id") {
			a.router.cursors.close(id)
			set, err := a.router.shard(shard)
			if err != nil {
				return nil, err
			}
			more := bson.D{{Key: "getMore", Value: id}, {Key: "collection", Value: a.target()}}
			if session := documentOf(request.body, "lsid"); session != nil {
				more = append(more, bson.E{Key: "lsid", Value: session})
			}
			reply, err := set.run(commandOf(a.database, more), false)
			if err != nil {
				return nil, err
			}
			cursor = documentOf(reply, "cursor")
			documents = append(documents, documentsOf(cursor.Lookup("nextBatch"))...)
		}
	}
	return documents, nil
}

// sorted puts documents, which come sorted from each shard, in the order of all; by fields at their top level only.
func sorted(documents []bson.Raw, order bson.Raw) []bson.Raw {
	elements, _ := order.Elements()
	if len(elements) > 0 && elements[0].Key() != "$natural" {
		slices.SortStableFunc(documents, func(first, second bson.Raw) int {
			for _, element := range elements {
				compared := compareValues(first.Lookup(element.Key()), second.Lookup(element.Key()))
				if compared != 0 {
					return compared * int(element.Value().AsInt64())
				}
			}
			return 0
		})
	}
	return documents
}

// eachAlone are the stages that make of each document what they make, wherever the others are.
var eachAlone = setOf(
	"$match", "$project", "$addFields", "$set", "$unset", "$unwind", "$replaceRoot", "$replaceWith", "$redact",
	"$collStats", "$indexStats",
)

// aggregateOnAll puts together what the pipeline makes on each shard. Its last stages may count, or sort and cut.
func (a *asked) aggregateOnAll(sharded *collection) (bson.Raw, error) {
	pipeline := documentsOf(a.body.Lookup("pipeline"))
	alone := 0
	for alone < len(pipeline) && eachAlone[firstKey(pipeline[alone])] {
		alone++
	}
	finish, err := finishOf(pipeline[alone:])
	if err != nil {
		return nil, err
	}
	onShards := pipeline[:alone]
	if finish.counts {
		onShards = pipeline
	}
	cursor := bson.E{Key: "cursor", Value: bson.D{}}
	fields := bson.D{{Key: "pipeline", Value: append([]bson.Raw{}, onShards...)}, cursor}
	documents, err := a.documentsOfAll(sharded, a.asSystem().with(fields))
	if err != nil {
		return nil, err
	}
	if finish.counts && len(documents) > 1 {
		documents = []bson.Raw{total(documents)}
	}
	for _, step := range finish.steps {
		documents = step(documents)
	}
	batchSize := firstBatch
	if has(a.body, "cursor", "batchSize") {
		batchSize = int(numberOf(a.body, "cursor", "batchSize"))
	}
	return a.firstBatch(documents, batchSize), nil
}

type finish struct {
	counts bool
	steps  []func([]bson.Raw) []bson.Raw
}

func finishOf(stages []bson.Raw) (finish, error) {
	if len(stages) == 1 && isTotal(stages[0]) {
		return finish{counts: true}, nil
	}
	var done finish
	for _, stage := range stages {
		amount := int(numberOf(stage, firstKey(stage)))
		switch firstKey(stage) {
		case "$sort":
			order := documentOf(stage, "$sort")
			done.steps = append(done.steps, func(documents []bson.Raw) []bson.Raw { return sorted(documents, order) })
		case "$skip":
			done.steps = append(done.steps, func(documents []bson.Raw) []bson.Raw { return documents[min(amount, len(documents)):] })
		case "$limit":
			done.steps = append(done.steps, func(documents []bson.Raw) []bson.Raw { return documents[:min(amount, len(documents))] })
		default:
			return finish{}, notDone("does not do %s over several shards", firstKey(stage))
		}
	}
	return done, nil
}

// isTotal: a count of all documents, as the drivers' countDocuments asks for, or a sum over all.
func isTotal(stage bson.Raw) bool {
	if firstKey(stage) == "$count" {
		return true
	}
	group, _ := documentOf(stage, "$group").Elements()
	for _, element := range group {
		inner, isDocument := element.Value().DocumentOK()
		switch {
		case element.Key() == "_id" && isDocument, element.Key() == "_id" && element.Value().Type == bson.TypeString:
			return false
		case element.Key() != "_id" && (!isDocument || firstKey(inner) != "$sum"):
			return false
		}
	}
	return len(group) > 0
}

// total is one document in place of those of the shards.
func total(documents []bson.Raw) bson.Raw {
	summed := summed(documents)
	fields := bson.D{}
	if id, err := documents[0].LookupErr("_id"); err == nil {
		fields = append(fields, bson.E{Key: "_id", Value: id})
	}
	return changed(summed, fields, "ok")
}
