package mqtt

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	keepAlive         = 30 * time.Second
	connectTimeout    = 10 * time.Second
	writeTimeout      = 10 * time.Second
	connectRetry      = 2 * time.Second
	reconnectInterval = 30 * time.Second
	// readBuffer is read from the connection at once: without it every message
	// costs three system calls.
	readBuffer = 64 << 10
)

// Broker says how a broker is reached.
type Broker struct {
	// URL is mqtt://host:port, or mqtts://host:port for TLS. A user and
	// password in it come before User and Password.
	URL            string
	User, Password string
	// CAFile verifies the server of mqtts, the system's authorities when
	// empty; CertFile and KeyFile are the client's own certificate.
	CAFile, CertFile, KeyFile string
}

// check parses the URL and moves its user into the fields, so that the URL
// can be shown in errors.
func (b *Broker) check() (host string, secure bool, err error) {
	u, err := url.Parse(b.URL)
	if err != nil {
		return "", false, fmt.Errorf("mqtt connection: %w", err)
	}
	if u.Host == "" || (u.Scheme != "mqtt" && u.Scheme != "mqtts") {
		return "", false, fmt.Errorf("mqtt connection %s: want mqtt://host:port", b.shown())
	}
	if u.User != nil {
		b.User = u.User.Username()
		b.Password, _ = u.User.Password()
		b.URL = u.Scheme + "://" + u.Host
	}
	return u.Host, u.Scheme == "mqtts", nil
}

// shown is the URL without a password.
func (b *Broker) shown() string {
	if u, err := url.Parse(b.URL); err == nil && u.User != nil {
		return u.Redacted()
	}
	return b.URL
}

// ClientOptions returns the settings that every client of gtc has: MQTT 3.1.1,
// TLS 1.2 or better, a reconnection after at most 30 s. It reads the TLS
// files. The connection ends with ctx.
func (b *Broker) ClientOptions(ctx context.Context, clientID string) (*paho.ClientOptions, error) {
	host, secure, err := b.check()
	if err != nil {
		return nil, err
	}
	var config *tls.Config
	if secure {
		if config, err = b.tlsConfig(); err != nil {
			return nil, fmt.Errorf("mqtt connection %s: %w", b.URL, err)
		}
	}
	return paho.NewClientOptions().
		AddBroker("tcp://" + host). // dialled below, TLS included
		SetClientID(clientID).
		SetUsername(b.User).
		SetPassword(b.Password).
		SetProtocolVersion(4).
		SetKeepAlive(keepAlive).
		SetConnectTimeout(connectTimeout).
		SetWriteTimeout(writeTimeout).
		SetConnectRetry(true).
		SetConnectRetryInterval(connectRetry).
		SetMaxReconnectInterval(reconnectInterval).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
			return dial(ctx, host, config)
		}), nil
}

func (b *Broker) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.CAFile != "" {
		pem, err := os.ReadFile(b.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read authority %s: no certificate in it", b.CAFile)
		}
	}
	if b.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(b.CertFile, b.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func dial(ctx context.Context, host string, config *tls.Config) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	var conn net.Conn
	var err error
	if config != nil {
		conn, err = (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", host)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", host)
	}
	if err != nil {
		return nil, err
	}
	return &bufferedConn{conn, bufio.NewReaderSize(conn, readBuffer)}, nil
}

// bufferedConn reads ahead.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }
