package policies

import (
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Ports are those from First to Last of a protocol; with no protocol, all of all, also of those that have no ports.
type Ports struct {
	Protocol    core.Protocol
	First, Last int32
}

// AreOne says whether it is a single port.
func (p Ports) AreOne() bool { return p.Protocol != "" && p.First == p.Last }

// numbered are the ports that a policy names by number; false where it names them by name.
func numbered(port networking.NetworkPolicyPort) (Ports, bool) {
	protocol := protocolOf(port)
	if port.Port == nil {
		return Ports{Protocol: protocol, First: 0, Last: 65535}, true
	}
	if port.Port.Type == intstr.String {
		return Ports{}, false
	}
	ports := Ports{Protocol: protocol, First: port.Port.IntVal, Last: port.Port.IntVal}
	if port.EndPort != nil {
		ports.Last = *port.EndPort
	}
	return ports, true
}

// named groups pods by the number that they give to a port's name; those that know no such name are left out.
func named(port networking.NetworkPolicyPort, pods []Pod) map[Ports][]Pod {
	protocol := protocolOf(port)
	found := map[Ports][]Pod{}
	for _, pod := range pods {
		for _, declared := range declaredPorts(pod) {
			if declared.Name != port.Port.StrVal || orTCP(declared.Protocol) != protocol {
				continue
			}
			ports := Ports{Protocol: protocol, First: declared.ContainerPort, Last: declared.ContainerPort}
			found[ports] = append(found[ports], pod)
		}
	}
	return found
}

func declaredPorts(pod Pod) []core.ContainerPort {
	var ports []core.ContainerPort
	for _, container := range pod.Spec.Containers {
		ports = append(ports, container.Ports...)
	}
	for _, container := range pod.Spec.InitContainers {
		if container.RestartPolicy != nil && *container.RestartPolicy == core.ContainerRestartPolicyAlways {
			ports = append(ports, container.Ports...)
		}
	}
	return ports
}

func protocolOf(port networking.NetworkPolicyPort) core.Protocol {
	if port.Protocol == nil {
		return core.ProtocolTCP
	}
	return orTCP(*port.Protocol)
}

func orTCP(protocol core.Protocol) core.Protocol {
	if protocol == "" {
		return core.ProtocolTCP
	}
	return protocol
}
