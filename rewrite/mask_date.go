package rewrite

import (
	"fmt"
	"slices"

	"cordon/policy"
)

// maskDate truncates, in UTC for timestamptz. A view would truncate in the session's TimeZone; but that is the client's to choose, and by sliding it a
// second at a time it could find on which side of the edge a value lies, and so the value.
//
// PostgreSQL raises an error for a truncated value before the Julian day 0 (24 November 4714 BC), and for a date that no timestamp can hold (after 294276):
// these become -infinity and infinity.
func maskDate(m *policy.Mask, t *maskType, ref string) (string, error) {
	unit := m.Date.Unit
	i := slices.Index(policy.DateUnits, unit)
	if i < 0 {
		return "", fmt.Errorf("%s has the unknown unit %q", m.Title(), unit)
	}
	if t.base == oidDate && i <= slices.Index(policy.DateUnits, "day") {
		return "", fmt.Errorf("%s leaves a date as it is: truncate to week, month or more", m.Title())
	}
	if t.base != oidDate && unit == "second" && t.typmod == 0 {
		return "", fmt.Errorf("%s leaves a %s as it is: truncate to minute or more", m.Title(), t.name)
	}
	low := "4713-01-01"
	if i >= slices.Index(policy.DateUnits, "decade") {
		low = "4000-01-01"
	}
	u := stringLiteral(unit)
	switch t.base {
	case oidDate:
		typ := "pg_catalog.date"
		lit := func(s string) string { return "CAST('" + s + "' AS " + typ + ")" }
		return "CASE WHEN " + pgOp(ref, "<", lit(low+" BC")) + " THEN " + lit("-infinity") +
			" WHEN " + pgOp(ref, ">=", lit("294277-01-01")) + " THEN " + lit("infinity") +
			" ELSE CAST(" + pgCall("date_trunc", u, "CAST("+ref+" AS pg_catalog.timestamp)") + " AS " + typ + ") END", nil
	case oidTimestamp, oidTimestamptz:
		typ, zone, e := "pg_catalog.timestamp", "", pgCall("date_trunc", u, ref)
		if t.base == oidTimestamptz {
			// An offset of zero is faster than a zone's name, which is looked up for every value.
			utc := "CAST('00:00' AS pg_catalog.interval)"
			typ, zone, e = "pg_catalog.timestamptz", "+00", pgCall("timezone", utc, pgCall("date_trunc", u, pgCall("timezone", utc, ref)))
		}
		if i <= slices.Index(policy.DateUnits, "day") {
			return e, nil
		}
		return "CASE WHEN " + pgOp(ref, "<", "CAST('"+low+" 00:00:00"+zone+" BC' AS "+typ+")") + " THEN CAST('-infinity' AS " + typ + ") ELSE " + e + " END", nil
	default:
		return "", fmt.Errorf("%s does not serve %s", m.Title(), t.name)
	}
}
