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
	out.WriteString("| mode | clients | target | transactions/s | of direct | proxy CPU µs/transaction |\n|---|---:|---|---:|---:|---:|\n")
	for _, mode := range s.modes {
		for _, clients := range s.clients {
			direct, _, _ := spread(r.samples[cell{"direct", mode, clients}], tps)
			for _, t := range r.targets {
				samples := r.samples[cell{t.name, mode, clients}]
				rate, slowest, fastest := spread(samples, tps)
				ratio, cpu := "", ""
				if direct > 0 && t.pid != 0 {
					ratio = fmt.Sprintf("%.2f", rate/direct)
				}
				if t.pid != 0 {
					middle, least, most := spread(samples, func(s sample) float64 { return s.cpu })
					cpu = fmt.Sprintf("%.1f (%.1f–%.1f)", middle, least, most)
				}
				fmt.Fprintf(&out, "| %s | %d | %s | %.0f (%.0f–%.0f) | %s | %s |\n", mode, clients, t.name, rate, slowest, fastest, ratio, cpu)
			}
		}
	}
	return out.String()
}

func tps(s sample) float64 { return s.tps }

// spread is the median, least and greatest of one figure of the samples.
func spread(samples []sample, of func(sample) float64) (median, least, most float64) {
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
