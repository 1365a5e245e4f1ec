package policies

import (
	"fmt"
	"net/netip"
	"slices"

	networking "k8s.io/api/networking/v1"
)

// Direction is how a connection is seen from the pod that a policy selects.
type Direction string

const (
	In  Direction = "in"
	Out Direction = "out"
)

// Grant lets connections pass that one direction would refuse.
type Grant struct {
	// Name is the same as long as the policy's rule is, whatever pods come and go.
	Name      string
	Direction Direction
	Ports     Ports
	// Pods are the addresses of the pods that the policy selects; Peers, the other ends.
	Pods  []netip.Addr
	Peers []netip.Prefix
}

// Verdict is what may pass. A connection needs the leave of both of its ends: a pod that is isolated in the
// connection's direction gives it by a grant only, every other end always.
type Verdict struct {
	// Known are the addresses of all pods: nothing is known of any other address of theirs.
	Known    []netip.Addr
	Isolated map[Direction][]netip.Addr
	Grants   []Grant
}

// Translate says what the policies of a world let pass.
func Translate(world World) Verdict {
	found := indexOf(world)
	verdict := Verdict{Known: addressesOf(world.Pods), Isolated: map[Direction][]netip.Addr{}}
	for _, policy := range world.Policies {
		selected := found.inNamespace(policy.Namespace, &policy.Spec.PodSelector)
		if len(selected) == 0 {
			continue
		}
		name := policy.Namespace + "/" + policy.Name
		if restricts(policy, networking.PolicyTypeIngress) {
			verdict.Isolated[In] = append(verdict.Isolated[In], addressesOf(selected)...)
			for number, rule := range policy.Spec.Ingress {
				allowed := found.peersOf(policy.Namespace, rule.From)
				verdict.Grants = append(verdict.Grants, ingress(fmt.Sprintf("%s in %d", name, number), rule, selected, allowed)...)
			}
		}
		if restricts(policy, networking.PolicyTypeEgress) {
			verdict.Isolated[Out] = append(verdict.Isolated[Out], addressesOf(selected)...)
			for number, rule := range policy.Spec.Egress {
				allowed := found.peersOf(policy.Namespace, rule.To)
				verdict.Grants = append(verdict.Grants, egress(fmt.Sprintf("%s out %d", name, number), rule, selected, allowed)...)
			}
		}
	}
	return verdict
}

// restricts says whether a policy isolates in a direction: where it does not say, always inwards, and outwards if it
// has a rule of that.
func restricts(policy *networking.NetworkPolicy, direction networking.PolicyType) bool {
	if types := policy.Spec.PolicyTypes; len(types) > 0 {
		return slices.Contains(types, direction)
	}
	return direction == networking.PolicyTypeIngress || len(policy.Spec.Egress) > 0
}

// ingress: a name of a port is that of the selected pod.
func ingress(name string, rule networking.NetworkPolicyIngressRule, selected []Pod, allowed peers) []Grant {
	grant := func(ports Ports, pods []Pod) Grant {
		return Grant{Name: nameOf(name, ports), Direction: In, Ports: ports, Pods: addressesOf(pods), Peers: allowed.prefixes()}
	}
	if len(rule.Ports) == 0 {
		return []Grant{grant(Ports{}, selected)}
	}
	var grants []Grant
	for _, port := range rule.Ports {
		if ports, isNumber := numbered(port); isNumber {
			grants = append(grants, grant(ports, selected))
			continue
		}
		for ports, pods := range named(port, selected) {
			grants = append(grants, grant(ports, pods))
		}
	}
	return grants
}

// egress: a name of a port is that of the pod at the other end; where that is no pod, there is none of that name.
func egress(name string, rule networking.NetworkPolicyEgressRule, selected []Pod, allowed peers) []Grant {
	grant := func(ports Ports, prefixes []netip.Prefix) Grant {
		return Grant{Name: nameOf(name, ports), Direction: Out, Ports: ports, Pods: addressesOf(selected), Peers: prefixes}
	}
	if len(rule.Ports) == 0 {
		return []Grant{grant(Ports{}, allowed.prefixes())}
	}
	var grants []Grant
	for _, port := range rule.Ports {
		if ports, isNumber := numbered(port); isNumber {
			grants = append(grants, grant(ports, allowed.prefixes()))
			continue
		}
		for ports, pods := range named(port, allowed.pods) {
			grants = append(grants, grant(ports, prefixesOf(pods)))
		}
	}
	return grants
}

func nameOf(rule string, ports Ports) string {
	return fmt.Sprintf("%s %s %d-%d", rule, ports.Protocol, ports.First, ports.Last)
}
