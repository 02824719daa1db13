package share

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Bounds of what a node's server keeps.
const (
	maxMemory = 512 << 20
	maxDisk   = 1 << 30
)

// startServer starts the server of this node, which knows the others'.
func startServer(o Options, routes, password string, log *slog.Logger) (*server.Server, error) {
	host, portText, err := net.SplitHostPort(o.Listen)
	port, err2 := strconv.Atoi(portText)
	if err != nil || err2 != nil {
		return nil, fmt.Errorf("%q is not host:port to listen on for the other Cordons", o.Listen)
	}
	opts := &server.Options{
		ServerName: o.Name,
		Host:       "127.0.0.1", Port: server.RANDOM_PORT, Username: "cordon", Password: password,
		NoSigs: true, NoLog: true, MaxPayload: maxValue + 64<<10,
		JetStream: true, StoreDir: o.Dir, JetStreamMaxMemory: maxMemory, JetStreamMaxStore: maxDisk,
		SyncAlways: true, // a claim that was granted must not be forgotten by a power cut
		Cluster: server.ClusterOpts{
			Name: "cordon", Host: host, Port: port, Username: "cordon", Password: routes, AuthTimeout: 5,
			NoAdvertise: true,        // nodes tell clients of no other node
			Advertise:   o.Advertise, // each other they do tell, so that one connects also to a node that its configuration does not name
			PoolSize:    -1, PingInterval: 2 * time.Second, MaxPingsOut: 2,
		},
	}
	if o.TLS != nil {
		opts.Cluster.TLSConfig, opts.Cluster.TLSTimeout = o.TLS, 5
	}
	for _, p := range o.Peers {
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", Host: p, User: url.UserPassword("cordon", routes)})
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start the server for the other Cordons: %w", err)
	}
	s.SetLoggerV2(serverLog{log}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		s.Shutdown()
		return nil, fmt.Errorf("start the server for the other Cordons: it does not listen on %s", o.Listen)
	}
	return s, nil
}

// serverLog takes what the server has to say. Its warnings are of interest to whoever looks for the reason of something.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(string, ...any) {}
func (l serverLog) Debugf(string, ...any)  {}
func (l serverLog) Tracef(string, ...any)  {}
func (l serverLog) Warnf(format string, v ...any) {
	l.log.Debug("cluster: " + fmt.Sprintf(format, v...))
}
func (l serverLog) Errorf(format string, v ...any) {
	l.log.Warn("cluster: " + fmt.Sprintf(format, v...))
}
func (l serverLog) Fatalf(format string, v ...any) {
	l.log.Error("cluster: " + fmt.Sprintf(format, v...))
}
