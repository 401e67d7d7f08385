package session

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// redisPatience is the timeout for connecting, for getting a free connection, and for an
// answer. All three together are shorter than a request may take.
const redisPatience = time.Second

// redisOptions reads the address of a Redis:
//
//	redis://USER:PASSWORD@HOST:PORT/DATABASE
//	rediss://…?ca=FILE                                 over TLS; ca is for a certificate of one's own, in PEM
//	redis://NODE:PORT?addr=NODE:PORT&addr=…            the nodes of a Cluster
//	redis://SENTINEL:PORT?master_name=NAME&addr=…      the Sentinels that know the master
//
// One node of a Cluster is enough. sentinel_username and sentinel_password are the
// credentials for the Sentinels.
func redisOptions(address string) (*redis.UniversalOptions, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is not an address such as redis://localhost:6379/0") // url's error would repeat the password
	}
	query := u.Query()
	o := &redis.UniversalOptions{
		MasterName:       query.Get("master_name"),
		SentinelUsername: query.Get("sentinel_username"),
		SentinelPassword: query.Get("sentinel_password"),

		DialTimeout: redisPatience, PoolTimeout: redisPatience, ReadTimeout: redisPatience, WriteTimeout: redisPatience,
		// The caller can try again. An insert whose answer was lost must not be repeated
		// here: it would find its own key taken.
		MaxRetries: -1, DialerRetries: 1,
		// Rows are short, and there are many connections.
		ReadBufferSize: 4 << 10, WriteBufferSize: 4 << 10,
		// Not every Redis knows these commands, and they are not needed.
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	port := "6379"
	if o.MasterName != "" {
		port = "26379"
	}
	for _, host := range append([]string{u.Host}, query["addr"]...) {
		if host == "" {
			host = "localhost"
		}
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		o.Addrs = append(o.Addrs, host)
	}
	o.IsClusterMode = o.MasterName == "" && len(o.Addrs) > 1
	if u.User != nil {
		o.Username = u.User.Username()
		o.Password, _ = u.User.Password()
	}
	switch u.Scheme {
	case "redis":
	case "rediss":
		o.TLSConfig = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
		if file := query.Get("ca"); file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			o.TLSConfig.RootCAs = x509.NewCertPool()
			if !o.TLSConfig.RootCAs.AppendCertsFromPEM(text) {
				return nil, fmt.Errorf("%s holds no certificate", file)
			}
		}
	default:
		return nil, fmt.Errorf("its scheme is %q, not redis or rediss", u.Scheme)
	}
	if db := strings.Trim(u.Path, "/"); db != "" {
		if o.DB, err = strconv.Atoi(db); err != nil || o.DB < 0 {
			return nil, fmt.Errorf("its database is %q, not a number", db)
		}
	}
	for name := range query {
		switch name {
		case "addr", "ca", "master_name", "sentinel_username", "sentinel_password":
		default:
			return nil, fmt.Errorf("it has %q; there are addr, ca, master_name, sentinel_username and sentinel_password", name)
		}
	}
	return o, nil
}
