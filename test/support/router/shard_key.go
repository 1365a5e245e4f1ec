package main

import (
	"crypto/md5"
	"encoding/binary"
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// keyOf is the shard key that a document has, or that a filter asks for; isWhole: the filter says all of it.
func (c *collection) keyOf(document bson.Raw) (key bson.Raw, isWhole bool, err error) {
	elements, _ := c.key.Elements()
	isWhole = true
	var fields bson.D
	for _, element := range elements {
		value, lookupErr := document.LookupErr(strings.Split(element.Key(), ".")...)
		if lookupErr != nil {
			isWhole = false
			value = bson.RawValue{Type: bson.TypeNull}
		}
		if condition, isDocument := value.DocumentOK(); isDocument && strings.HasPrefix(firstKey(condition), "$") {
			value = condition.Lookup("$eq")
			isWhole = isWhole && firstKey(condition) == "$eq"
			if value.Type == 0 {
				value = bson.RawValue{Type: bson.TypeNull}
			}
		}
		if element.Value().Type != bson.TypeString {
			fields = append(fields, bson.E{Key: element.Key(), Value: value})
			continue
		}
		hashed, err := hash(value)
		if err != nil {
			return nil, false, err
		}
		fields = append(fields, bson.E{Key: element.Key(), Value: hashed})
	}
	return encode(fields), isWhole, nil
}

func (c *collection) chunkOf(key bson.Raw) (*chunk, error) {
	for index := range c.chunks {
		chunk := &c.chunks[index]
		if compareDocuments(chunk.min, key) <= 0 && compareDocuments(key, chunk.max) < 0 {
			return chunk, nil
		}
	}
	return nil, newFailure(staleCollection, "StaleConfig", "no chunk has the shard key")
}

// hash is that of hashed indexes: https://github.com/mongodb/mongo/blob/v6.0/src/mongo/db/hasher.cpp
func hash(value bson.RawValue) (int64, error) {
	hashed := binary.LittleEndian.AppendUint32(nil, 0)
	hashed = binary.LittleEndian.AppendUint32(hashed, uint32(rank(value)))
	switch value.Type {
	case bson.TypeInt32, bson.TypeInt64:
		hashed = binary.LittleEndian.AppendUint64(hashed, uint64(value.AsInt64()))
	case bson.TypeDouble:
		hashed = binary.LittleEndian.AppendUint64(hashed, uint64(int64(math.Trunc(value.Double()))))
	case bson.TypeEmbeddedDocument, bson.TypeArray, bson.TypeDecimal128:
		return 0, notDone("does not hash a %s", value.Type)
	default:
		hashed = append(hashed, value.Value...)
	}
	sum := md5.Sum(hashed)
	return int64(binary.LittleEndian.Uint64(sum[:8])), nil
}
