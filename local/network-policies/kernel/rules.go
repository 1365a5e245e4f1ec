package kernel

import (
	"fmt"
	"net/netip"
	"strings"

	"holdfast.dev/local/network-policies/policies"
)

// In this table, packets pass on their way through the node before any rule of others could accept them, and after a
// Service's address has become a pod's.
const table = "mangle"

const chain = "HOLDFAST-POLICY"

// Where packets of pods pass: to other pods and to the outside; and to the node itself. What comes from the node passes
// neither: the kubelet's probes reach every pod.
var hooks = []string{"FORWARD", "INPUT"}

func chainOf(direction policies.Direction) string {
	return chain + "-" + strings.ToUpper(string(direction))
}

// rules are all of ours, as `iptables-restore --noflush` takes them, in one transaction.
//
// Only answers pass unseen. What the one who opened a connection sends is judged packet by packet: a grant that is
// taken away ends the connections that it had let pass.
func rules(pods netip.Prefix, wide []wideGrant) string {
	lines := []string{"*" + table}
	for _, name := range []string{chain, chainOf(policies.In), chainOf(policies.Out)} {
		lines = append(lines, ":"+name+" - [0:0]")
	}
	add := func(format string, values ...any) { lines = append(lines, "-A "+fmt.Sprintf(format, values...)) }
	add("%s ! -s %s ! -d %s -j RETURN", chain, pods, pods)
	add("%s -m conntrack --ctstate RELATED -j RETURN", chain)
	add("%s -m conntrack --ctstate ESTABLISHED --ctdir REPLY -j RETURN", chain)
	add("%s -s %s -m set ! --match-set %s src -j DROP", chain, pods, known)
	add("%s -d %s -m set ! --match-set %s dst -j DROP", chain, pods, known)
	add("%s -m set --match-set %s src -j %s", chain, isolated(policies.Out), chainOf(policies.Out))
	add("%s -m set --match-set %s dst -j %s", chain, isolated(policies.In), chainOf(policies.In))
	for _, direction := range directions {
		pod, peer := ends(direction)
		add("%s -m set --match-set %s %s,dst,%s -j RETURN", chainOf(direction), granted(direction), pod, peer)
		for _, grant := range wide {
			if grant.direction == direction {
				add("%s %s-m set --match-set %s %s -m set --match-set %s %s -j RETURN",
					chainOf(direction), portMatch(grant.ports), grant.pods.name, pod, grant.peers.name, peer)
			}
		}
		add("%s -j DROP", chainOf(direction))
	}
	return strings.Join(append(lines, "COMMIT", ""), "\n")
}

// ends says which end of a packet the selected pod is, and which its peer.
func ends(direction policies.Direction) (pod, peer string) {
	if direction == policies.Out {
		return "src", "dst"
	}
	return "dst", "src"
}

func portMatch(ports policies.Ports) string {
	if ports.Protocol == "" {
		return ""
	}
	return fmt.Sprintf("-p %s --dport %d:%d ", strings.ToLower(string(ports.Protocol)), ports.First, ports.Last)
}
