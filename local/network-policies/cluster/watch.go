// Package cluster follows the objects of the cluster that decide what may pass.
package cluster

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	networklisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"

	"holdfast.dev/local/network-policies/policies"
)

// Watch is the world of policies as it is by now.
type Watch struct {
	// Changes is sent to when something changes that decides; several changes may be one.
	Changes chan struct{}

	policies   networklisters.NetworkPolicyLister
	namespaces corelisters.NamespaceLister
	pods       corelisters.PodLister
	addresses  addresses
}

// Start follows the cluster, and returns when all of it is known.
func Start(ctx context.Context, client kubernetes.Interface) (*Watch, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	watch := &Watch{
		Changes:    make(chan struct{}, 1),
		policies:   factory.Networking().V1().NetworkPolicies().Lister(),
		namespaces: factory.Core().V1().Namespaces().Lister(),
		pods:       factory.Core().V1().Pods().Lister(),
		addresses:  addresses{given: map[types.UID][]netip.Addr{}},
	}
	always := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(_ any) { watch.changed() },
		UpdateFunc: func(_, _ any) { watch.changed() },
		DeleteFunc: func(_ any) { watch.changed() },
	}
	ofPods := cache.ResourceEventHandlerFuncs{
		AddFunc: always.AddFunc,
		UpdateFunc: func(before, after any) {
			if decides(before.(*core.Pod), after.(*core.Pod)) {
				watch.changed()
			}
		},
		DeleteFunc: func(object any) {
			if pod, isPod := deleted(object); isPod {
				watch.addresses.forget(pod.UID)
			}
			watch.changed()
		},
	}
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		factory.Networking().V1().NetworkPolicies().Informer(): always,
		factory.Core().V1().Namespaces().Informer():            always,
		factory.Core().V1().Pods().Informer():                  ofPods,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return nil, err
		}
	}
	factory.Start(ctx.Done())
	for kind, isKnown := range factory.WaitForCacheSync(ctx.Done()) {
		if !isKnown {
			return nil, fmt.Errorf("%v could not be listed: %w", kind, context.Cause(ctx))
		}
	}
	return watch, nil
}

func (w *Watch) changed() {
	select {
	case w.Changes <- struct{}{}:
	default:
	}
}

// decides leaves out what happens to pods all the time: their states.
func decides(before, after *core.Pod) bool {
	return before.UID != after.UID ||
		hasEnded(before) != hasEnded(after) ||
		!maps.Equal(before.Labels, after.Labels) ||
		!slices.Equal(statusAddresses(before), statusAddresses(after))
}

// deleted: a deletion that was not seen comes with the last state that was.
func deleted(object any) (*core.Pod, bool) {
	if last, isLast := object.(cache.DeletedFinalStateUnknown); isLast {
		object = last.Obj
	}
	pod, isPod := object.(*core.Pod)
	return pod, isPod
}

// Give notes the addresses of a pod that is about to start, once the pod itself is known here.
func (w *Watch) Give(ctx context.Context, namespace, name string, uid types.UID, given []netip.Addr) error {
	const often = 5 * time.Millisecond
	for {
		if pod, err := w.pods.Pods(namespace).Get(name); err == nil && pod.UID == uid {
			w.addresses.give(uid, given)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pod %s/%s (%s) is not known: %w", namespace, name, uid, context.Cause(ctx))
		case <-time.After(often):
		}
	}
}

// World is what is known by now.
func (w *Watch) World() (policies.World, error) {
	listed, err := w.policies.List(labels.Everything())
	if err != nil {
		return policies.World{}, err
	}
	namespaces, err := w.namespaces.List(labels.Everything())
	if err != nil {
		return policies.World{}, err
	}
	pods, err := w.pods.List(labels.Everything())
	if err != nil {
		return policies.World{}, err
	}
	world := policies.World{Policies: listed, Namespaces: namespaces}
	found := w.addresses.of(pods)
	for _, pod := range pods {
		if itsAddresses := found[pod.UID]; len(itsAddresses) > 0 {
			world.Pods = append(world.Pods, policies.Pod{Pod: pod, Addresses: itsAddresses})
		}
	}
	return world, nil
}
