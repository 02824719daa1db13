package rewrite

import (
	"fmt"
	"strings"

	"cordon/catalog"
	"cordon/policy"
)

// A mask becomes one SQL expression over the raw column, with the column's type, typmod and collation. What holds for every one of them:
//
//   - NULL stays NULL.
//   - Every function is written pg_catalog.f, every operator OPERATOR(pg_catalog.+), every type with its schema, so that no search_path can
//     slip another function the raw value. Syntax that resolves an operator by name behind the author's back (simple CASE, IN, IS DISTINCT FROM,
//     NULLIF) is not used.
//   - No stored value makes it raise an error (an error would tell of a row, and break a page over one odd value), except where maskMayFail says so.
//   - The result depends on the value alone, not on the session's TimeZone, DateStyle or client encoding: a setting that the client chooses
//     would let it slide the mask's edges over the value, and so read it (see maskDate).

// maskBytes bounds the SQL text of one mask. A json mask with many long paths grows quickly.
const maskBytes = 64 << 10

// maskSQL is the mask over a column as SQL. ref is the raw column as it can be written where the expression is to stand, quoted as needed, such as
// c.phone; it may be evaluated several times. The error is a sentence (see checkMask).
//
// A mask that holds me.x needs the person's attributes: see maskSQLFor.
func maskSQL(m *policy.Mask, col *catalog.Column, ref string, cat *catalog.Snapshot) (string, error) {
	return maskSQLFor(nil, m, col, ref, cat)
}

// maskSQLFor is maskSQL with the attributes of the decision's person for me.x in an sql mask.
func maskSQLFor(d *policy.Decision, m *policy.Mask, col *catalog.Column, ref string, cat *catalog.Snapshot) (string, error) {
	t, err := maskTypeOf(col, cat)
	if err != nil {
		return "", err
	}
	if err := maskFits(m, t); err != nil {
		return "", err
	}
	e, err := maskValue(d, m, t, ref)
	if err != nil {
		return "", err
	}
	sql := "CAST(" + e + " AS " + t.sql + ")"
	switch {
	case col.CollationName != "":
		sql += " COLLATE " + col.CollationName
	case col.Collation == oidCollationC && t.base != oidName:
		sql += ` COLLATE pg_catalog."C"`
	case t.collation != "" && (m.Kind == policy.MaskSQL || t.base == oidName):
		// The author's expression may carry a COLLATE of its own, and name's collation is not that of the text it is made from.
		sql += " COLLATE " + t.collation
	}
	if len(sql) > maskBytes {
		return "", fmt.Errorf("%s is too large for one expression: %d bytes, over the limit of %d", m.Title(), len(sql), maskBytes)
	}
	return sql, nil
}

// checkMask says why the mask cannot serve the column, as a sentence without the column's name and full stop; nil when it can.
func checkMask(m *policy.Mask, col *catalog.Column, cat *catalog.Snapshot) error {
	_, err := maskSQL(m, col, "value", cat)
	return err
}

// maskProbe is a statement that PostgreSQL can plan exactly when it can evaluate the mask: it reads no row. It finds at load what checkMask cannot know,
// such as a constant that is no label of an enum, or an sql mask that names an unknown function.
func maskProbe(d *policy.Decision, m *policy.Mask, col *catalog.Column, cat *catalog.Snapshot) (string, error) {
	sql, err := maskSQLFor(d, m, col, "cordon_probe.v", cat)
	if err != nil {
		return "", err
	}
	t, err := maskTypeOf(col, cat)
	if err != nil {
		return "", err
	}
	return "SELECT " + sql + " FROM (SELECT CAST(NULL AS " + t.sql + ") AS v OFFSET 0) AS cordon_probe", nil
}

// maskMayFail tells whether some stored value can make the mask raise an error: only an author's own SQL can.
func maskMayFail(m *policy.Mask) bool {
	switch m.Kind {
	case policy.MaskKeep, policy.MaskEmail, policy.MaskDate, policy.MaskRound, policy.MaskFixed, policy.MaskHash:
		return false
	case policy.MaskJSON:
		for i := range m.JSON.Paths {
			if p := &m.JSON.Paths[i]; !p.Drop && maskMayFail(p.Mask) {
				return true
			}
		}
		return false
	default:
		return true
	}
}

// maskDecides tells whether a value equal to the mask of the stored value is surely that mask coming back from a form, and not a new value:
// a constant is the same for every row, so it tells nothing.
func maskDecides(m *policy.Mask) bool {
	switch m.Kind {
	case policy.MaskKeep, policy.MaskEmail, policy.MaskDate, policy.MaskRound, policy.MaskHash, policy.MaskJSON, policy.MaskSQL:
		return true
	default:
		return false
	}
}

