package rewrite

import (
	"strings"
	"testing"
)

// The list names no extension twice, and nothing that runs SQL text or changes a setting.
func TestExtensionListIsRead(t *testing.T) {
	for _, name := range []string{"crosstab", "connectby", "dblink", "set_limit", "isn_weak", "xpath_table", "xslt_process", "pg_read_file", "lo_unlink"} {
		for extension, names := range extensionFunctions {
			if names[name] {
				t.Errorf("%s of %s is on the list", name, extension)
			}
		}
	}
	if n := strings.Count(extensionList, "\n["); n != len(extensionFunctions) || n < 15 {
		t.Errorf("%d heads, %d extensions", n, len(extensionFunctions))
	}
}

// ExtensionFunctions is the list, for the test that has a server.
func ExtensionFunctions() map[string]map[string]bool { return extensionFunctions }
