package main

import (
	"crypto/tls"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// router is what all connections of clients share.
type router struct {
	settings     *settings
	certificates *certificates
	system       *system
	config       *replicaSet
	started      time.Time

	users        users
	routing      routing
	cursors      cursors
	transactions transactions
	connections  atomic.Int32
	ids          atomic.Int32

	shardsMutex sync.Mutex
	shards      map[string]*shard
}

// shard is one that a connection has been needed to.
type shard struct {
	seeds string
	set   *replicaSet
}

func newRouter(settings *settings) (*router, error) {
	certificates, err := newCertificates(settings)
	if err != nil {
		return nil, err
	}
	passwords, err := settings.systemPasswords()
	if err != nil {
		return nil, err
	}
	system, err := newSystem(certificates, passwords)
	if err != nil {
		return nil, err
	}
	set, hosts, err := splitHosts(settings.Sharding.ConfigDB)
	if err != nil {
		return nil, err
	}
	made := &router{
		settings:     settings,
		certificates: certificates,
		system:       system,
		config:       newReplicaSet(set, hosts, system),
		started:      time.Now(),
		shards:       map[string]*shard{},
	}
	made.users.config, made.routing.config = made.config, made.config
	return made, nil
}

// waitForConfigServers returns once their primary tells of the cluster.
func (r *router) waitForConfigServers() {
	log.Printf("starts, with config servers %s", r.settings.Sharding.ConfigDB)
	for {
		_, err := r.config.command("config", bson.D{{Key: "find", Value: "shards"}, {Key: "limit", Value: 1}})
		if err == nil {
			return
		}
		log.Printf("waits for the config servers: %q", err.Error())
		time.Sleep(500 * time.Millisecond)
	}
}

func (r *router) serve(listener net.Listener) error {
	for {
		accepted, err := listener.Accept()
		if err != nil {
			return err
		}
		connected := &client{Conn: tls.Server(accepted, r.certificates.server()), router: r, id: r.ids.Add(1)}
		go connected.serve()
	}
}

// shard is the replica set of a shard.
func (r *router) shard(name string) (*replicaSet, error) {
	seeds, err := r.routing.seedsOf(name)
	if err != nil {
		return nil, err
	}
	r.shardsMutex.Lock()
	defer r.shardsMutex.Unlock()
	if known := r.shards[name]; known != nil && known.seeds == seeds {
		return known.set, nil
	}
	set, hosts, err := splitHosts(seeds)
	if err != nil {
		return nil, err
	}
	made := &shard{seeds, newReplicaSet(set, hosts, r.system)}
	r.shards[name] = made
	return made.set, nil
}

func (r *router) shardNames() ([]string, error) {
	documents, err := r.routing.read("shards", bson.D{}, nil)
	var names []string
	for _, document := range documents {
		names = append(names, textOf(document, "_id"))
	}
	return names, err
}
