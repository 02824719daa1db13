package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// ecsTypes are the event types that the Elastic Common Schema expects of a category.
var ecsTypes = map[string][]string{
	"authentication": {"start", "end", "info"}, "session": {"start", "end", "info"}, "database": {"access", "change", "info", "error"}, "configuration": {"access", "change", "creation", "deletion", "info"},
}

// ecsFields are the fields that exports use, with their types; what is the exporter's own stands under cordon.
var ecsFields = map[string]string{
	"@timestamp": "date", "ecs.version": "keyword", "message": "keyword", "event.kind": "kind", "event.category": "category", "event.type": "keywords", "event.outcome": "outcome", "event.action": "keyword", "event.id": "keyword", "event.sequence": "long",
	"event.hash": "keyword", "event.dataset": "keyword", "event.module": "keyword", "event.reason": "keyword", "event.duration": "long", "event.end": "date", "observer.type": "keyword", "observer.product": "keyword", "user.name": "keyword", "user.effective.name": "keyword",
	"client.ip": "ip", "client.address": "keyword", "client.port": "long", "rule.name": "keyword", "rule.ruleset": "keyword", "labels.application_name": "keyword",
}

// ecsProblem says what is wrong with an event.
func ecsProblem(v map[string]any) string {
	var look func(at string, v map[string]any) string
	look = func(at string, v map[string]any) string {
		for key, value := range v {
			name := at + key
			if name == "cordon" {
				continue
			}
			if o, ok := value.(map[string]any); ok {
				if why := look(name+".", o); why != "" {
					return why
				}
				continue
			}
			kind, ok := ecsFields[name]
			text, _ := value.(string)
			n, _ := value.(float64)
			list, _ := value.([]any)
			switch kind {
			case "keyword":
				ok = text != ""
			case "keywords", "category":
				ok = len(list) > 0
			case "long":
				ok = n == float64(int64(n)) && text == "" && list == nil
			case "date":
				_, err := time.Parse(time.RFC3339Nano, text)
				ok = err == nil
			case "ip":
				_, err := netip.ParseAddr(text)
				ok = err == nil
			case "kind":
				ok = text == "event" || text == "alert"
			case "outcome":
				ok = text == "success" || text == "failure" || text == "unknown"
			}
			if !ok {
				return fmt.Sprintf("%s: %v", name, value)
			}
		}
		return ""
	}
	if why := look("", v); why != "" {
		return why
	}
	event, _ := v["event"].(map[string]any)
	categories, _ := event["category"].([]any)
	types, _ := event["type"].([]any)
	if v["@timestamp"] == nil || event["kind"] == nil || event["outcome"] == nil || len(categories) == 0 || len(types) == 0 {
		return "time, kind, category, type or outcome is missing"
	}
	for _, c := range categories {
		for _, kind := range types {
			if !slices.Contains(ecsTypes[c.(string)], kind.(string)) {
				return fmt.Sprintf("the category %v does not expect the type %v", c, kind)
			}
		}
	}
	return ""
}

// otelAttributes are the attributes of OpenTelemetry's semantic conventions that exports use; all others begin with cordon.
var otelAttributes = map[string]string{
	"db.system.name": "stringValue", "db.namespace": "stringValue", "db.operation.name": "stringValue", "db.query.text": "stringValue", "db.collection.name": "stringValue", "db.response.returned_rows": "intValue", "db.response.status_code": "stringValue", "error.type": "stringValue",
	"user.name": "stringValue", "enduser.id": "stringValue", "session.id": "stringValue", "client.address": "stringValue", "client.port": "intValue",
}

// otelProblem says what is wrong with a log record of OTLP in JSON.
func otelProblem(v map[string]any) string {
	nano, _ := v["timeUnixNano"].(string)
	severity, _ := v["severityNumber"].(float64)
	name, _ := v["eventName"].(string)
	body, _ := v["body"].(map[string]any)
	text, _ := body["stringValue"].(string)
	if n, err := strconv.ParseUint(nano, 10, 64); err != nil || n < 1e18 {
		return "timeUnixNano " + nano
	}
	if severity < 1 || severity > 24 || !strings.HasPrefix(name, "cordon.") || text == "" || len(v) != 6 {
		return "severity, name, body, or a member that is none of the format"
	}
	list, _ := v["attributes"].([]any)
	seen := map[string]bool{}
	for _, one := range list {
		a, _ := one.(map[string]any)
		key, _ := a["key"].(string)
		value, _ := a["value"].(map[string]any)
		kind, known := otelAttributes[key]
		if seen[key] || len(a) != 2 || len(value) != 1 || !known && !strings.HasPrefix(key, "cordon.") || known && value[kind] == nil {
			return fmt.Sprintf("attribute %v", a)
		}
		seen[key] = true
		for kind, one := range value {
			text, isText := one.(string)
			if kind == "intValue" {
				_, err := strconv.ParseInt(text, 10, 64)
				isText = err == nil
			}
			if !isText || text == "" {
				return fmt.Sprintf("attribute %v", a)
			}
		}
	}
	return ""
}

// Every event that can be exported fits what the Elastic Common Schema and OpenTelemetry say of the fields that it has.
func TestExportECSAndOTel(t *testing.T) {
	for _, e := range everyExecution(t) {
		v, w := decoded(t, ecs(e)), decoded(t, otel(e))
		if why := ecsProblem(v); why != "" {
			t.Errorf("%s: %v", why, v)
		}
		if why := otelProblem(w); why != "" {
			t.Errorf("%s: %v", why, w)
		}
		// What does not fit is found.
		event := v["event"].(map[string]any)
		kinds := event["type"]
		event["type"] = []any{"denied"}
		if ecsProblem(v) == "" {
			t.Fatalf("this passes: %v", v)
		}
		event["type"], v["sql"] = kinds, "x"
		if ecsProblem(v) == "" {
			t.Fatalf("this passes: %v", v)
		}
		w["attributes"] = append(w["attributes"].([]any), map[string]any{"key": "db.user", "value": map[string]any{"stringValue": "x"}})
		if otelProblem(w) == "" {
			t.Fatalf("this passes: %v", w)
		}
	}
}
