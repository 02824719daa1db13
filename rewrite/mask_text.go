package rewrite

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"cordon/policy"
)

// maskFill bounds the stars of one value where a star takes several bytes, so that a text of hundreds of megabytes stays below PostgreSQL's limit of 1 GB.
const maskFill = 50_000_000

// maskKeep keeps the ends of v, an expression of type text: 13812345678 → 138****5678. A value no longer than both ends is masked whole, so that its
// length is all that shows.
func maskKeep(k policy.Keep, t *maskType, v string) string {
	ends := k.First + k.Last
	fill := func(n string) string {
		if len(k.With) > 1 && t.unbounded() {
			n = "LEAST(" + n + ", " + strconv.Itoa(maskFill) + ")"
		}
		return pgCall("repeat", stringLiteral(k.With), n)
	}
	if ends == 0 {
		return fill(pgCall("length", v))
	}
	kept := fill(pgOp(pgCall("length", v), "-", strconv.Itoa(ends)))
	if k.First > 0 {
		kept = pgOp(pgCall("left", v, strconv.Itoa(k.First)), "||", kept)
	}
	if k.Last > 0 {
		kept = pgOp(kept, "||", pgCall("right", v, strconv.Itoa(k.Last)))
	}
	return "CASE WHEN " + pgOp(pgCall("length", v), "<=", strconv.Itoa(ends)) + " THEN " + fill(pgCall("length", v)) + " ELSE " + kept + " END"
}

// maskEmail keeps the first characters before the @ and the domain behind the last @: zhang@corp.cn → z***@corp.cn. There are always three stars, which
// hides the length; a value without @ is three stars. The last @ counts, since what stands before it may be a quoted name with an @ of its own.
func maskEmail(e policy.Email, t *maskType, v string) string {
	domain := pgCall("split_part", v, "'@'", "-1")
	if t.version < 140000 { // where split_part cannot count from the end
		domain = pgCall("reverse", pgCall("split_part", pgCall("reverse", v), "'@'", "1"))
	}
	at := pgCall("strpos", v, "'@'")
	k := strconv.Itoa(e.Keep)
	full, short := "'***@'", pgOp(pgCall("split_part", v, "'@'", "1"), "||", "'***@'")
	if e.Keep > 0 {
		full = pgOp(pgCall("left", v, k), "||", full)
	}
	return "CASE WHEN " + pgOp(at, ">", k) + " THEN " + pgOp(full, "||", domain) + " WHEN " + pgOp(at, "=", "0") + " THEN '***' ELSE " + pgOp(short, "||", domain) + " END"
}

// maskHash is HMAC-SHA-256 in lower-case hex. PostgreSQL has sha256 but no HMAC, so the two pads of RFC 2104 are made here and stand in the SQL text:
// whoever can read the server's statements (its log, pg_stat_activity, pg_prepared_statements, current_query()) can read the key. See maskSecrets.
//
// convert_to(…, 'SQL_ASCII') gives the bytes as the server stores them and, unlike a real conversion, cannot fail.
func maskHash(h policy.Hash, t *maskType, ref string) string {
	inner, outer := maskPads(h.Key.Bytes())
	bytes := pgCall("convert_to", t.text(ref), "'SQL_ASCII'")
	digest := pgCall("sha256", pgOp(maskBytea(inner), "||", bytes))
	mac := pgCall("encode", pgCall("sha256", pgOp(maskBytea(outer), "||", digest)), "'hex'")
	if t.base == oidUUID {
		return pgCall("left", mac, "32")
	}
	return mac
}

func maskBytea(hexText string) string { return `CAST(E'\\x` + hexText + `' AS pg_catalog.bytea)` }

// maskPads are the key's inner and outer pad in hex.
func maskPads(key []byte) (inner, outer string) {
	if len(key) > sha256.BlockSize {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	var i, o [sha256.BlockSize]byte
	copy(i[:], key)
	copy(o[:], key)
	for n := range i {
		i[n] ^= 0x36
		o[n] ^= 0x5c
	}
	return hex.EncodeToString(i[:]), hex.EncodeToString(o[:])
}
