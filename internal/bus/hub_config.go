package bus

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
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
			"listen": addr, "no_advertise": true, "compression": "s2_auto",
		}
	}
	opts, err := parseConfig(config)
	if err != nil {
		return nil, err
	}
	opts.DontListen = o.Listen == ""
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

// hubAccounts returns the accounts with their users, and all passwords. The hub's
// account imports the live subjects of every site; nothing goes the other way. (Commands
// go through the hub's connection in the site's account: the reply subjects of
// an imported service do not pass a leaf link with permissions.)
func hubAccounts(o HubOptions, sites []gtc.SiteID, inProcess string) (object, map[string]string) {
	external := o.Password
	if external == "" {
		external = secret()
	}
	passwords := map[string]string{hubUser: external, hubUser + "-local": inProcess}
	accounts := object{}
	imports := []object{}
	for _, id := range sites {
		account := siteAccount(id)
		passwords[string(id)] = o.Sites[id]
		passwords[siteUser(id)] = inProcess
		exports := []object{}
		for _, s := range []string{sampleSubject(id), eventSubject(id), healthSubject(id)} {
			exports = append(exports, object{"stream": s, "accounts": []string{accountHub}})
			imports = append(imports, object{"stream": object{"account": account, "subject": s}})
		}
		accounts[account] = object{
			"exports": exports,
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
		"imports":   imports,
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
	cert, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load leaf certificate: %w", err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	if o.CAFile != "" {
		var pool *x509.CertPool
		if pool, err = loadCA(o.CAFile); err != nil {
			return nil, err
		}
		c.ClientCAs, c.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	return c, nil
}
