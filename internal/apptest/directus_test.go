package apptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cordon/internal/pgtest"
)

// directus is where scripts/deps.sh apps has put the program.
const directus = "../../.cache/directus/node_modules/directus/cli.js"

// Directus makes its tables, and works for people from whom some customers are hidden and others masked: by its REST interface and by GraphQL, whose statements it makes up by itself.
func TestDirectus(t *testing.T) {
	if os.Getenv("CORDON_APPS") == "" {
		t.Skip("make apps runs this one")
	}
	program, err := filepath.Abs(directus)
	if err != nil {
		t.Fatal(err)
	}
	server := pgtest.Shared(t)
	server.Exec(t, "postgres", "CREATE ROLE directus_admin LOGIN; CREATE ROLE directus_app LOGIN")
	server.Exec(t, "postgres", "CREATE DATABASE directus OWNER directus_admin")
	proxy := start(t, server.Addr(), "directus.yaml")
	host, port, _ := net.SplitHostPort(proxy.Addr)
	dir := t.TempDir()
	env := func(login string) []string {
		return []string{"DB_CLIENT=pg", "DB_HOST=" + host, "DB_PORT=" + port, "DB_DATABASE=directus", "DB_USER=" + login, "DB_PASSWORD=any", "SECRET=0123456789", "ADMIN_EMAIL=admin@example.com", "ADMIN_PASSWORD=pass-word",
			"TELEMETRY=false", "CACHE_ENABLED=false", "LOG_LEVEL=error", "TZ=UTC", "NODE_ENV=production", "EXTENSIONS_PATH=" + dir, "STORAGE_LOCAL_ROOT=" + dir}
	}
	run(t, env("directus_admin"), "node", program, "bootstrap")
	site := serve(t, program, env("directus_admin"))
	fields := `{"field":"id","type":"integer","schema":{"is_primary_key":true,"has_auto_increment":true}}`
	for _, name := range []string{"name", "phone", "mail", "region"} {
		fields += fmt.Sprintf(`,{"field":%q,"type":"string","schema":{}}`, name)
	}
	site.must("POST", "/collections", `{"collection":"customers","schema":{},"meta":{},"fields":[`+fields+`]}`)
	for i := 1; i <= 6; i++ {
		region := []string{"US", "EU", "EU"}[i%3]
		site.must("POST", "/items/customers", fmt.Sprintf(`{"name":"Customer %d","phone":"1381234567%d","mail":"person%d@example.com","region":%q}`, i, i, i, region))
	}
	site.stop()

	server.Exec(t, "directus", "GRANT ALL ON ALL TABLES IN SCHEMA public TO directus_app; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO directus_app")
	site = serve(t, program, env("directus_app"))
	var story strings.Builder
	for _, call := range []struct{ method, path, body string }{
		{"GET", "/items/customers?sort=id", ""},
		{"GET", "/items/customers/1", ""},
		{"GET", "/items/customers/3", ""},
		{"GET", "/items/customers?filter[phone][_contains]=4567&meta=*", ""},
		{"GET", "/items/customers?filter[phone][_starts_with]=138&fields=id&sort=id&meta=*", ""},
		{"GET", "/items/customers?search=person1&fields=id,mail", ""},
		{"GET", "/items/customers?sort=-name&limit=2&page=2&fields=name,phone", ""},
		{"GET", "/items/customers?aggregate[count]=*&groupBy[]=region", ""},
		{"GET", "/items/customers?aggregate[min]=phone&aggregate[countDistinct]=mail", ""},
		{"PATCH", "/items/customers/1", `{"id":1,"name":"Customer one","phone":"138******71","mail":"p***@example.com","region":"EU"}`},
		{"PATCH", "/items/customers", `{"keys":[2,4],"data":{"phone":"17712345678"}}`},
		{"POST", "/items/customers", `{"name":"New","phone":"13900000000","mail":"new@example.com","region":"EU"}`},
		{"PATCH", "/items/customers/3", `{"name":"taken"}`},
		{"DELETE", "/items/customers/5", ""},
		{"DELETE", "/items/customers/6", ""},
		{"POST", "/graphql", `{"query":"{ customers(sort: [\"id\"]) { id name phone mail } customers_aggregated { count { id } } }"}`},
		{"GET", "/revisions?filter[collection][_eq]=customers&fields=id,data", ""},
		{"GET", "/activity?filter[collection][_eq]=customers&aggregate[count]=*", ""},
		{"GET", "/fields/customers?limit=1", ""},
		{"GET", "/users/me?fields=email", ""},
	} {
		status, answer := site.call(call.method, call.path, call.body)
		if strings.HasPrefix(call.path, "/fields/") {
			var list struct {
				Data []struct{ Field, Type string }
			}
			json.Unmarshal([]byte(answer), &list)
			answer = fmt.Sprint(list.Data)
		}
		fmt.Fprintf(&story, "== %s %s %s\n%d %s\n", call.method, call.path, call.body, status, answer)
	}
	site.stop()
	story.WriteString("== stored\n" + server.Psql(t, "directus", "SELECT * FROM customers ORDER BY id", "-At"))
	holds(t, "testdata/directus.out", story.String())
}

// site is a Directus that runs.
type site struct {
	t     *testing.T
	cmd   *exec.Cmd
	base  string
	token string
	log   *bytes.Buffer
}

// serve starts Directus and logs in.
func serve(t *testing.T, program string, env []string) *site {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	s := &site{t: t, base: "http://" + addr, log: new(bytes.Buffer), cmd: exec.CommandContext(t.Context(), "node", program, "start")}
	s.cmd.Env = append(append(os.Environ(), env...), "HOST=127.0.0.1", "PORT="+port, "PUBLIC_URL="+s.base)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if answer, err := http.Get(s.base + "/server/ping"); err == nil {
			answer.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			s.cmd.Process.Kill()
			s.cmd.Wait()
			t.Fatalf("Directus does not answer:\n%s", s.log)
		}
	}
	var login struct {
		Data struct {
			Token string `json:"access_token"`
		}
	}
	if err := json.Unmarshal([]byte(s.must("POST", "/auth/login", `{"email":"admin@example.com","password":"pass-word"}`)), &login); err != nil {
		t.Fatal(err)
	}
	s.token = login.Data.Token
	return s
}

// stop ends Directus, which must have had nothing to complain about.
func (s *site) stop() {
	s.t.Helper()
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.cmd.Wait()
	if log := s.log.String(); strings.Contains(log, "ERROR") {
		s.t.Errorf("Directus says:\n%s", log)
	}
}

func (s *site) call(method, path, body string) (status int, answer string) {
	s.t.Helper()
	path, query, _ := strings.Cut(path, "?")
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.URL.RawQuery = strings.NewReplacer("[", "%5B", "]", "%5D").Replace(query)
	request.Header.Set("Content-Type", "application/json")
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	got, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return got.StatusCode, string(text)
}

func (s *site) must(method, path, body string) string {
	s.t.Helper()
	status, answer := s.call(method, path, body)
	if status/100 != 2 {
		s.t.Fatalf("%s %s: %d %s\n%s", method, path, status, answer, s.log)
	}
	return answer
}
