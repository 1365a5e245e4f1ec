package cluster

import (
	"net/netip"
	"slices"
	"sync"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// addresses knows which pod has which address: from the network plugin, at once when it gives one, and from the pod's
// status, where it stands a second later, but still after this program has been started anew.
type addresses struct {
	mutex sync.Mutex
	given map[types.UID][]netip.Addr
}

// give takes the addresses from whichever pod had them before.
func (a *addresses) give(pod types.UID, given []netip.Addr) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for other, had := range a.given {
		if slices.ContainsFunc(had, func(address netip.Addr) bool { return slices.Contains(given, address) }) {
			delete(a.given, other)
		}
	}
	a.given[pod] = given
}

func (a *addresses) forget(pod types.UID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	delete(a.given, pod)
}

// of answers the addresses of each pod that lives and has its own.
func (a *addresses) of(pods []*core.Pod) map[types.UID][]netip.Addr {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	taken := map[netip.Addr]bool{}
	for _, given := range a.given {
		for _, address := range given {
			taken[address] = true
		}
	}
	found := map[types.UID][]netip.Addr{}
	for _, pod := range pods {
		if pod.Spec.HostNetwork || hasEnded(pod) {
			continue
		}
		if given, isKnown := a.given[pod.UID]; isKnown {
			found[pod.UID] = given
			continue
		}
		for _, address := range statusAddresses(pod) {
			// A status may still name what another pod has by now.
			if !taken[address] {
				found[pod.UID] = append(found[pod.UID], address)
			}
		}
	}
	return found
}

func hasEnded(pod *core.Pod) bool {
	return pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
}

func statusAddresses(pod *core.Pod) []netip.Addr {
	var found []netip.Addr
	for _, status := range pod.Status.PodIPs {
		if address, err := netip.ParseAddr(status.IP); err == nil && address.Is4() {
			found = append(found, address)
		}
	}
	return found
}
