package parse

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// maxForm bounds the text of which a form is made. A longer one has the form of its beginning.
const maxForm = 64 << 10

// Form is what statements that differ only in their literals, their comments and their white space have in common: each literal is $?, a run of them in a list one $?, and white space one blank.
func Form(sql string) string {
	if len(sql) > maxForm {
		sql = strings.ToValidUTF8(sql[:maxForm], "")
	}
	form := strings.Join(strings.Fields(Literals(sql)), " ")
	for _, run := range [...]string{"$?, $?", "$?,$?", "($?), ($?)", "($?),($?)"} {
		one, _, _ := strings.Cut(run, ",")
		for strings.Contains(form, run) {
			form = strings.ReplaceAll(form, run, one)
		}
	}
	return form
}

// Fingerprint names a form in 16 hexadecimal digits. It groups statements for people, and decides nothing: to PostgreSQL, statements of one form may be different things.
func Fingerprint(form string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(form)))
	return hex.EncodeToString(sum[:8])
}
