package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// lineWidth is where the audit log's lines are cut, in terminal cells.
const lineWidth = 120

// audit shows the records of the statements above and what their verification says, also of a copy that someone has changed.
func (s *stage) audit(ctx context.Context, program, dir string) error {
	s.title("8. The audit log")
	s.say("Every one of these statements was recorded before PostgreSQL saw it; what became of it, after.")
	log, key := filepath.Join(dir, "audit"), filepath.Join(dir, "audit.key.pub")

	// The last outcome is written after its answer has gone out, and the checkpoint over it a moment later.
	var list string
	for deadline := time.Now().Add(10 * time.Second); ; {
		var err error
		if list, _, err = review(ctx, program, "search", "--dir", log, "--statements"); err != nil {
			return err
		}
		report, _, err := review(ctx, program, "verify", "--dir", log, "--key", key)
		if err != nil {
			return err
		}
		if strings.Count(list, "\n")-1 >= len(s.done) && !strings.Contains(list, "running") && sealed(report) || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	fmt.Fprintf(s.out, "\n  $ cordon-audit search --dir audit --statements\n\n")
	s.lines(list)
	if n := strings.Count(list, "\n") - 1; n != len(s.done) {
		return fmt.Errorf("the demonstration ran %d statements, and the log has %d", len(s.done), n)
	}
	fmt.Fprintf(s.out, "\n  %d statements were run, %d are in the log.\n", len(s.done), len(s.done))

	fmt.Fprintf(s.out, "\n  $ cordon-audit verify --dir audit --key audit.key.pub\n\n")
	report, whole, err := review(ctx, program, "verify", "--dir", log, "--key", key)
	if err != nil {
		return err
	}
	s.lines(strings.ReplaceAll(report, log, "audit"))
	if !whole {
		return errors.New("cordon-audit verify does not find the log whole")
	}

	changed := filepath.Join(dir, "changed")
	if err := forge(log, changed); err != nil {
		return err
	}
	s.say("")
	s.say("The same on a copy in which one record's alice has become carol:")
	fmt.Fprintf(s.out, "\n  $ cordon-audit verify --dir changed --key audit.key.pub\n\n")
	if report, whole, err = review(ctx, program, "verify", "--dir", changed, "--key", key); err != nil {
		return err
	}
	s.lines(strings.ReplaceAll(report, changed, "changed"))
	if whole {
		return errors.New("cordon-audit verify finds a changed log whole")
	}
	return os.RemoveAll(changed)
}

// sealed says whether a report of cordon-audit verify finds every record under a checkpoint.
func sealed(report string) bool {
	var records, under int
	_, rest, found := strings.Cut(report, "  records ")
	if _, err := fmt.Sscanf(strings.TrimSpace(rest), "%d, of them %d sealed", &records, &under); !found || err != nil {
		return false
	}
	return records == under
}

// lines prints a program's output, cut at the terminal's edge.
func (s *stage) lines(text string) {
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if cells(line) > lineWidth-2 {
			size, end := 0, 0
			for i, c := range line {
				if size += runeCells(c); size > lineWidth-3 {
					break
				}
				end = i + len(string(c))
			}
			line = line[:end] + "…"
		}
		fmt.Fprintf(s.out, "  %s\n", line)
	}
}

// review runs cordon-audit. ok is false when it found something that is not as it should be; the error is for a program that could not do its work.
func review(ctx context.Context, program string, args ...string) (out string, ok bool, err error) {
	var text, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &text, &complaint
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return text.String(), false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("cordon-audit %s: %w\n%s", strings.Join(args, " "), err, complaint.String())
	}
	return text.String(), true, nil
}

// forge copies a log and changes one name in it, as someone would who has the disk.
func forge(log, to string) error {
	if err := os.CopyFS(to, os.DirFS(log)); err != nil {
		return fmt.Errorf("copy the log: %w", err)
	}
	segments, err := filepath.Glob(filepath.Join(to, "segments", "*.seg"))
	if err != nil || len(segments) == 0 {
		return fmt.Errorf("the log has no segments (%v)", err)
	}
	text, err := os.ReadFile(segments[0])
	if err != nil {
		return err
	}
	at := bytes.LastIndex(text, []byte(`"alice"`))
	if at < 0 {
		return errors.New("the log does not name alice")
	}
	copy(text[at:], `"carol"`)
	return os.WriteFile(segments[0], text, 0o600)
}
