package proxy

import (
	"strings"

	"cordon/wire"
)

// splitOptions gives all settings of the options parameter, which PostgreSQL splits at white space, with a backslash to keep the next character (pg_split_opts).
func splitOptions(options string) (all []wire.Parameter) {
	var words []string
	for i := 0; i < len(options); {
		for i < len(options) && isSpace(options[i]) {
			i++
		}
		from := i
		var b strings.Builder
		for i < len(options) && !isSpace(options[i]) {
			if options[i] == '\\' && i+1 < len(options) {
				i++
			}
			b.WriteByte(options[i])
			i++
		}
		if i > from {
			words = append(words, b.String())
		}
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		var setting string
		switch at := settingAt(w); {
		case strings.HasPrefix(w, "--"):
			setting = w[2:]
		case at > 0 && at == len(w) && i+1 < len(words):
			i++
			setting = words[i]
		case at > 0:
			setting = w[at:]
		}
		if setting != "" {
			name, value, _ := strings.Cut(setting, "=")
			all = append(all, wire.Parameter{Name: strings.ReplaceAll(name, "-", "_"), Value: value}) // as ParseLongOption
		}
	}
	return all
}

// settingAt is where in a word of options the setting of -c begins, 0 for none. getopt lets letters without a value stand before it in one word: -Oc name=value.
func settingAt(w string) int {
	if len(w) < 2 || w[0] != '-' || w[1] == '-' {
		return 0
	}
	for i := 1; i < len(w); i++ {
		switch w[i] {
		case 'c':
			return i + 1
		case 'b', 'E', 'i', 'j', 'l', 'n', 'O', 'P', 's': // process_postgres_switches: those without a value
		default:
			return 0
		}
	}
	return 0
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
