// Command mongos stands in for MongoDB's router in tests, where no registry has the real one.
//
// Real config servers and real shards run behind it: they authenticate users, keep the routing table, move chunks and
// hold the data. What a router adds, it does as MongoDB 6.0's does, as far as the tests see.
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func main() {
	log.SetOutput(os.Stdout)
	log.SetFlags(log.LstdFlags | log.Lmicroseconds | log.LUTC)
	file := flag.String("config", "", "configuration file of mongos")
	flag.Parse()

	// PID 1 of a container gets no default signal handling from the kernel.
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		log.Printf("ends: %v", <-ended)
		os.Exit(0)
	}()

	settings, err := readSettings(*file)
	if err != nil {
		log.Fatalf("cannot start: %v", err)
	}
	router, err := newRouter(settings)
	if err != nil {
		log.Fatalf("cannot start: %v", err)
	}
	router.waitForConfigServers()
	go router.followShards()
	failed := make(chan error, 1)
	for _, host := range settings.hosts() {
		address := net.JoinHostPort(host, strconv.Itoa(settings.Net.Port))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			log.Fatalf("cannot listen: %v", err)
		}
		log.Printf("waiting for connections on %s, with config servers %s", listener.Addr(), settings.Sharding.ConfigDB)
		go func() { failed <- router.serve(listener) }()
	}
	log.Fatalf("cannot accept connections: %v", <-failed)
}
