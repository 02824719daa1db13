package rewrite_test

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"cordon/internal/golden"
)

// The catalog of the tests' schema is kept as text for the case files under testdata/policy. It must not fall behind.
func TestCatalogOfCases(t *testing.T) {
	d := open(t)
	if major := d.cat.ServerVersion / 10000; major != 15 {
		t.Skipf("the text is that of PostgreSQL 15, this is %d", major)
	}
	var b bytes.Buffer
	if err := d.cat.WriteFixture(&b); err != nil {
		t.Fatal(err)
	}
	text := portable(b.String())
	path := "../testdata/policy/crm.catalog"
	if golden.Updating() {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != text {
		t.Errorf("%s is not the catalog of testdata/schema.sql; run the test with -update", path)
	}
}

var (
	numbers    = regexp.MustCompile(` (oid|array|relation|rowtype|type)=[0-9]+`)
	rowTypes   = regexp.MustCompile(`(?m)^type .* (category=A|kind=c) .*\n`)
	ownCasts   = regexp.MustCompile(`(?m)^(composite public\.peek.*\n(  .*\n)*|function public\.peek .*\n|cast .*\n)`)
	objects    = regexp.MustCompile(`(?m)^[a-z]+ (\S+|"[^"]*"|\S+"[^"]*") oid=([0-9]+)`)
	references = regexp.MustCompile(` (reads|parents|table)=[0-9,]+`)
	anyNumber  = regexp.MustCompile(`[0-9]+`)
	heading    = regexp.MustCompile(`(?m)^(database|version|fingerprint) .*\n`)
)

// portable leaves out what another run or server would number or name otherwise.
func portable(s string) string {
	names := map[string]string{}
	for _, m := range objects.FindAllStringSubmatch(s, -1) {
		names[m[2]] = m[1]
	}
	s = references.ReplaceAllStringFunc(s, func(r string) string {
		return anyNumber.ReplaceAllStringFunc(r, func(n string) string { return names[n] })
	})
	s = ownCasts.ReplaceAllString(s, "") // the case files need no cast of one's own
	s = rowTypes.ReplaceAllString(s, "")
	s = heading.ReplaceAllString(s, "")
	return "# Written by TestCatalogOfCases from rewrite/testdata/schema.sql.\ndatabase crm\n" + numbers.ReplaceAllString(s, "")
}
