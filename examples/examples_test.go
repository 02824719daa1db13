package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// compose is what docker-compose.yml may hold; any other key is a mistake until it is added here.
type compose struct {
	Services map[string]struct {
		Build *struct {
			Context, Target string
		}
		Image       string
		Environment map[string]string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Networks    []string
		Ports       []string
		Volumes     []string
		Healthcheck *struct {
			Test              []string
			Interval, Timeout string
			Retries           int
		}
		StopGracePeriod string `yaml:"stop_grace_period"`
	}
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]struct{}
}

func TestComposeFitsTheFiles(t *testing.T) {
	var c compose
	text, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	dockerfile, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	var stages []string
	for _, m := range regexp.MustCompile(`(?m)^FROM \S+ AS (\S+)$`).FindAllStringSubmatch(string(dockerfile), -1) {
		stages = append(stages, m[1])
	}
	for name, s := range c.Services {
		if (s.Build == nil) == (s.Image == "") {
			t.Errorf("service %s has neither or both of build and image", name)
		}
		if s.Build != nil && !slices.Contains(stages, s.Build.Target) {
			t.Errorf("service %s is built from stage %q, which the Dockerfile does not have", name, s.Build.Target)
		}
		for other := range s.DependsOn {
			if _, ok := c.Services[other]; !ok {
				t.Errorf("service %s depends on %s, which is none", name, other)
			}
		}
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("service %s is in network %s, which is none", name, n)
			}
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if strings.HasPrefix(source, "./") {
				exists(t, source)
			} else if _, ok := c.Volumes[source]; !ok {
				t.Errorf("service %s mounts volume %s, which is none", name, source)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("service %s publishes %s beyond this machine", name, p)
			}
		}
	}
	if len(c.Services["postgres"].Ports) > 0 {
		t.Error("PostgreSQL can be reached past Cordon")
	}
	for _, m := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(string(dockerfile), -1) {
		for _, source := range strings.Fields(m[1]) {
			exists(t, source)
		}
	}
}

func exists(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join("..", path)); err != nil {
		t.Error(err)
	}
}

func TestPrometheusScrapesTheAdminPort(t *testing.T) {
	var prometheus struct {
		Scrape []struct {
			Static []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	var cordon struct{ Admin struct{ Listen string } }
	for file, into := range map[string]any{"docker/prometheus.yml": &prometheus, "docker/cordon.yaml": &cordon} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	_, port, _ := strings.Cut(cordon.Admin.Listen, ":")
	if got, want := prometheus.Scrape[0].Static[0].Targets[0], "cordon:"+port; got != want {
		t.Errorf("Prometheus scrapes %s, Cordon answers on %s", got, want)
	}
}
