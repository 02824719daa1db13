package rewrite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"cordon/internal/pgtest"
	"cordon/rewrite"
)

// What sqlsmith makes up is planned, but not run, for CORDON_SQLSMITH_PLANS, such as 10m: some thousand statements a minute, each seed another. None may meet a defect of the rewriter, whether it then fails closed or not.
//
//	CORDON_SQLSMITH_PLANS=10m CORDON_SEED=100 go test ./rewrite -timeout 0 -v -run MadeUpStatements
func TestMadeUpStatementsArePlanned(t *testing.T) {
	limit, err := time.ParseDuration(os.Getenv("CORDON_SQLSMITH_PLANS"))
	if err != nil {
		t.Skip("CORDON_SQLSMITH_PLANS does not say how long")
	}
	s := pgtest.Shared(t)
	db := s.CreateDatabase(t)
	s.Exec(t, db, read(t, "schema.sql"))
	d := connect(t, db)
	alice := grant(t, "alice")
	seed, statements, refused, defects := environment("CORDON_SEED", 1), 0, 0, 0
	for end := time.Now().Add(limit); time.Now().Before(end); seed++ {
		ctx, stop := context.WithDeadline(context.Background(), end)
		args := []string{"--target=host=127.0.0.1 port=" + fmt.Sprint(s.Port) + " user=postgres sslmode=disable dbname=" + db, fmt.Sprint("--seed=", seed), "--dry-run", "--max-queries=1000"}
		if seed%3 != 0 {
			args = append(args, "--exclude-catalog") // most statements over the catalog are refused, and short ones are soon seen
		}
		cmd := exec.CommandContext(ctx, "sqlsmith", args...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 64<<20)
		var b strings.Builder
		for lines.Scan() {
			b.WriteString(lines.Text() + "\n")
			if !strings.HasSuffix(lines.Text(), ";") {
				continue
			}
			sql := b.String()
			b.Reset()
			statements++
			if _, err := plan(d, alice, sql); err != nil {
				refused++
				if r := (*rewrite.Refusal)(nil); errors.As(err, &r) && r.Code == "XX000" {
					defects++
					t.Errorf("seed %d: %s %s\n%s", seed, r.Message, r.Detail, sql)
				}
			}
		}
		cmd.Wait() // it ends with an error when its time is over
		stop()
		if defects > 5 {
			break
		}
	}
	if statements == 0 {
		t.Error("sqlsmith made no statement")
	}
	t.Logf("%d statements, %d of them refused, %d defects; the next seed is %d", statements, refused, defects, seed)
}
