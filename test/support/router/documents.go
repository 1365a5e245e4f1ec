package main

import (
	"encoding/binary"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// encode makes a document of values that we made up ourselves, which cannot fail.
func encode(document bson.D) bson.Raw {
	raw, err := bson.Marshal(append(bson.D{}, document...))
	if err != nil {
		panic(err)
	}
	return raw
}

// changed is a document with other values of some fields, at its end, and without some others.
func changed(document bson.Raw, fields bson.D, without ...string) bson.Raw {
	elements, _ := document.Elements()
	result := make([]byte, 4, len(document)+64)
	for _, element := range elements {
		key := element.Key()
		isReplaced := slices.ContainsFunc(fields, func(field bson.E) bool { return field.Key == key })
		if !isReplaced && !slices.Contains(without, key) {
			result = append(result, element...)
		}
	}
	added := encode(fields)
	result = append(result, added[4:]...)
	binary.LittleEndian.PutUint32(result, uint32(len(result)))
	return result
}

func firstKey(document bson.Raw) string {
	element, err := document.IndexErr(0)
	if err != nil {
		return ""
	}
	return element.Key()
}

func textOf(document bson.Raw, path ...string) string {
	text, _ := document.Lookup(path...).StringValueOK()
	return text
}

func numberOf(document bson.Raw, path ...string) int64 {
	number, _ := document.Lookup(path...).AsInt64OK()
	return number
}

func has(document bson.Raw, path ...string) bool {
	_, err := document.LookupErr(path...)
	return err == nil
}

// isTrue takes numbers too, as MongoDB does.
func isTrue(document bson.Raw, path ...string) bool {
	value := document.Lookup(path...)
	if truth, ok := value.BooleanOK(); ok {
		return truth
	}
	number, _ := value.AsInt64OK()
	return number != 0
}

func documentOf(document bson.Raw, path ...string) bson.Raw {
	inner, _ := document.Lookup(path...).DocumentOK()
	return inner
}

func valuesOf(array bson.RawValue) []bson.RawValue {
	list, ok := array.ArrayOK()
	if !ok {
		return nil
	}
	values, _ := list.Values()
	return values
}

func documentsOf(array bson.RawValue) []bson.Raw {
	var documents []bson.Raw
	for _, value := range valuesOf(array) {
		if document, ok := value.DocumentOK(); ok {
			documents = append(documents, document)
		}
	}
	return documents
}

func textsOf(array bson.RawValue) []string {
	var texts []string
	for _, value := range valuesOf(array) {
		if text, ok := value.StringValueOK(); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
