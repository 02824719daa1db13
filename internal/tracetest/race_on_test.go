//go:build race

package tracetest

const raceEnabled = true
