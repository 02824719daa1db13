package config

import (
	"bytes"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// PolicyPath is the policy that a configuration file names, even when the file has mistakes elsewhere: so that they can be told together with the policy's own.
// It is "" when the file does not say.
func PolicyPath(path string) string {
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxFileBytes {
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	var doc yaml.Node
	if decode(yaml.NewDecoder(bytes.NewReader(data)), &doc) != nil || len(doc.Content) == 0 {
		return ""
	}
	root := doc.Content[0]
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		if v := root.Content[i+1]; root.Content[i].Value == "policy" && v.Kind == yaml.ScalarNode && v.Tag == "!!str" && v.Value != "" {
			l := loader{dir: filepath.Dir(path)}
			return l.resolve(v.Value)
		}
	}
	return ""
}
