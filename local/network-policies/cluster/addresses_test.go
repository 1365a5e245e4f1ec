package cluster

import (
	"net/netip"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func pod(uid string, phase core.PodPhase, inStatus ...string) *core.Pod {
	made := &core.Pod{ObjectMeta: meta.ObjectMeta{UID: types.UID(uid)}, Status: core.PodStatus{Phase: phase}}
	for _, address := range inStatus {
		made.Status.PodIPs = append(made.Status.PodIPs, core.PodIP{IP: address})
	}
	return made
}

func TestAddresses(t *testing.T) {
	first, second := netip.MustParseAddr("10.244.0.1"), netip.MustParseAddr("10.244.0.2")
	onNode := pod("host", core.PodRunning, "10.243.0.1")
	onNode.Spec.HostNetwork = true
	for name, each := range map[string]struct {
		given    map[types.UID][]netip.Addr
		pods     []*core.Pod
		expected map[types.UID]netip.Addr
	}{
		"a pod has what its status says": {
			pods:     []*core.Pod{pod("a", core.PodRunning, "10.244.0.1")},
			expected: map[types.UID]netip.Addr{"a": first},
		},
		"a pod that starts has what it was given, before its status says so": {
			given:    map[types.UID][]netip.Addr{"a": {first}},
			pods:     []*core.Pod{pod("a", core.PodPending)},
			expected: map[types.UID]netip.Addr{"a": first},
		},
		"what was given counts more than an old status": {
			given:    map[types.UID][]netip.Addr{"a": {second}},
			pods:     []*core.Pod{pod("a", core.PodRunning, "10.244.0.1")},
			expected: map[types.UID]netip.Addr{"a": second},
		},
		"an address that another was given is taken from whose status still has it": {
			given:    map[types.UID][]netip.Addr{"b": {first}},
			pods:     []*core.Pod{pod("a", core.PodRunning, "10.244.0.1"), pod("b", core.PodPending)},
			expected: map[types.UID]netip.Addr{"b": first},
		},
		"pods that have ended, and those with the node's address, have none": {
			pods: []*core.Pod{
				pod("a", core.PodSucceeded, "10.244.0.1"), pod("b", core.PodFailed, "10.244.0.2"), onNode,
			},
			expected: map[types.UID]netip.Addr{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			known := addresses{given: map[types.UID][]netip.Addr{}}
			for uid, given := range each.given {
				known.give(uid, given)
			}
			found := known.of(each.pods)
			if len(found) != len(each.expected) {
				t.Errorf("found %v", found)
			}
			for uid, address := range each.expected {
				if len(found[uid]) != 1 || found[uid][0] != address {
					t.Errorf("%s has %v", uid, found[uid])
				}
			}
		})
	}
}

func TestAnAddressIsGivenToOneOnly(t *testing.T) {
	address := netip.MustParseAddr("10.244.0.1")
	known := addresses{given: map[types.UID][]netip.Addr{}}
	known.give("a", []netip.Addr{address})
	known.give("b", []netip.Addr{address})
	found := known.of([]*core.Pod{pod("a", core.PodPending), pod("b", core.PodPending)})
	if len(found["a"]) != 0 || len(found["b"]) != 1 {
		t.Errorf("found %v", found)
	}
}
