package audit

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Fsync says when records are forced to the storage device. In every mode an intent is in the file before the statement is forwarded, so that the death of the process loses none.
type Fsync uint8

// The modes, named by what a power failure can lose.
const (
	Always   Fsync = iota // nothing: an intent is on the device before its statement is forwarded
	Interval              // what was recorded during the last Options.Interval
	Never                 // what was recorded since the last checkpoint
)

// ParseFsync reads the word of the configuration.
func ParseFsync(s string) (Fsync, error) {
	switch s {
	case "always":
		return Always, nil
	case "interval":
		return Interval, nil
	case "never":
		return Never, nil
	default:
		return Always, fmt.Errorf("unknown fsync mode %q (always, interval or never)", s)
	}
}

// String returns the word of the configuration.
func (f Fsync) String() string {
	switch f {
	case Always:
		return "always"
	case Interval:
		return "interval"
	case Never:
		return "never"
	default:
		return "always"
	}
}

// OnFailure says what becomes of statements while the log cannot be written.
type OnFailure uint8

// The answers.
const (
	Refuse        OnFailure = iota // no record, no statement
	AllowAndCount                  // statements run unrecorded; their number goes into an audit.gap record once the log can be written again
)

// ParseOnFailure reads the word of the configuration.
func ParseOnFailure(s string) (OnFailure, error) {
	switch s {
	case "refuse":
		return Refuse, nil
	case "allow":
		return AllowAndCount, nil
	default:
		return Refuse, fmt.Errorf("unknown on_failure %q (refuse or allow)", s)
	}
}

// String returns the word of the configuration.
func (o OnFailure) String() string {
	switch o {
	case AllowAndCount:
		return "allow"
	case Refuse:
		return "refuse"
	default:
		return "refuse"
	}
}

// Options are what Open needs. Dir and KeyFile are required; the zero value of all else is the default.
type Options struct {
	Dir       string // of the log; made when missing, mode 0750
	KeyFile   string // signing key; made when missing and the log is empty, mode 0600, with the verifier key beside it as KeyFile.pub
	Fsync     Fsync
	Interval  time.Duration // of Fsync Interval, and how long an outcome may wait in memory; default 100 ms
	OnFailure OnFailure
	Node      string // name of this proxy in the log's origin; default the host's name

	Checkpoint   time.Duration // between checkpoints under load; default 1 s
	Heartbeat    time.Duration // between audit.heartbeat records, also when idle; default 1 min
	SegmentBytes int64         // default 64 MiB, at least 256 KiB
	TextBytes    int           // what is kept of a statement text; default 1 MiB, at most 4 MiB
	ParamBytes   int           // what is kept of one parameter; default 4 KiB
	ParamsBytes  int           // what is kept of all parameters of one execution; default 256 KiB, at most 1 MiB
	Version      string        // of the program, for log.open
	Witnesses    []WitnessTarget
	Retention    Retention // zero: everything is kept

	Clock func() time.Time // default time.Now

	disk disk // for tests
}

func (o *Options) check() error {
	if o.Dir == "" {
		return errors.New("audit: the log needs a folder")
	}
	if o.KeyFile == "" {
		return errors.New("audit: the log needs a file for its signing key")
	}
	if o.Node == "" {
		host, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("audit: find the host's name: %w", err)
		}
		o.Node = host
	}
	if len(o.Node) > 200 {
		return errors.New("audit: the node's name is longer than 200 bytes")
	}
	duration := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	if err := o.Retention.check(); err != nil {
		return err
	}
	duration(&o.Interval, 100*time.Millisecond)
	duration(&o.Checkpoint, time.Second)
	duration(&o.Heartbeat, time.Minute)
	if o.SegmentBytes == 0 {
		o.SegmentBytes = 64 << 20
	}
	if o.SegmentBytes < 256<<10 {
		return errors.New("audit: a segment must have at least 256 KiB")
	}
	size := func(n *int, def, most int) {
		if *n <= 0 {
			*n = def
		}
		// Two texts and the parameters of one record must fit a quarter of a segment.
		*n = min(*n, most, int(o.SegmentBytes/16))
	}
	size(&o.TextBytes, 1<<20, maxTextBytes)
	size(&o.ParamBytes, 4<<10, maxParamBytes/8)
	size(&o.ParamsBytes, 256<<10, maxParamBytes)
	o.ParamBytes = min(o.ParamBytes, int(o.SegmentBytes/128))
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.disk == nil {
		o.disk = osDisk{}
	}
	return nil
}
