// Package kernel makes a verdict on NetworkPolicies what the kernel does, by iptables and ipset.
package kernel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"holdfast.dev/local/network-policies/policies"
)

// Names of ours begin like this, and no others do.
const setPrefix = "holdfast-"

const (
	known = setPrefix + "known"
	// While a set is filled. It is of one type each, so that a left one is in nobody's way.
	filling = setPrefix + "new-"
)

var directions = []policies.Direction{policies.In, policies.Out}

func isolated(direction policies.Direction) string { return setPrefix + string(direction) }

// Grants of single ports, which are nearly all, share a set for each direction: looking in it costs the same
// whatever it holds, and the rules stay as they are when pods come and go.
func granted(direction policies.Direction) string { return setPrefix + string(direction) + "-ports" }

// A set of addresses, of one of ipset's types.
type set struct {
	name     string
	kind     string
	elements []string
}

// picture is what the kernel is to hold. The guards are what refuses, so they are set last, when what is granted is.
type picture struct {
	grants []set
	rules  string
	guards []set
}

// render draws a verdict. `pods` is where all pods have their addresses.
func render(pods netip.Prefix, verdict policies.Verdict) picture {
	single := map[policies.Direction][]string{}
	var wide []wideGrant
	var drawn picture
	for _, grant := range verdict.Grants {
		if grant.Ports.AreOne() {
			single[grant.Direction] = append(single[grant.Direction], singleElements(grant)...)
			continue
		}
		each := wideGrantOf(grant)
		wide = append(wide, each)
		drawn.grants = append(drawn.grants, each.pods, each.peers)
	}
	// The same rules whatever order the policies come in, so that they are not told anew for nothing.
	slices.SortFunc(wide, func(a, b wideGrant) int { return strings.Compare(a.pods.name, b.pods.name) })
	for _, direction := range directions {
		drawn.grants = append(drawn.grants, newSet(granted(direction), "hash:ip,port,net", single[direction]))
		drawn.guards = append(drawn.guards, newSet(isolated(direction), "hash:ip", texts(verdict.Isolated[direction])))
	}
	drawn.guards = append(drawn.guards, newSet(known, "hash:ip", texts(verdict.Known)))
	drawn.rules = rules(pods, wide)
	return drawn
}

func (p picture) sets() []set { return append(slices.Clone(p.grants), p.guards...) }

func newSet(name, kind string, elements []string) set {
	sorted := slices.Clone(elements)
	slices.Sort(sorted)
	return set{name: name, kind: kind, elements: slices.Compact(sorted)}
}

func singleElements(grant policies.Grant) []string {
	port := fmt.Sprintf("%s:%d", strings.ToLower(string(grant.Ports.Protocol)), grant.Ports.First)
	var elements []string
	for _, pod := range grant.Pods {
		for _, peer := range ipsetPrefixes(grant.Peers) {
			elements = append(elements, fmt.Sprintf("%s,%s,%s", pod, port, peer))
		}
	}
	return elements
}

// wideGrant is one that sets with ports cannot hold: a rule of its own, and two sets.
type wideGrant struct {
	direction   policies.Direction
	ports       policies.Ports
	pods, peers set
}

func wideGrantOf(grant policies.Grant) wideGrant {
	hash := sha256.Sum256([]byte(grant.Name))
	name := setPrefix + hex.EncodeToString(hash[:6])
	return wideGrant{
		direction: grant.Direction,
		ports:     grant.Ports,
		pods:      newSet(name+"-pods", "hash:ip", texts(grant.Pods)),
		peers:     newSet(name+"-peers", "hash:net", ipsetPrefixes(grant.Peers)),
	}
}

// ipsetPrefixes writes prefixes as ipset takes them: it knows none of length zero, so everything is its two halves.
func ipsetPrefixes(prefixes []netip.Prefix) []string {
	var written []string
	for _, prefix := range prefixes {
		if prefix.Bits() == 0 {
			written = append(written, "0.0.0.0/1", "128.0.0.0/1")
			continue
		}
		written = append(written, prefix.String())
	}
	return written
}

func texts(addresses []netip.Addr) []string {
	var written []string
	for _, address := range addresses {
		written = append(written, address.String())
	}
	return written
}

// fill is what `ipset restore` is told to have a set hold just its elements from one moment to the next.
func fill(each set) string {
	temporary := filling + strings.NewReplacer("hash:", "", ",", "-").Replace(each.kind)
	var script strings.Builder
	fmt.Fprintf(&script, "create %s %s maxelem 1048576\n", temporary, each.kind)
	for _, element := range each.elements {
		fmt.Fprintf(&script, "add %s %s\n", temporary, element)
	}
	fmt.Fprintf(&script, "swap %s %s\ndestroy %s\n", temporary, each.name, temporary)
	return script.String()
}

func create(each set) string {
	return fmt.Sprintf("create %s %s maxelem 1048576 -exist\n", each.name, each.kind)
}
