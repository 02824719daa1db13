// Package admin answers Prometheus and whoever supervises the process, over HTTP: /metrics, /healthz and /readyz, and nothing else.
//
// None of them asks for a password, and none tells of any person, table or statement. They belong on a loopback or a monitoring network's address.
package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// DefaultListen is the address where nothing else is configured: this machine alone can reach it.
const DefaultListen = "127.0.0.1:9464"

// What one client can take up. A scraper asks every few seconds over one connection; more is a mistake, or an attack on the process's memory.
const (
	maxConnections = 32
	maxHeader      = 8 << 10 // bytes
	maxScrapes     = 4       // at the same time
	readTimeout    = 5 * time.Second
	writeTimeout   = 15 * time.Second
	idleTimeout    = 2 * time.Minute
	scrapeTimeout  = 10 * time.Second
	// ShutdownTimeout is how long Serve waits for answers under way when its context ends.
	ShutdownTimeout = 3 * time.Second
)

// Build says what is running, for the metric cordon_build_info.
type Build struct {
	Version   string // such as v1.2.0
	Revision  string // of the source
	GoVersion string
}

// Options is what the pages tell of. Registry is required.
type Options struct {
	Registry *prometheus.Registry

	// Ready says why the process should get no new clients: no policy is loaded, the audit log is closed, it drains. Several reasons are joined with
	// errors.Join. It must not block. nil means that there is never a reason not to.
	Ready func() error

	// Health says why the process should be restarted. It must not block. nil means that whoever can answer is healthy.
	Health func() error

	Build Build
}

// Listen opens the address for Serve; "" means DefaultListen.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = DefaultListen
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics and health checks: %w", err)
	}
	return l, nil
}

// Serve answers on the listener until ctx ends, and returns when the answers under way have been given or ShutdownTimeout is over. It closes the listener.
// It returns nil when it ended because ctx did.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	if o.Registry == nil {
		l.Close()
		return errors.New("serve metrics: there is no registry")
	}
	if err := register(o.Registry, o.Build); err != nil {
		l.Close()
		return fmt.Errorf("serve metrics: %w", err)
	}
	s := &http.Server{
		Handler:           handler(o),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          nil,
	}
	l = &limited{Listener: l, slots: make(chan struct{}, maxConnections), done: make(chan struct{})}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), ShutdownTimeout)
		defer cancel()
		if s.Shutdown(wait) != nil {
			s.Close()
		}
	})
	err := s.Serve(l)
	if stop() { // Serve failed by itself
		s.Close()
		return fmt.Errorf("serve metrics: %w", err)
	}
	<-stopped
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}

func handler(o Options) http.Handler {
	metrics := promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTimeout,
		ErrorHandling:       promhttp.HTTPErrorOnError,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		var page http.Handler
		switch r.URL.Path {
		case "/metrics":
			page = metrics
		case "/healthz":
			page = check("healthy", o.Health)
		case "/readyz":
			page = check("ready", o.Ready)
		default:
			http.Error(w, "there is /metrics, /healthz and /readyz", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		page.ServeHTTP(w, r)
	})
}

// check answers 200 and the word, or 503 and the reasons, one a line.
func check(word string, f func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var err error
		if f != nil {
			err = f()
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintf(w, "not %s\n%s\n", word, strings.TrimRight(err.Error(), "\n"))
			return
		}
		fmt.Fprintf(w, "%s\n", word)
	})
}
