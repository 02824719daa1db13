package rewrite

import (
	"fmt"
	"math"
	"math/big"
	"strconv"

	"cordon/policy"
)

// maskRound goes to the nearest multiple of the step, away from zero when two are as near (for real and double precision, to the even one, as PostgreSQL's
// round does). Where the nearest multiple does not fit the column, it is the last one that does. NaN stays, and
// so do the infinities of floats; a numeric without a precision that is infinite, or beyond numericMost, becomes NaN.
func maskRound(m *policy.Mask, t *maskType, ref string) (string, error) {
	step, ok := new(big.Rat).SetString(m.Round.Step)
	if !ok || step.Sign() <= 0 {
		return "", fmt.Errorf("%s has the step %s, which is not a number above zero", m.Title(), m.Round.Step)
	}
	switch t.base {
	case oidInt2:
		return maskRoundInteger(m, t, step, 16, ref)
	case oidInt4:
		return maskRoundInteger(m, t, step, 32, ref)
	case oidInt8:
		return maskRoundInteger(m, t, step, 64, ref)
	case oidNumeric:
		return maskRoundNumeric(m, t, step, ref)
	case oidFloat4:
		return maskRoundFloat(m, t, step, 23, 30, ref)
	case oidFloat8:
		return maskRoundFloat(m, t, step, 52, 100, ref)
	default:
		return "", fmt.Errorf("%s does not serve %s", m.Title(), t.name)
	}
}

// maskRoundInteger computes in the column's own type. The branches keep value ± step/2 within it.
func maskRoundInteger(m *policy.Mask, t *maskType, step *big.Rat, bits uint, ref string) (string, error) {
	if !step.IsInt() || step.Cmp(big.NewRat(2, 1)) < 0 {
		return "", fmt.Errorf("%s has the step %s; for %s it must be a whole number of at least 2", m.Title(), m.Round.Step, t.name)
	}
	s := step.Num()
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits-1), big.NewInt(1))
	if s.Cmp(most) > 0 {
		return "", fmt.Errorf("%s has the step %s, which is more than %s can hold", m.Title(), m.Round.Step, t.name)
	}
	half := new(big.Int).Rsh(s, 1)
	last := new(big.Int).Mul(new(big.Int).Div(most, s), s)
	edge := new(big.Int).Sub(most, half)
	n := func(i *big.Int) string { // a typed literal: 5000000000 alone would be bigint by its size, (-5) an expression
		return "CAST('" + i.String() + "' AS " + t.sql + ")"
	}
	neg := func(i *big.Int) *big.Int { return new(big.Int).Neg(i) }
	multiple := func(sign string) string {
		return pgOp(pgOp(pgOp(ref, sign, n(half)), "/", n(s)), "*", n(s))
	}
	return "CASE WHEN " + pgOp(ref, ">", n(edge)) + " THEN " + n(last) +
		" WHEN " + pgOp(ref, "<", n(neg(edge))) + " THEN " + n(neg(last)) +
		" WHEN " + pgOp(ref, ">=", n(new(big.Int))) + " THEN " + multiple("+") +
		" ELSE " + multiple("-") + " END", nil
}

// numericMost is the largest magnitude that an unconstrained numeric is rounded at; what is beyond (PostgreSQL allows 131,072 digits) could overflow.
const numericMost = "1e100000"

