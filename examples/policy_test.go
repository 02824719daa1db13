package examples

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"cordon/config"
	"cordon/policy"
)

func TestPolicyIsRight(t *testing.T) {
	p, err := policy.Parse("policy.yaml", Policy)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range p.Warnings {
		t.Error(w)
	}
}

func TestConfigurationsAreRight(t *testing.T) {
	got, err := config.Load("cordon.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	if got.Limits != want.Limits || got.Listen != want.Listen || got.TLS != want.TLS || got.UpstreamTLS != want.UpstreamTLS || !reflect.DeepEqual(got.Audit, want.Audit) {
		t.Errorf("cordon.yaml differs from the defaults that it says it stands at:\n got %+v\nwant %+v", *got, want)
	}
	// The image has the policy in another place.
	text, err := os.ReadFile("docker/cordon.yaml")
	if err != nil {
		t.Fatal(err)
	}
	local := strings.ReplaceAll(string(text), "/etc/cordon/", "")
	if _, err := config.Parse("cordon.yaml", []byte(local)); err != nil {
		t.Error(err)
	}
}

// TestCommentedLimitsAreDefaults uncomments the limits, whose comments claim to be the defaults.
func TestCommentedLimitsAreDefaults(t *testing.T) {
	text, err := os.ReadFile("cordon.yaml")
	if err != nil {
		t.Fatal(err)
	}
	limit := regexp.MustCompile(`(?m)^  # ([a-z_]+: [0-9A-Za-z]+) .*$`)
	if n := len(limit.FindAll(text, -1)); n != reflect.TypeOf(config.Limits{}).NumField() {
		t.Errorf("cordon.yaml shows %d limits, and there are %d", n, reflect.TypeOf(config.Limits{}).NumField())
	}
	got, err := config.Parse("cordon.yaml", limit.ReplaceAll(text, []byte("  $1")))
	if err != nil {
		t.Fatal(err)
	}
	if want := config.Default().Limits; got.Limits != want {
		t.Errorf("the limits in comments are not the defaults:\n got %+v\nwant %+v", got.Limits, want)
	}
}
