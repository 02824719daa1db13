package examples

import (
	"testing"

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
