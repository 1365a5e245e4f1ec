package policies

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The world of all tests: the databases of one namespace, and apps of two others.
const (
	database0 = "10.244.0.1"
	database1 = "10.244.0.2"
	tool      = "10.244.0.3"
	app       = "10.244.0.4"
	stranger  = "10.244.0.5"
	outside   = "192.0.2.7"
)

func world(listed ...*networking.NetworkPolicy) World {
	return World{
		Policies: listed,
		Namespaces: []*core.Namespace{
			namespace("databases", nil),
			namespace("apps", map[string]string{"team": "blue"}),
			namespace("strangers", map[string]string{"team": "red"}),
		},
		Pods: []Pod{
			pod("databases", "database-0", database0, map[string]string{"role": "database"}, port("mongodb", 27017)),
			pod("databases", "database-1", database1, map[string]string{"role": "database"}, port("mongodb", 27018)),
			pod("databases", "tool", tool, map[string]string{"role": "tool"}),
			pod("apps", "app", app, map[string]string{"role": "app"}, port("web", 8080)),
			pod("strangers", "stranger", stranger, map[string]string{"role": "app"}, port("web", 9090)),
		},
	}
}

func namespace(name string, labels map[string]string) *core.Namespace {
	all := map[string]string{"kubernetes.io/metadata.name": name}
	maps.Copy(all, labels)
	return &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: name, Labels: all}}
}

func pod(namespace, name, address string, labels map[string]string, ports ...core.ContainerPort) Pod {
	return Pod{
		Pod: &core.Pod{
			ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: name, Labels: labels},
			Spec:       core.PodSpec{Containers: []core.Container{{Ports: ports}}},
		},
		Addresses: []netip.Addr{netip.MustParseAddr(address)},
	}
}

func port(name string, number int32) core.ContainerPort {
	return core.ContainerPort{Name: name, ContainerPort: number, Protocol: core.ProtocolTCP}
}

func policy(spec networking.NetworkPolicySpec) *networking.NetworkPolicy {
	return &networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{Namespace: "databases", Name: "policy"}, Spec: spec}
}

var (
	databases = meta.LabelSelector{MatchLabels: map[string]string{"role": "database"}}
	apps      = meta.LabelSelector{MatchLabels: map[string]string{"role": "app"}}
	blue      = meta.LabelSelector{MatchLabels: map[string]string{"team": "blue"}}
	all       = meta.LabelSelector{}
)

func from(peers ...networking.NetworkPolicyPeer) []networking.NetworkPolicyIngressRule {
	return []networking.NetworkPolicyIngressRule{{From: peers}}
}

func to(peers ...networking.NetworkPolicyPeer) []networking.NetworkPolicyEgressRule {
	return []networking.NetworkPolicyEgressRule{{To: peers}}
}

func policyPort(protocol core.Protocol, port intstr.IntOrString, last ...int32) networking.NetworkPolicyPort {
	made := networking.NetworkPolicyPort{Protocol: &protocol, Port: &port}
	if len(last) > 0 {
		made.EndPort = &last[0]
	}
	return made
}

type connection struct {
	from, to string
	protocol core.Protocol
	port     int32
}

// passes applies a verdict as the kernel does: the first packet of a connection between pods, or with the outside.
func passes(verdict Verdict, tried connection) bool {
	source, destination := netip.MustParseAddr(tried.from), netip.MustParseAddr(tried.to)
	return leave(verdict, Out, source, destination, tried) && leave(verdict, In, destination, source, tried)
}

func leave(verdict Verdict, direction Direction, pod, peer netip.Addr, tried connection) bool {
	if !slices.Contains(verdict.Isolated[direction], pod) {
		return true
	}
	return slices.ContainsFunc(verdict.Grants, func(grant Grant) bool {
		covers := grant.Ports.Protocol == "" ||
			grant.Ports.Protocol == tried.protocol && grant.Ports.First <= tried.port && tried.port <= grant.Ports.Last
		return grant.Direction == direction && covers && slices.Contains(grant.Pods, pod) &&
			slices.ContainsFunc(grant.Peers, func(prefix netip.Prefix) bool { return prefix.Contains(peer) })
	})
}

