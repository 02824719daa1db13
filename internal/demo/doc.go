// Package demo makes the CRM that the demonstration, the compose file, the tests and the benchmark run on: one schema, one deterministic data set, one policy.
package demo
