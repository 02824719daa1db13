package rewrite

import (
	_ "embed"
	"strings"

	"cordon/catalog"
)

//go:embed extensions.txt
var extensionList string

// extensionFunctions are the reviewed functions of PostgreSQL's own extensions, by extension and name.
var extensionFunctions = readExtensions(extensionList)

func readExtensions(list string) map[string]map[string]bool {
	m := make(map[string]map[string]bool)
	var names map[string]bool
	for line := range strings.Lines(list) {
		switch line = strings.TrimSpace(line); {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			names = make(map[string]bool)
			m[strings.Trim(line, "[]")] = names
		default:
			for _, name := range strings.Fields(line) {
				names[name] = true
			}
		}
	}
	return m
}

// extensionFunction says whether a function is on the reviewed list of the extension that it belongs to. Who may put another into an extension (ALTER EXTENSION … ADD, by its owner) may: [routine] or works past Cordon.
func extensionFunction(f *catalog.Function) bool {
	switch f.Language {
	case "c", "internal", "sql":
		return !f.SecurityDefiner && extensionFunctions[f.Extension][f.Name]
	}
	return false
}
