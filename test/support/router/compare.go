package main

import (
	"bytes"
	"cmp"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// rank orders values of different types. https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
func rank(value bson.RawValue) int {
	switch value.Type {
	case bson.TypeMinKey:
		return -1
	case 0, bson.TypeUndefined, bson.TypeNull:
		return 5
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128:
		return 10
	case bson.TypeString, bson.TypeSymbol:
		return 15
	case bson.TypeEmbeddedDocument:
		return 20
	case bson.TypeArray:
		return 25
	case bson.TypeBinary:
		return 30
	case bson.TypeObjectID:
		return 35
	case bson.TypeBoolean:
		return 40
	case bson.TypeDateTime:
		return 45
	case bson.TypeTimestamp:
		return 47
	case bson.TypeMaxKey:
		return 127
	default:
		return 50
	}
}

func compareValues(first, second bson.RawValue) int {
	if byType := cmp.Compare(rank(first), rank(second)); byType != 0 {
		return byType
	}
	switch rank(first) {
	case 10:
		return compareNumbers(first, second)
	case 15:
		return cmp.Compare(textIn(first), textIn(second))
	case 20, 25:
		return compareDocuments(first.Value, second.Value)
	case 45:
		return cmp.Compare(first.DateTime(), second.DateTime())
	case 47:
		firstSeconds, firstIncrement := first.Timestamp()
		secondSeconds, secondIncrement := second.Timestamp()
		return cmp.Or(cmp.Compare(firstSeconds, secondSeconds), cmp.Compare(firstIncrement, secondIncrement))
	default:
		// Binary data begins with its length, which is what orders it first.
		return bytes.Compare(first.Value, second.Value)
	}
}

func compareNumbers(first, second bson.RawValue) int {
	if first.Type != bson.TypeDouble && second.Type != bson.TypeDouble {
		return cmp.Compare(first.AsInt64(), second.AsInt64())
	}
	return cmp.Compare(float(first), float(second))
}

func float(value bson.RawValue) float64 {
	if number, ok := value.DoubleOK(); ok {
		return number
	}
	return float64(value.AsInt64())
}

func textIn(value bson.RawValue) string {
	text, _ := value.StringValueOK()
	return text
}

// compareDocuments compares the values; shard keys of one collection have the same names.
func compareDocuments(first, second bson.Raw) int {
	firstValues, _ := first.Values()
	secondValues, _ := second.Values()
	for index := range min(len(firstValues), len(secondValues)) {
		if compared := compareValues(firstValues[index], secondValues[index]); compared != 0 {
			return compared
		}
	}
	return cmp.Compare(len(firstValues), len(secondValues))
}
