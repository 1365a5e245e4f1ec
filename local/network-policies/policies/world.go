// Package policies says what NetworkPolicies let pass, from the objects of the cluster alone: it touches neither the
// cluster nor the kernel. The rules: https://kubernetes.io/docs/concepts/services-networking/network-policies/
package policies

import (
	"net/netip"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// World is all that decides.
type World struct {
	Policies   []*networking.NetworkPolicy
	Namespaces []*core.Namespace
	Pods       []Pod
}

// Pod is a pod that runs, or is about to, with the addresses that are its own: one that shares the node's has none.
type Pod struct {
	*core.Pod
	Addresses []netip.Addr
}

// index finds pods by namespace and labels.
type index struct {
	namespaces map[string]labels.Set
	pods       map[string][]Pod
}

func indexOf(world World) index {
	found := index{namespaces: map[string]labels.Set{}, pods: map[string][]Pod{}}
	for _, namespace := range world.Namespaces {
		found.namespaces[namespace.Name] = namespace.Labels
	}
	for _, pod := range world.Pods {
		found.pods[pod.Namespace] = append(found.pods[pod.Namespace], pod)
	}
	return found
}

func (i index) inNamespace(namespace string, selector *meta.LabelSelector) []Pod {
	matches := matcher(selector)
	var found []Pod
	for _, pod := range i.pods[namespace] {
		if matches(pod.Labels) {
			found = append(found, pod)
		}
	}
	return found
}

func (i index) inNamespaces(namespaces, pods *meta.LabelSelector) []Pod {
	matches := matcher(namespaces)
	var found []Pod
	for name, itsLabels := range i.namespaces {
		if matches(itsLabels) {
			found = append(found, i.inNamespace(name, pods)...)
		}
	}
	return found
}

func (i index) everywhere() []Pod {
	var found []Pod
	for _, pods := range i.pods {
		found = append(found, pods...)
	}
	return found
}

// matcher answers what a selector matches: an empty one everything; a wrong one, which the API server lets nobody
// write, nothing; and where a field is left out, it does not restrict.
func matcher(selector *meta.LabelSelector) func(labels.Set) bool {
	if selector == nil {
		return func(labels.Set) bool { return true }
	}
	parsed, err := meta.LabelSelectorAsSelector(selector)
	if err != nil {
		return func(labels.Set) bool { return false }
	}
	return func(set labels.Set) bool { return parsed.Matches(set) }
}
