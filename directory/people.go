package directory

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// People are all that a directory held at a moment.
type People struct {
	AsOf   time.Time          `json:"as_of"`
	People map[string]*Person `json:"people"`

	// Skipped tells of entries that are nobody, and of attributes that are not what they should be; at most a few.
	Skipped []string `json:"-"`
}

// Person is what is known of one.
type Person struct {
	Roles      []string       `json:"roles,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"`
	Disabled   bool           `json:"disabled,omitempty"`
}

// number is a number as JSON writes it.
func number(text string) json.Number {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	for len(text) > 1 && text[0] == '0' && text[1] != '.' {
		text = text[1:]
	}
	return json.Number(sign + text)
}

func (p *People) skip(format string, args ...any) {
	const most = 20
	if len(p.Skipped) < most {
		p.Skipped = append(p.Skipped, fmt.Sprintf(format, args...))
	} else if len(p.Skipped) == most {
		p.Skipped = append(p.Skipped, "and more")
	}
}

// Encode is the form that [cordon/policy] reads, and that the cache has.
func (p *People) Encode() ([]byte, error) { return json.Marshal(p) }

// Save puts people into the cache, whole or not at all, for this user's eyes alone.
func (p *People) Save(path string) error {
	data, err := p.Encode()
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(data, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
