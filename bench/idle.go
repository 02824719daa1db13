package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// idle opens connections to each proxy, lets them rest, and says how many kilobytes each has cost it.
func idle(ctx context.Context, l *lab) (string, error) {
	var out strings.Builder
	fmt.Fprintf(&out, "%d connections that have run a statement, to a Cordon just started.\n\n| client | kB each |\n|---|---:|\n", l.idle)
	for _, encrypted := range []bool{false, true} {
		proxy, err := l.proxy(ctx, l.cordon, l.server.Addr(), variant{tls: true})
		if err != nil {
			return "", err
		}
		t := target{"without TLS", proxy.Addr, "clerk", proxy.Pid()}
		if encrypted {
			t.name = "with TLS"
		}
		if c, err := connect(ctx, t, encrypted); err != nil { // what the first session brings is nobody's own
			return "", err
		} else if err := c.Close(ctx); err != nil {
			return "", err
		}
		before, err := resident(t.pid)
		if err != nil {
			return "", err
		}
		list, err := open(ctx, t, l.idle, encrypted, "SELECT abalance FROM pgbench_accounts WHERE aid = 1")
		if err != nil {
			return "", err
		}
		time.Sleep(3 * time.Second) // what is pooled is freed by two collections
		after, err := resident(t.pid)
		shut(list)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "| %s | %.1f |\n", t.name, float64(after-before)/float64(l.idle))
	}
	return out.String(), nil
}

// resident is the memory of a process that is its own, in kB: not the pages of files that it maps (proc(5): RssAnon).
func resident(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
		}
	}
	return 0, fmt.Errorf("/proc/%d/status has no RssAnon", pid)
}

// writeCertificate makes server.crt and server.key, signed by nobody else.
func writeCertificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "server.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "server.key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600)
}
