package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"cordon/audit"
)

// auditMetrics tells Prometheus of the audit log.
type auditMetrics struct {
	log                                                                                           *audit.Log
	records, pending, syncLag, sealLag, refused, missed, lost, state, bytes, syncs, keep, witness *prometheus.Desc
}

func newAuditMetrics(log *audit.Log) *auditMetrics {
	d := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("cordon_audit_"+name, help, nil, nil)
	}
	return &auditMetrics{
		log:     log,
		records: d("records", "Records in the audit log."),
		pending: d("pending_statements", "Statements that have an intent and no outcome yet."),
		syncLag: d("sync_lag_seconds", "Age of the oldest record that is not on the storage device."),
		sealLag: d("seal_lag_seconds", "Age of the oldest record that no checkpoint covers."),
		refused: d("refused_statements_total", "Statements that were refused because the audit log could not be written."),
		missed:  d("missed_statements_total", "Statements that ran without a record, by audit.on_failure: allow."),
		lost:    d("lost_outcomes_total", "Outcomes that could not be kept."),
		state:   d("state", "State of the audit log: 1 all is well, 2 its disk is nearly full, 3 full, 4 it cannot be written, 5 it has failed until Cordon is started again, 0 it is closed."),
		bytes:   d("bytes_total", "Bytes written to the audit log."),
		syncs:   d("syncs_total", "Times the audit log was forced to the storage device."),
		witness: d("witness_failed", "1 when a witness did not sign the checkpoint that it was sent last."),
		keep:    d("retention_failed", "1 when the last attempt to compress or drop what is old has failed."),
	}
}

// Describe implements prometheus.Collector.
func (m *auditMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.records, m.pending, m.syncLag, m.sealLag, m.refused, m.missed, m.lost, m.state, m.bytes, m.syncs, m.keep, m.witness} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *auditMetrics) Collect(ch chan<- prometheus.Metric) {
	s := m.log.Stats()
	gauge := func(d *prometheus.Desc, v float64) { ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	counter := func(d *prometheus.Desc, v uint64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	gauge(m.records, float64(s.Size))
	gauge(m.pending, float64(s.Pending))
	gauge(m.syncLag, s.SyncLag.Seconds())
	gauge(m.sealLag, s.SealLag.Seconds())
	counter(m.refused, s.Refused)
	counter(m.missed, s.Missed)
	counter(m.lost, s.Lost)
	gauge(m.state, float64(s.State))
	counter(m.bytes, s.Bytes)
	counter(m.syncs, s.Syncs)
	failed := 0.0
	if s.KeepError != "" {
		failed = 1
	}
	gauge(m.keep, failed)
	behind := 0.0
	if s.WitnessError != "" {
		behind = 1
	}
	gauge(m.witness, behind)
}
