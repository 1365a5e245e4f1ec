package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// certificates are what the router shows to others, and what it believes of them. New ones are for new connections.
type certificates struct {
	settings *settings
	read     atomic.Pointer[struct{ server, client *tls.Config }]
}

func newCertificates(settings *settings) (*certificates, error) {
	made := &certificates{settings: settings}
	return made, made.reread()
}

func (c *certificates) reread() error {
	files := c.settings.Net.TLS
	own, err := tls.LoadX509KeyPair(files.CertificateKeyFile, files.CertificateKeyFile)
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(files.CAFile)
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", files.CAFile)
	}
	shown := []tls.Certificate{own}
	c.read.Store(&struct{ server, client *tls.Config }{
		server: &tls.Config{
			Certificates: shown,
			ClientAuth:   tls.VerifyClientCertIfGiven,
			ClientCAs:    authorities,
			MinVersion:   tls.VersionTLS12,
		},
		client: &tls.Config{RootCAs: authorities, Certificates: shown, MinVersion: tls.VersionTLS12},
	})
	return nil
}

func (c *certificates) server() *tls.Config { return c.read.Load().server }
func (c *certificates) client() *tls.Config { return c.read.Load().client }

func (a *asked) rotateCertificates() (bson.Raw, error) {
	if err := a.router.certificates.reread(); err != nil {
		return nil, newFailure(1, "InternalError", "cannot read the certificates: %s", err)
	}
	return done(), nil
}