func tcp(from, to string, port int32) connection { return connection{from, to, core.ProtocolTCP, port} }
func udp(from, to string, port int32) connection { return connection{from, to, core.ProtocolUDP, port} }

func TestTranslate(t *testing.T) {
	mongodb := []networking.NetworkPolicyPort{policyPort(core.ProtocolTCP, intstr.FromInt32(27017))}
	for name, each := range map[string]struct {
		policies []*networking.NetworkPolicy
		pass     []connection
		refused  []connection
	}{
		"without policies everything passes": {
			pass: []connection{tcp(stranger, database0, 27017), udp(database0, outside, 53)},
		},
		"one that selects and lists nothing refuses all that comes in, and nothing that goes out": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{PodSelector: databases})},
			pass:     []connection{tcp(database0, app, 80), tcp(app, tool, 80)},
			refused:  []connection{tcp(app, database0, 27017), udp(outside, database1, 53), tcp(database0, database1, 27017)},
		},
		"an empty selector selects its whole namespace, and no other": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{PodSelector: all})},
			pass:     []connection{tcp(database0, app, 80)},
			refused:  []connection{tcp(app, tool, 80), tcp(database0, tool, 80)},
		},
		"a type that is not named does not isolate": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases, PolicyTypes: []networking.PolicyType{networking.PolicyTypeEgress},
			})},
			pass:    []connection{tcp(app, database0, 27017)},
			refused: []connection{tcp(database0, app, 80), udp(database0, outside, 53)},
		},
		"rules for what goes out isolate it where no type is named": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases, Egress: to(networking.NetworkPolicyPeer{PodSelector: &databases}),
			})},
			refused: []connection{tcp(database0, app, 80), tcp(app, database0, 80), tcp(database0, database1, 1)},
			pass:    []connection{tcp(app, tool, 80)},
		},
		"pods by label are those of the policy's own namespace": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases, Ingress: from(networking.NetworkPolicyPeer{PodSelector: &all}),
			})},
			pass:    []connection{tcp(tool, database0, 1), tcp(database1, database0, 1)},
			refused: []connection{tcp(app, database0, 1), tcp(outside, database0, 1)},
		},
		"namespaces by label let all of their pods in": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases, Ingress: from(networking.NetworkPolicyPeer{NamespaceSelector: &blue}),
			})},
			pass:    []connection{tcp(app, database0, 1), udp(app, database1, 1)},
			refused: []connection{tcp(stranger, database0, 1), tcp(tool, database0, 1)},
		},
		"namespaces and pods in one peer must both match": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases,
				Ingress:     from(networking.NetworkPolicyPeer{NamespaceSelector: &blue, PodSelector: &databases}),
			})},
			refused: []connection{tcp(app, database0, 1), tcp(database1, database0, 1)},
		},
		"two peers are alternatives": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases,
				Ingress:     from(networking.NetworkPolicyPeer{NamespaceSelector: &blue}, networking.NetworkPolicyPeer{PodSelector: &databases}),
			})},
			pass:    []connection{tcp(app, database0, 1), tcp(database1, database0, 1)},
			refused: []connection{tcp(stranger, database0, 1), tcp(tool, database0, 1)},
		},
		"an empty namespace selector with pods is those pods everywhere": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases,
				Ingress:     from(networking.NetworkPolicyPeer{NamespaceSelector: &all, PodSelector: &apps}),
			})},
			pass:    []connection{tcp(app, database0, 1), tcp(stranger, database0, 1)},
			refused: []connection{tcp(tool, database0, 1)},
		},
		"a rule without peers is for everyone, on its ports only": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases, Ingress: []networking.NetworkPolicyIngressRule{{Ports: mongodb}},
			})},
			pass:    []connection{tcp(stranger, database0, 27017), tcp(outside, database0, 27017)},
			refused: []connection{tcp(stranger, database0, 27018), udp(stranger, database0, 27017)},
		},
		"a port without a number is all of its protocol": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases,
				Ingress:     []networking.NetworkPolicyIngressRule{{Ports: []networking.NetworkPolicyPort{{}}}},
			})},
			pass:    []connection{tcp(app, database0, 1), tcp(app, database0, 65535)},
			refused: []connection{udp(app, database0, 1)},
		},
		"an end makes it a range": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases,
				Ingress: []networking.NetworkPolicyIngressRule{{
					Ports: []networking.NetworkPolicyPort{policyPort(core.ProtocolUDP, intstr.FromInt32(100), 200)},
				}},
			})},
			pass:    []connection{udp(app, database0, 100), udp(app, database0, 150), udp(app, database0, 200)},
			refused: []connection{udp(app, database0, 99), udp(app, database0, 201), tcp(app, database0, 150)},
		},
		"a name, for what comes in, is the port that the selected pod calls so": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: all,
				Ingress: []networking.NetworkPolicyIngressRule{{
					Ports: []networking.NetworkPolicyPort{policyPort(core.ProtocolTCP, intstr.FromString("mongodb"))},
				}},
			})},
			pass:    []connection{tcp(app, database0, 27017), tcp(app, database1, 27018)},
			refused: []connection{tcp(app, database0, 27018), tcp(app, database1, 27017), tcp(app, tool, 27017)},
		},
		"a name, for what goes out, is the port that the pod there calls so": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases,
				PolicyTypes: []networking.PolicyType{networking.PolicyTypeEgress},
				Egress: []networking.NetworkPolicyEgressRule{{
					Ports: []networking.NetworkPolicyPort{policyPort(core.ProtocolTCP, intstr.FromString("web"))},
				}},
			})},
			pass:    []connection{tcp(database0, app, 8080), tcp(database0, stranger, 9090)},
			refused: []connection{tcp(database0, app, 9090), tcp(database0, outside, 8080)},
		},
		"a block lets its addresses pass but for its exceptions": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases,
				Egress: to(networking.NetworkPolicyPeer{IPBlock: &networking.IPBlock{
					CIDR: "192.0.2.0/24", Except: []string{"192.0.2.8/29"},
				}}),
			})},
			pass:    []connection{tcp(database0, outside, 443), tcp(database0, "192.0.2.16", 443)},
			refused: []connection{tcp(database0, "192.0.2.8", 443), tcp(database0, "192.0.2.15", 443), tcp(database0, "192.0.3.1", 443)},
		},
		"what one block excepts, another policy may allow": {
			policies: []*networking.NetworkPolicy{
				policy(networking.NetworkPolicySpec{
					PodSelector: databases,
					Egress:      to(networking.NetworkPolicyPeer{IPBlock: &networking.IPBlock{CIDR: "0.0.0.0/0", Except: []string{"192.0.2.0/24"}}}),
				}),
				policy(networking.NetworkPolicySpec{
					PodSelector: databases,
					Egress:      to(networking.NetworkPolicyPeer{IPBlock: &networking.IPBlock{CIDR: "192.0.2.7/32"}}),
				}),
			},
			pass:    []connection{tcp(database0, outside, 443), tcp(database0, "203.0.113.1", 443)},
			refused: []connection{tcp(database0, "192.0.2.8", 443)},
		},
		"both ends must give leave": {
			policies: []*networking.NetworkPolicy{
				policy(networking.NetworkPolicySpec{PodSelector: databases, Ingress: from()}),
				policy(networking.NetworkPolicySpec{
					PodSelector: databases, PolicyTypes: []networking.PolicyType{networking.PolicyTypeEgress},
				}),
			},
			pass:    []connection{tcp(app, database0, 27017)},
			refused: []connection{tcp(database0, database1, 27017), tcp(database0, app, 80)},
		},
		"a block of IPv6, which no pod has, lets nothing pass": {
			policies: []*networking.NetworkPolicy{policy(networking.NetworkPolicySpec{
				PodSelector: databases, Egress: to(networking.NetworkPolicyPeer{IPBlock: &networking.IPBlock{CIDR: "::/0"}}),
			})},
			refused: []connection{tcp(database0, outside, 443)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := Translate(world(each.policies...))
			for _, tried := range each.pass {
				if !passes(verdict, tried) {
					t.Errorf("%v is refused", tried)
				}
			}
			for _, tried := range each.refused {
				if passes(verdict, tried) {
					t.Errorf("%v passes", tried)
				}
			}
		})
	}
}

func TestAllPodsAreKnown(t *testing.T) {
	if known := Translate(world()).Known; len(known) != 5 {
		t.Errorf("of five pods, %d are known", len(known))
	}
}
