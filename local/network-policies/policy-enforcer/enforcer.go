package main

import (
	"context"
	"log"
	"sync"
	"time"

	"holdfast.dev/local/network-policies/cluster"
	"holdfast.dev/local/network-policies/kernel"
	"holdfast.dev/local/network-policies/policies"
)

type enforcer struct {
	watch  *cluster.Watch
	mutex  sync.Mutex
	kernel *kernel.Kernel
}

// enforce makes hold what is known by now.
func (e *enforcer) enforce() error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	world, err := e.watch.World()
	if err != nil {
		return err
	}
	return e.kernel.Enforce(policies.Translate(world))
}

// follow enforces each change, until the context ends.
func (e *enforcer) follow(ctx context.Context) {
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.watch.Changes:
		case <-again:
		}
		again = nil
		if err := e.enforce(); err != nil {
			log.Printf("not enforced, and tried again in %s: %v", retryAfter, err)
			again = time.After(retryAfter)
		}
	}
}