// maskRoundNumeric rounds to a digit where the step is a power of ten. Else it uses div where there may be many digits: it is exact, while the quotient of / is itself rounded and could carry a value over the middle.
func maskRoundNumeric(m *policy.Mask, t *maskType, step *big.Rat, ref string) (string, error) {
	half := new(big.Rat).Quo(step, big.NewRat(2, 1))
	n := func(r *big.Rat) string { return "CAST('" + decimal(r) + "' AS pg_catalog.numeric)" }
	multiple := func(sign string) string {
		return pgOp(pgCall("div", pgOp(ref, sign, n(half)), n(step)), "*", n(step))
	}
	places, digit := powerOfTen(step)
	rounded := pgCall("round", ref, strconv.Itoa(-places))
	if t.typmod < 0 {
		most := "CAST('" + numericMost + "' AS pg_catalog.numeric)"
		if digit {
			return "CASE WHEN " + pgOp(ref, ">", "CAST('-"+numericMost+"' AS pg_catalog.numeric)") + " AND " + pgOp(ref, "<", most) + " THEN " + rounded + " ELSE " + pgOp(ref, "*", "CAST('NaN' AS pg_catalog.numeric)") + " END", nil
		}
		return "CASE WHEN " + pgOp(ref, "<", n(new(big.Rat))) + " THEN CASE WHEN " + pgOp(ref, ">", "CAST('-"+numericMost+"' AS pg_catalog.numeric)") + " THEN " + multiple("-") +
			" ELSE " + pgOp(ref, "*", "CAST('NaN' AS pg_catalog.numeric)") + " END WHEN " + pgOp(ref, "<", most) + " THEN " + multiple("+") +
			" ELSE " + pgOp(ref, "*", "CAST('NaN' AS pg_catalog.numeric)") + " END", nil
	}
	precision, scale := numericTypmod(t.typmod)
	unit := pow10(-scale) // the smallest difference that the column can hold
	if q := new(big.Rat).Quo(step, unit); !q.IsInt() || q.Cmp(big.NewRat(2, 1)) < 0 {
		return "", fmt.Errorf("%s has the step %s; for %s it must be a multiple of %s, and more than that", m.Title(), m.Round.Step, t.name, decimal(unit))
	}
	most := new(big.Rat).Mul(unit, new(big.Rat).Sub(pow10(precision), big.NewRat(1, 1)))
	if step.Cmp(most) > 0 {
		return "", fmt.Errorf("%s has the step %s, which is more than %s can hold", m.Title(), m.Round.Step, t.name)
	}
	q := new(big.Rat).Quo(most, step)
	last := new(big.Rat).Mul(new(big.Rat).SetInt(new(big.Int).Div(q.Num(), q.Denom())), step)
	edge := new(big.Rat).Add(last, half) // from here on the nearest multiple would be the one behind last
	neg := func(r *big.Rat) *big.Rat { return new(big.Rat).Neg(r) }
	nan := "CAST('NaN' AS pg_catalog.numeric)"
	high, low := "", ""
	if edge.Cmp(most) <= 0 {
		// NaN is above every number; infinities do not fit a column with a precision.
		high = "WHEN " + pgOp(ref, ">=", n(edge)) + " THEN CASE WHEN " + pgOp(ref, "=", nan) + " THEN " + nan + " ELSE " + n(last) + " END "
		low = "WHEN " + pgOp(ref, "<=", n(neg(edge))) + " THEN " + n(neg(last)) + " "
	}
	if precision <= 15 || digit {
		// Here / is exact enough: its quotient has at least 16 digits, so a value that differs from the middle in its last digit still does.
		e := pgOp(pgCall("round", pgOp(ref, "/", n(step))), "*", n(step))
		if digit {
			e = rounded
		}
		if high == "" {
			return e, nil
		}
		return "CASE " + high + low + "ELSE " + e + " END", nil
	}
	return "CASE " + high + low + "WHEN " + pgOp(ref, "<", n(new(big.Rat))) + " THEN " + multiple("-") + " ELSE " + multiple("+") + " END", nil
}

// maskRoundFloat computes in double precision. Below half a step the multiple is zero (the quotient could underflow); above 2^mantissa steps a float's own
// spacing is wider than the step, so the value is its own nearest multiple (the quotient could overflow).
func maskRoundFloat(m *policy.Mask, t *maskType, step *big.Rat, mantissa int, exponent int, ref string) (string, error) {
	s, _ := step.Float64()
	if s > math.Pow10(exponent) || s < math.Pow10(-exponent) {
		return "", fmt.Errorf("%s has the step %s; for %s it must lie between 1e-%d and 1e%d", m.Title(), m.Round.Step, t.name, exponent, exponent)
	}
	n := func(f float64) string {
		return "CAST('" + strconv.FormatFloat(f, 'g', -1, 64) + "' AS pg_catalog.float8)"
	}
	v := ref
	if t.base == oidFloat4 {
		v = "CAST(" + ref + " AS pg_catalog.float8)"
	}
	most := math.Ldexp(s, mantissa)
	return "CASE WHEN " + pgOp(pgCall("abs", v), "<", n(s/2)) + " THEN " + n(0) +
		" WHEN " + pgOp(pgCall("abs", v), "<", n(most)) + " THEN " + pgOp(pgCall("round", pgOp(v, "/", n(s))), "*", n(s)) + " ELSE " + v + " END", nil
}

// powerOfTen says which power of ten a step is.
func powerOfTen(step *big.Rat) (n int, ok bool) {
	if step.IsInt() {
		n = len(step.Num().String()) - 1
	} else {
		n = 1 - len(step.Denom().String())
	}
	return n, step.Cmp(pow10(n)) == 0 && n >= -1000 && n <= 1000
}

func pow10(n int) *big.Rat {
	p := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil)
	if n < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), p)
	}
	return new(big.Rat).SetInt(p)
}

// decimal writes a number whose denominator divides a power of ten, exactly.
func decimal(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}
