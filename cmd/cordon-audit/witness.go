package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"cordon/audit"
)

const witnessHelp = `Co-signs the checkpoints of logs, each only when the log still contains all that was signed before: whoever rewrites or
cuts a log cannot get the witness's signature. Run it on a machine that the proxy's administrators do not have. The
protocol is C2SP tlog-witness, so that other witnesses and other logs work too; what was signed last is on the storage
device (--state) before the signature leaves, and must survive: a witness that forgets signs anything.
`

func witnessCommand(fs *flag.FlagSet) func(context.Context, []string, io.Writer) error {
	listen := fs.String("listen", "127.0.0.1:7380", "`address` to listen on")
	key := fs.String("key", "", "the witness's signing key: a `file` made by cordon-audit key --witness")
	state := fs.String("state", "witness", "`folder` of what was signed last (default witness)")
	cert := fs.String("tls-cert", "", "certificate for TLS, a `file`")
	certKey := fs.String("tls-key", "", "its key, a `file`")
	var logs list
	fs.Var(&logs, "log", "verifier key of a log to sign for: a `file`, may be given again")
	return func(ctx context.Context, args []string, stdout io.Writer) error {
		if len(args) > 0 || *key == "" || len(logs) == 0 {
			return usageError{"give --key and --log"}
		}
		var keys []string
		for _, l := range logs {
			k, err := audit.ReadVerifier(l)
			if err != nil {
				return err
			}
			keys = append(keys, k)
		}
		w, err := audit.NewWitness(*state, *key, keys, nil)
		if err != nil {
			return err
		}
		ln, err := net.Listen("tcp", *listen)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Listening on %s.\n", ln.Addr())
		srv := &http.Server{Handler: w, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
		done := make(chan error, 1)
		go func() {
			<-ctx.Done()
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			done <- srv.Shutdown(stopping)
		}()
		if *cert != "" {
			err = srv.ServeTLS(ln, *cert, *certKey)
		} else {
			err = srv.Serve(ln)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return <-done
	}
}
