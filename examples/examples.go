// Package examples holds the example configuration and policy, which the demonstration and the tests run as they stand.
package examples

import _ "embed"

// Policy is policy.yaml: a policy for the demonstration's CRM, with a comment on each part.
//
//go:embed policy.yaml
var Policy []byte
