package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// ocsfSource reads the files of OCSF's schema (a checkout of its repository) and puts together what an event class or an object is: what it extends, the attributes that its profiles bring, and what the dictionary says of each.
type ocsfSource struct {
	t          *testing.T
	dir        string
	dictionary map[string]ocsfFile
	events     map[string]string // name → path
	objects    map[string]string
	categories map[string]int
}

// ocsfFile is a file of the schema, or an attribute in one.
type ocsfFile struct {
	Name, Extends, Category, Type, Requirement, Sibling string
	UID                                                 int
	IsArray                                             bool `json:"is_array"`
	Profile                                             *string
	Enum                                                map[string]struct{}
	Deprecated                                          *struct{} `json:"@deprecated"`
	Constraints                                         map[string][]string
	Profiles                                            []string
	Attributes                                          map[string]json.RawMessage
}

func (s *ocsfSource) read(path string, v any) {
	s.t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
}

func openOCSF(t *testing.T, dir string) (s *ocsfSource, version string) {
	s = &ocsfSource{t: t, dir: dir, dictionary: map[string]ocsfFile{}, events: map[string]string{}, objects: map[string]string{}, categories: map[string]int{"other": 0}}
	var v struct{ Version string }
	s.read(filepath.Join(dir, "version.json"), &v)
	var d struct{ Attributes map[string]ocsfFile }
	s.read(filepath.Join(dir, "dictionary.json"), &d)
	s.dictionary = d.Attributes
	var c struct{ Attributes map[string]ocsfFile }
	s.read(filepath.Join(dir, "categories.json"), &c)
	for name, f := range c.Attributes {
		s.categories[name] = f.UID
	}
	for _, kind := range []struct {
		pattern string
		into    map[string]string
	}{{"events/*.json", s.events}, {"events/*/*.json", s.events}, {"objects/*.json", s.objects}} {
		paths, err := filepath.Glob(filepath.Join(dir, kind.pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			var f ocsfFile
			s.read(path, &f)
			kind.into[f.Name] = path
		}
	}
	return s, v.Version
}

// attributes merges those of a file into all.
func (s *ocsfSource) attributes(f ocsfFile, profile string, all map[string]ocsfAttribute) {
	if raw, ok := f.Attributes["$include"]; ok {
		var list []string
		if err := json.Unmarshal(raw, &list); err != nil {
			s.t.Fatal(err)
		}
		for _, path := range list {
			var p ocsfFile
			s.read(filepath.Join(s.dir, path), &p)
			s.attributes(p, p.Name, all)
		}
	}
	for name, raw := range f.Attributes {
		if name == "$include" {
			continue
		}
		var a ocsfFile
		if err := json.Unmarshal(raw, &a); err != nil {
			s.t.Fatal(err)
		}
		now, known := all[name]
		if !known {
			d := s.dictionary[name]
			now = ocsfAttribute{kind: kindOf(d.Type), array: d.IsArray, sibling: d.Sibling, profile: profile, deprecated: d.Deprecated != nil}
			now.values = numbers(d.Enum)
		}
		if a.Type != "" {
			now.kind = kindOf(a.Type)
		}
		if a.Profile != nil {
			now.profile = *a.Profile
		} else if strings.Contains(string(raw), `"profile": null`) { // taken out of its profile
			now.profile = ""
		}
		if a.Requirement != "" {
			now.required = a.Requirement == "required"
		}
		now.deprecated = now.deprecated || a.Deprecated != nil
		now.values = append(now.values, numbers(a.Enum)...)
		slices.Sort(now.values)
		now.values = slices.Compact(now.values)
		all[name] = now
	}
}

// kindOf is the schema's name of a type as the table has it.
func kindOf(name string) string {
	if short, ok := strings.CutSuffix(name, "_t"); ok || name == "object" {
		return short
	}
	return "{" + name + "}"
}

func numbers(enum map[string]struct{}) (list []int) {
	for k := range enum {
		if n, err := strconv.Atoi(k); err == nil {
			list = append(list, n)
		}
	}
	return list
}

// compile gives a class or an object as a whole.
func (s *ocsfSource) compile(paths map[string]string, name string) ocsfType {
	s.t.Helper()
	var chain []ocsfFile
	for at := name; at != "" && paths[at] != ""; {
		var f ocsfFile
		s.read(paths[at], &f)
		chain = append(chain, f)
		at = f.Extends
	}
	if len(chain) == 0 {
		s.t.Fatalf("the schema has no %s", name)
	}
	whole := ocsfType{attributes: map[string]ocsfAttribute{}}
	profiles := map[string]bool{}
	category, uid := 0, chain[0].UID
	for _, f := range slices.Backward(chain) {
		if f.Category != "" {
			category = s.categories[f.Category]
		}
		s.attributes(f, "", whole.attributes)
		if f.Constraints != nil {
			whole.atLeastOne = f.Constraints["at_least_one"]
		}
		for _, p := range f.Profiles {
			profiles[strings.TrimSuffix(filepath.Base(p), ".json")] = true
		}
	}
	whole.number = category*1000 + uid
	for _, name := range []string{"class_uid", "category_uid", "type_uid"} { // the number says what they must be
		a := whole.attributes[name]
		a.values, a.sibling = nil, ""
		if a.kind != "" {
			whole.attributes[name] = a
		}
	}
	whole.atLeastOne = slices.Clone(whole.atLeastOne)
	sort.Strings(whole.atLeastOne)
	whole.profiles = slices.Sorted(maps.Keys(profiles))
	return whole
}

// What ocsfTable says is what the schema says. CORDON_OCSF_SCHEMA is a checkout of OCSF's schema at the version that the table names; a line that is wrong is printed as it should be.
func TestOCSFTableIsTrue(t *testing.T) {
	dir := os.Getenv("CORDON_OCSF_SCHEMA")
	if dir == "" {
		t.Skip("CORDON_OCSF_SCHEMA is not set")
	}
	s, version := openOCSF(t, dir)
	if version != ocsfVersion {
		t.Fatalf("the schema is of version %s, and the table of %s", version, ocsfVersion)
	}
	table := readOCSFTable(t)
	for name, have := range table {
		paths := s.objects
		if strings.HasPrefix(name, "event ") {
			paths = s.events
		}
		want := s.compile(paths, strings.Fields(name)[1])
		for a, w := range want.attributes {
			if h, ok := have.attributes[a]; ok && h.String() != w.String() || !ok && w.required && (w.profile == "" || slices.Contains(have.profiles, w.profile)) {
				t.Errorf("%s: it must be\n%s", name, a+w.String())
			}
		}
		for a := range have.attributes {
			if _, ok := want.attributes[a]; !ok {
				t.Errorf("%s has no %s", name, a)
			}
		}
		if have.number != want.number && strings.HasPrefix(name, "event ") {
			t.Errorf("%s: it must be\nnumber %d", name, want.number)
		}
		if fmt.Sprint(have.atLeastOne) != fmt.Sprint(want.atLeastOne) {
			t.Errorf("%s: it must be\nat_least_one %s", name, strings.Join(want.atLeastOne, " "))
		}
		for _, p := range have.profiles {
			if !slices.Contains(want.profiles, p) {
				t.Errorf("%s does not have the profile %s", name, p)
			}
		}
	}
}

// Every event fits the schema as a whole, with all of its classes and objects, not only what the table names.
func TestExportFitsOCSF(t *testing.T) {
	dir := os.Getenv("CORDON_OCSF_SCHEMA")
	if dir == "" {
		t.Skip("CORDON_OCSF_SCHEMA is not set")
	}
	s, _ := openOCSF(t, dir)
	whole := ocsfSchema{}
	for name := range s.events {
		var f ocsfFile
		s.read(s.events[name], &f)
		whole["event "+name] = s.compile(s.events, name)
	}
	for name := range s.objects {
		whole["object "+name] = s.compile(s.objects, name)
	}
	n := 0
	for _, e := range everyExecution(t) {
		v := decoded(t, ocsf(e))
		n++
		if why := whole.problem(v); why != "" {
			t.Errorf("%s: %v", why, v)
		}
	}
	t.Logf("%d events", n)
}