// maskSecrets are the pieces of the mask's SQL that must not be shown: the key pads of a hash mask. Whoever prints rewritten SQL (the audit record,
// explain, a log) replaces them first.
func maskSecrets(m *policy.Mask) []string {
	switch m.Kind {
	case policy.MaskHash:
		inner, outer := maskPads(m.Hash.Key.Bytes())
		return []string{inner, outer}
	case policy.MaskJSON:
		var all []string
		for i := range m.JSON.Paths {
			if p := &m.JSON.Paths[i]; !p.Drop {
				all = append(all, maskSecrets(p.Mask)...)
			}
		}
		return all
	default:
		return nil
	}
}

// maskFits says why the mask cannot serve the type. Everything else that can go wrong with a mask is found while its SQL is built.
func maskFits(m *policy.Mask, t *maskType) error {
	no := func(serves string) error {
		return fmt.Errorf("%s serves %s, not %s", m.Title(), serves, t.name)
	}
	s := t
	if t.elem != nil && m.Kind != policy.MaskFixed {
		s = t.elem
	}
	switch m.Kind {
	case policy.MaskKeep, policy.MaskEmail:
		if !s.isText() {
			return no("text, varchar, char, name and citext columns, and arrays of these")
		}
	case policy.MaskHash:
		if !s.isText() && s.base != oidUUID {
			return no("text, varchar, char, name, citext and uuid columns, and arrays of these")
		}
		if len(m.Hash.Key.Bytes()) == 0 {
			return fmt.Errorf("%s has no key", m.Title())
		}
	case policy.MaskDate:
		if !s.isDate() {
			return no("date, timestamp and timestamptz columns, and arrays of these")
		}
	case policy.MaskRound:
		if !s.isNumber() {
			return no("smallint, integer, bigint, numeric, real and double precision columns, and arrays of these")
		}
	case policy.MaskJSON:
		if s.base != oidJSON && s.base != oidJSONB {
			return no("json and jsonb columns, and arrays of these")
		}
	case policy.MaskFixed, policy.MaskSQL:
	default:
		return fmt.Errorf("%s is of an unknown kind", m.Title())
	}
	return nil
}

// maskValue is the mask over ref before the last cast: NULL for NULL, and of a type that casts to t without an error.
func maskValue(d *policy.Decision, m *policy.Mask, t *maskType, ref string) (string, error) {
	switch m.Kind {
	case policy.MaskFixed:
		return maskFixed(m, t, ref)
	case policy.MaskSQL:
		return maskExpr(d, m, t, ref)
	}
	if t.elem != nil {
		return maskArray(d, m, t, ref)
	}
	switch m.Kind {
	case policy.MaskKeep:
		return maskKeep(m.Keep, t, t.text(ref)), nil
	case policy.MaskEmail:
		return maskEmail(m.Email, t, t.text(ref)), nil
	case policy.MaskHash:
		return maskHash(m.Hash, t, ref), nil
	case policy.MaskDate:
		return maskDate(m, t, ref)
	case policy.MaskRound:
		return maskRound(m, t, ref)
	case policy.MaskJSON:
		return maskJSON(d, m, t, ref)
	default:
		return "", fmt.Errorf("%s is of an unknown kind", m.Title())
	}
}

// maskArray masks an array element by element. An array of several dimensions comes out with one, counted from 1.
func maskArray(d *policy.Decision, m *policy.Mask, t *maskType, ref string) (string, error) {
	e, err := maskValue(d, m, t.elem, "cordon_a.e")
	if err != nil {
		return "", err
	}
	return "CASE WHEN " + ref + " IS NOT NULL THEN ARRAY(SELECT CAST(" + e + " AS " + t.elem.sql + ") FROM pg_catalog.unnest(" + ref +
		") WITH ORDINALITY AS cordon_a(e, i) ORDER BY cordon_a.i) END", nil
}

// pgOp is a binary operator of pg_catalog between two expressions, in parentheses.
func pgOp(left, operator, right string) string {
	return "(" + left + " OPERATOR(pg_catalog." + operator + ") " + right + ")"
}

// pgCall is a call of a function of pg_catalog.
func pgCall(function string, args ...string) string {
	return "pg_catalog." + function + "(" + strings.Join(args, ", ") + ")"
}

// stringLiteral writes s so that PostgreSQL reads just s, whatever standard_conforming_strings says.
func stringLiteral(s string) string {
	if strings.Contains(s, `\`) {
		return "E'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
