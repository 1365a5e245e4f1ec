// Command mongodb-readiness answers the kubelet's HTTP readiness probe of a MongoDB member.
//
// It runs beside mongod in the same pod: a plain socket cannot speak TLS or know a member's role, and a program
// started anew for each probe costs the node more than one that stays.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", ":8080", "address to answer GET /ready on")
	mongodb := flag.String("mongodb", "127.0.0.1:27017", "address of the mongod or mongos beside us")
	ca := flag.String("ca-file", "/etc/mongodb/ca.crt", "PEM file of the certificate authority that signed its certificate")
	flag.Parse()

	// PID 1 of a container gets no default signal handling from the kernel.
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	server := &http.Server{Addr: *listen, Handler: routes(newMember(*mongodb, *ca)), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case <-ended.Done():
	case err := <-failed:
		log.Fatal(err)
	}
}

func routes(member *member) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(response http.ResponseWriter, request *http.Request) {
		reply, err := member.hello()
		if err != nil {
			http.Error(response, err.Error(), http.StatusServiceUnavailable)
			return
		}
		state, ready := readiness(reply)
		if !ready {
			http.Error(response, state, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(response, state)
	})
	return mux
}
