package main

import (
	"fmt"
	"slices"
	"strings"
)

// results are all measurements of one run.
type results struct {
	targets []target
	samples map[cell][]sample
}

// markdown is the table: one line for each mode, number of clients and target.
func (r results) markdown(s settings) string {
	var out strings.Builder
	out.WriteString("| mode | clients | target | transactions/s | of pgbouncer | proxy CPU µs/transaction | times pgbouncer |\n|---|---:|---|---:|---:|---:|---:|\n")
	for _, mode := range s.modes {
		for _, clients := range s.clients {
			base := r.samples[cell{"pgbouncer", mode, clients}]
			for _, t := range r.targets {
				samples := r.samples[cell{t.name, mode, clients}]
				ratio, cpu, times := of(samples, base, tps), "", ""
				if t.pid != 0 {
					cpu, times = figure("%.1f", samples, cpuOf), of(samples, base, cpuOf)
				}
				fmt.Fprintf(&out, "| %s | %d | %s | %s | %s | %s | %s |\n", mode, clients, t.name, figure("%.0f", samples, tps), ratio, cpu, times)
			}
		}
	}
	return out.String()
}

// figure is a median with its spread.
func figure[T any](format string, samples []T, value func(T) float64) string {
	middle, least, most := spread(samples, value)
	return fmt.Sprintf(format+" ("+format+"–"+format+")", middle, least, most)
}

// of is the ratio of two medians, "" when there is nothing to divide by.
func of[T any](samples, base []T, value func(T) float64) string {
	middle, _, _ := spread(samples, value)
	other, _, _ := spread(base, value)
	if other == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", middle/other)
}

func cpuOf(s sample) float64 { return s.cpu }

func tps(s sample) float64 { return s.tps }

// spread is the median, least and greatest of one figure of the samples.
func spread[T any](samples []T, of func(T) float64) (median, least, most float64) {
	if len(samples) == 0 {
		return 0, 0, 0
	}
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	n := len(values)
	median = values[n/2]
	if n%2 == 0 {
		median = (values[n/2-1] + values[n/2]) / 2
	}
	return median, values[0], values[n-1]
}
