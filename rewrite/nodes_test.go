package rewrite

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// The walk must meet what protobuf's own reflection meets, in whatever is in the test data.
func TestEachNodeMeetsAll(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("testdata/*/*.sql")
	kinds, statements := map[protoreflect.Name]bool{}, 0
	for _, file := range append(files, more...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range strings.Split(string(text), "\n\n") {
			tree, err := pg_query.Parse(sql)
			if err != nil {
				continue
			}
			statements++
			want, got := map[any]int{}, map[any]int{}
			reflected(tree.ProtoReflect(), func(m any) { want[m]++ })
			eachNode(tree.ProtoReflect(), func(m any) {
				got[m]++
				kinds[m.(protoreflect.ProtoMessage).ProtoReflect().Descriptor().Name()] = true
			})
			if len(want) != len(got) {
				t.Errorf("%d nodes, and protobuf finds %d: %s", len(got), len(want), sql)
			}
			for m, n := range want {
				if got[m] != n {
					t.Errorf("%T is met %d times, want %d: %s", m, got[m], n, sql)
				}
			}
		}
	}
	if statements < 300 || len(kinds) < 60 {
		t.Errorf("only %d kinds of node in %d statements", len(kinds), statements)
	}
}

func reflected(m protoreflect.Message, f func(any)) {
	f(m.Interface())
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() == nil:
		case fd.IsList():
			for i := range v.List().Len() {
				reflected(v.List().Get(i).Message(), f)
			}
		default:
			reflected(v.Message(), f)
		}
		return true
	})
}

// Every field of every message that can hold another is one that the walk goes into.
func TestHoldersKnowEveryField(t *testing.T) {
	messages := pg_query.File_pg_query_proto.Messages()
	for i := range messages.Len() {
		d := messages.Get(i)
		if d.FullName() == "" {
			continue
		}
		n, oneofs := 0, map[protoreflect.FullName]bool{}
		for k := range d.Fields().Len() {
			fd := d.Fields().Get(k)
			if fd.IsMap() {
				t.Errorf("%s is a map, which the walk does not know", fd.FullName())
			}
			switch o := fd.ContainingOneof(); {
			case o != nil && !o.IsSynthetic():
				oneofs[o.FullName()] = true
			case fd.Message() != nil:
				n++
			}
		}
		typ, err := messageOf(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(holders(typ)); got != n+len(oneofs) {
			t.Errorf("%s: the walk goes into %d fields, want %d", d.FullName(), got, n+len(oneofs))
		}
	}
}

func messageOf(d protoreflect.MessageDescriptor) (reflect.Type, error) {
	mt, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		return nil, err
	}
	return reflect.TypeOf(mt.Zero().Interface()).Elem(), nil
}
