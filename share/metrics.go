package share

import "github.com/prometheus/client_golang/prometheus"

// metrics are what Prometheus is told of the other nodes.
type metrics struct {
	updates  prometheus.Histogram
	races    prometheus.Counter
	failures prometheus.Counter
	lines    *prometheus.CounterVec
}

func newMetrics() metrics {
	return metrics{
		updates:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "cordon_share_update_seconds", Help: "Time that a change of a count shared with the other Cordons took.", Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .05, .2, 1}}),
		races:    prometheus.NewCounter(prometheus.CounterOpts{Name: "cordon_share_races_total", Help: "Changes of shared counts that began anew because another Cordon was faster."}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "cordon_share_failures_total", Help: "Exchanges with the other Cordons that failed."}),
		lines:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_share_lines_total", Help: "Lines of grants, exports and quarantine that were sent to the other Cordons (out) or came from them (in)."}, []string{"way"}),
	}
}

var (
	joinedDesc = prometheus.NewDesc("cordon_share_joined", "1 while most of the Cordons can be reached, 0 while only a fraction of each limit holds.", nil, nil)
	nodesDesc  = prometheus.NewDesc("cordon_share_nodes", "Cordons that were heard of lately, this one included.", nil, nil)
)

// Describe makes a Node a prometheus.Collector.
func (n *Node) Describe(c chan<- *prometheus.Desc) {
	n.metrics.updates.Describe(c)
	n.metrics.races.Describe(c)
	n.metrics.failures.Describe(c)
	n.metrics.lines.Describe(c)
	c <- joinedDesc
	c <- nodesDesc
}

// Collect makes a Node a prometheus.Collector.
func (n *Node) Collect(c chan<- prometheus.Metric) {
	n.metrics.updates.Collect(c)
	n.metrics.races.Collect(c)
	n.metrics.failures.Collect(c)
	n.metrics.lines.Collect(c)
	joined := 0.0
	if n.Joined() {
		joined = 1
	}
	c <- prometheus.MustNewConstMetric(joinedDesc, prometheus.GaugeValue, joined)
	c <- prometheus.MustNewConstMetric(nodesDesc, prometheus.GaugeValue, float64(n.live()))
}
