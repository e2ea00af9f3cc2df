package bus

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"net"
	"slices"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/cpas-charleroi/gtc"
)

// siteAccount is the account of one site on the hub, siteUser the hub's own
// user in it; the edge's user is the site id.
func siteAccount(id gtc.SiteID) string { return "SITE-" + string(id) }
func siteUser(id gtc.SiteID) string    { return "hub-for-" + string(id) }

// sitePermissions are what an edge may send to the hub and get from it.
func sitePermissions(id gtc.SiteID) object {
	receive := []string{commandSubject(id)}
	for _, stream := range []string{StreamSamples, StreamEvents} {
		api := "$JS." + string(id) + ".API.CONSUMER."
		name := "." + stream + "." + hubConsumer
		receive = append(receive,
			api+"INFO"+name,
			api+"RESET"+name,
			api+"MSG.NEXT"+name,
			"$JS.ACK"+name+".>",
		)
	}
	return object{
		"publish":   object{"allow": []string{"gtc." + string(id) + ".>"}},
		"subscribe": object{"allow": receive},
	}
}

func hubServerOptions(o HubOptions, inProcess string) (*server.Options, error) {
	sites := slices.Sorted(maps.Keys(o.Sites))
	accounts, passwords := hubAccounts(o, sites, inProcess)
	sync := any("always")
	if o.NoSync {
		sync = "1m"
	}
	config := object{
		"server_name": hubDomain,
		"jetstream": object{
			"store_dir": o.Dir, "domain": hubDomain, "sync_interval": sync,
			"max_mem": 256 << 20,
			// What the streams reserve, and room for events, which are kept for ever.
			"max_file": hubSamplesMaxBytes + 200<<30,
		},
		"accounts": accounts,
	}
	if o.Listen != "" {
		addr, err := listenAddress("client", o.Listen)
		if err != nil {
			return nil, err
		}
		config["listen"] = addr
	}
	if o.LeafListen != "" {
		addr, err := listenAddress("leaf", o.LeafListen)
		if err != nil {
			return nil, err
		}
		config["leafnodes"] = object{
			"listen": addr, "no_advertise": true, "compression": "s2_fast",
		}
	}
	opts, err := parseConfig(config)
	if err != nil {
		return nil, err
	}
	opts.DontListen = o.Listen == ""
	if o.Listen != "" && o.CertFile != "" {
		if opts.TLSConfig, err = serverTLS(o); err != nil {
			return nil, err
		}
		opts.TLSTimeout = 10
		// On this machine clients need not know the certificate's authority.
		opts.AllowNonTLS = loopbackAddress(o.Listen)
	}
	opts.PingInterval = pingInterval
	setSecrets(opts, func(user string) string { return passwords[user] })
	if opts.LeafNode.TLSConfig, err = leafTLS(o); err != nil {
		return nil, err
	}
	if opts.LeafNode.TLSConfig != nil {
		opts.LeafNode.TLSTimeout = 10
	}
	return opts, nil
}

// hubAccounts returns the accounts with their users, and all passwords. No
// account imports anything of another: what passes from a site to the hub is
// carried by the hub's own connections. (The server also cannot exchange
// imports while it runs: a subscription that comes meanwhile brings it down;
// and the reply subjects of an imported service do not pass a leaf link with
// permissions.)
func hubAccounts(o HubOptions, sites []gtc.SiteID, inProcess string) (object, map[string]string) {
	passwords := map[string]string{hubUser: o.Password, hubUser + "-local": inProcess}
	accounts := object{}
	for _, id := range sites {
		passwords[string(id)] = o.Sites[id]
		passwords[siteUser(id)] = inProcess
		accounts[siteAccount(id)] = object{
			"users": []object{
				{"user": siteUser(id), "password": "-", "allowed_connection_types": []string{"IN_PROCESS"}},
				{
					"user": string(id), "password": "-", "allowed_connection_types": []string{"LEAFNODE"},
					"permissions": sitePermissions(id),
				},
			},
		}
	}
	accounts[accountHub] = object{
		"jetstream": "enabled",
		"users": []object{
			{"user": hubUser, "password": "-", "allowed_connection_types": []string{"STANDARD"}},
			{"user": hubUser + "-local", "password": "-", "allowed_connection_types": []string{"IN_PROCESS"}},
		},
	}
	return accounts, passwords
}

// leafTLS returns nil when no certificate is given.
func leafTLS(o HubOptions) (*tls.Config, error) {
	if o.CertFile == "" {
		return nil, nil
	}
	c, err := serverTLS(o)
	if err != nil {
		return nil, err
	}
	if o.ClientCAFile != "" {
		var pool *x509.CertPool
		if pool, err = loadCA(o.ClientCAFile); err != nil {
			return nil, err
		}
		c.ClientCAs, c.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// serverTLS shows the hub's certificate and asks for none.
func serverTLS(o HubOptions) (*tls.Config, error) {
	cert, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load leaf certificate: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}, nil
}

func loopbackAddress(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
