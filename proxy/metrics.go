package proxy

import (
	"cordon/guard"
	"cordon/parse"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are what Prometheus is told of sessions and statements. Labels are of closed sets: never a user, a table or a text.
type Metrics struct {
	sessions   prometheus.Gauge
	statements *prometheus.CounterVec
	decided    [kinds][decisions]prometheus.Counter // of statements, resolved
	hits       *prometheus.CounterVec
	misses     *prometheus.CounterVec
	exactHit   prometheus.Counter
	shapeHit   prometheus.Counter
	miss       prometheus.Counter
	bytes      *prometheus.CounterVec
	toClient   prometheus.Counter
	toUpstream prometheus.Counter
	stops      *prometheus.CounterVec
	alerts     *prometheus.CounterVec
	ended      *prometheus.CounterVec
	reloads    *prometheus.CounterVec
	catalogs   prometheus.Counter
}

// kinds is the number of kinds of statement.
const kinds = int(parse.Function) + 1

// decision is what became of a statement, as metrics count it.
type decision uint8

const (
	decidedAllow decision = iota
	decidedRewrite
	decidedRefuse
	decidedObserve
	decisions
)

func (d decision) String() string {
	switch d {
	case decidedAllow:
		return "allow"
	case decidedRewrite:
		return "rewrite"
	case decidedRefuse:
		return "refuse"
	case decidedObserve:
		return "observe"
	}
	return "refuse"
}

// NewMetrics returns the proxy's metrics, to be registered.
func NewMetrics() *Metrics {
	m := &Metrics{
		sessions:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "cordon_sessions", Help: "Client connections that are open."}),
		statements: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_statements_total", Help: "Statements by what they do and what was decided of them."}, []string{"kind", "decision"}),
		hits:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_plan_cache_hits_total", Help: "Statements whose plan was found in the cache."}, []string{"cache"}),
		misses:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_plan_cache_misses_total", Help: "Statements whose plan was made."}, []string{"cache"}),
		bytes:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_bytes_total", Help: "Bytes forwarded, by direction."}, []string{"direction"}),
		alerts:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_alerts_total", Help: "What watches of the policy have found, by the action taken."}, []string{"action"}),
		stops:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_stops_total", Help: "Executions that the export guard has stopped, by reason."}, []string{"reason"}),
		ended:      prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_sessions_ended_total", Help: "Sessions that have ended, by reason."}, []string{"reason"}),
		catalogs:   prometheus.NewCounter(prometheus.CounterOpts{Name: "cordon_catalog_loads_total", Help: "Times a database's catalog was read."}),
	}
	m.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cordon_policy_loads_total", Help: "Attempts to load the policy again, by result."}, []string{"result"})
	m.exactHit, m.shapeHit, m.miss = m.hits.WithLabelValues("exact"), m.hits.WithLabelValues("shape"), m.misses.WithLabelValues("shape")
	m.toClient, m.toUpstream = m.bytes.WithLabelValues("to_client"), m.bytes.WithLabelValues("to_upstream")
	for k := range parse.Kind(kinds) {
		name := k.String()
		for d := decidedAllow; d < decisions; d++ {
			m.decided[k][d] = m.statements.WithLabelValues(name, d.String())
		}
	}
	return m
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.collectors() {
		c.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.collectors() {
		c.Collect(ch)
	}
}

func (m *Metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.sessions, m.statements, m.hits, m.misses, m.bytes, m.stops, m.alerts, m.ended, m.reloads, m.catalogs}
}

// Reloaded counts an attempt to load a policy.
func (m *Metrics) Reloaded(ok bool) {
	m.reloads.WithLabelValues(map[bool]string{true: "ok", false: "refused"}[ok]).Inc()
}

func (m *Metrics) stopped(r guard.Reason) { m.stops.WithLabelValues(r.String()).Inc() }
