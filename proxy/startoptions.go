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
		all = append(all, serverSwitches(w)...)
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
		case 'b', 'E', 'e', 'F', 'i', 'j', 'l', 'n', 'O', 'P', 's', 'T': // process_postgres_switches: those without a value
		default:
			return 0
		}
	}
	return 0
}

// serverSwitches are the settings that letters of one word stand for: -d makes the server tell of plans, -s and -t of what they cost.
func serverSwitches(w string) (all []wire.Parameter) {
	if len(w) < 2 || w[0] != '-' || w[1] == '-' {
		return nil
	}
	for i := 1; i < len(w); i++ {
		switch w[i] {
		case 'd':
			return append(all, wire.Parameter{Name: "debug_print_plan", Value: "on"})
		case 's':
			all = append(all, wire.Parameter{Name: "log_statement_stats", Value: "on"})
		case 't':
			return append(all, wire.Parameter{Name: "log_planner_stats", Value: "on"})
		case 'b', 'E', 'e', 'F', 'i', 'j', 'l', 'n', 'O', 'P', 'T': // without a value
		default: // what stands behind it is its value
			return all
		}
	}
	return all
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
