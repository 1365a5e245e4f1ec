package policies

import (
	"net/netip"

	"go4.org/netipx"
	networking "k8s.io/api/networking/v1"
)

// everyone is every IPv4 address: pods have no other.
var everyone = netip.MustParsePrefix("0.0.0.0/0")

// peers are the other ends that one rule of a policy names.
type peers struct {
	pods   []Pod
	blocks []netip.Prefix
}

func (p peers) prefixes() []netip.Prefix {
	return append(prefixesOf(p.pods), p.blocks...)
}

func (i index) peersOf(namespace string, listed []networking.NetworkPolicyPeer) peers {
	if len(listed) == 0 {
		return peers{pods: i.everywhere(), blocks: []netip.Prefix{everyone}}
	}
	var found peers
	for _, peer := range listed {
		switch {
		case peer.IPBlock != nil:
			found.blocks = append(found.blocks, prefixesOfBlock(*peer.IPBlock)...)
		case peer.NamespaceSelector != nil:
			found.pods = append(found.pods, i.inNamespaces(peer.NamespaceSelector, peer.PodSelector)...)
		case peer.PodSelector != nil:
			found.pods = append(found.pods, i.inNamespace(namespace, peer.PodSelector)...)
		}
	}
	return found
}

// prefixesOfBlock is a block without its exceptions, as blocks without exceptions. What is not of IPv4 is no address
// that a pod here has, or could reach. Whatever cannot be read lets nothing pass.
func prefixesOfBlock(block networking.IPBlock) []netip.Prefix {
	whole, err := netip.ParsePrefix(block.CIDR)
	if err != nil || !whole.Addr().Is4() {
		return nil
	}
	var builder netipx.IPSetBuilder
	builder.AddPrefix(whole.Masked())
	for _, except := range block.Except {
		hole, err := netip.ParsePrefix(except)
		if err != nil {
			return nil
		}
		builder.RemovePrefix(hole.Masked())
	}
	set, err := builder.IPSet()
	if err != nil {
		return nil
	}
	return set.Prefixes()
}

func addressesOf(pods []Pod) []netip.Addr {
	var found []netip.Addr
	for _, pod := range pods {
		found = append(found, pod.Addresses...)
	}
	return found
}

func prefixesOf(pods []Pod) []netip.Prefix {
	var found []netip.Prefix
	for _, address := range addressesOf(pods) {
		found = append(found, netip.PrefixFrom(address, address.BitLen()))
	}
	return found
}
