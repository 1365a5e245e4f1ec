package kernel

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"

	"holdfast.dev/local/network-policies/policies"
)

var allPods = netip.MustParsePrefix("10.244.0.0/22")

func addresses(written ...string) []netip.Addr {
	var read []netip.Addr
	for _, each := range written {
		read = append(read, netip.MustParseAddr(each))
	}
	return read
}

func grant(direction policies.Direction, ports policies.Ports, pod, peer string) policies.Grant {
	return policies.Grant{
		Name: "databases/policy " + peer, Direction: direction, Ports: ports,
		Pods: addresses(pod), Peers: []netip.Prefix{netip.MustParsePrefix(peer)},
	}
}

func one(number int32) policies.Ports {
	return policies.Ports{Protocol: core.ProtocolTCP, First: number, Last: number}
}

func held(drawn picture, name string) []string {
	for _, each := range drawn.sets() {
		if each.name == name {
			return each.elements
		}
	}
	return nil
}

func TestSinglePortsShareASet(t *testing.T) {
	drawn := render(allPods, policies.Verdict{Grants: []policies.Grant{
		grant(policies.In, one(27017), "10.244.0.1", "10.244.0.4/32"),
		grant(policies.In, one(27017), "10.244.0.1", "10.244.0.4/32"),
		grant(policies.In, one(53), "10.244.0.2", "0.0.0.0/0"),
		grant(policies.Out, one(27017), "10.244.0.1", "10.244.0.2/32"),
	}})
	in := []string{"10.244.0.1,tcp:27017,10.244.0.4/32", "10.244.0.2,tcp:53,0.0.0.0/1", "10.244.0.2,tcp:53,128.0.0.0/1"}
	if got := held(drawn, "holdfast-in-ports"); !slices.Equal(got, in) {
		t.Errorf("in: %v", got)
	}
	if got := held(drawn, "holdfast-out-ports"); !slices.Equal(got, []string{"10.244.0.1,tcp:27017,10.244.0.2/32"}) {
		t.Errorf("out: %v", got)
	}
}

func TestWideGrantsHaveRulesOfTheirOwn(t *testing.T) {
	ports := policies.Ports{Protocol: core.ProtocolUDP, First: 100, Last: 200}
	drawn := render(allPods, policies.Verdict{Grants: []policies.Grant{
		grant(policies.In, ports, "10.244.0.1", "192.0.2.0/24"),
		grant(policies.Out, policies.Ports{}, "10.244.0.1", "10.244.0.2/32"),
	}})
	for _, expected := range []string{
		`-A HOLDFAST-POLICY-IN -p udp --dport 100:200 -m set --match-set holdfast-\w+-pods dst -m set --match-set holdfast-\w+-peers src -j RETURN`,
		`-A HOLDFAST-POLICY-OUT -m set --match-set holdfast-\w+-pods src -m set --match-set holdfast-\w+-peers dst -j RETURN`,
	} {
		if !matchesLine(t, drawn.rules, expected) {
			t.Errorf("no rule %s in\n%s", expected, drawn.rules)
		}
	}
	if len(drawn.grants) != 6 {
		t.Errorf("%d sets of grants, not two that are shared and two for each wide one", len(drawn.grants))
	}
}

func TestRulesStayTheSame(t *testing.T) {
	ports := policies.Ports{Protocol: core.ProtocolUDP, First: 100, Last: 200}
	first := grant(policies.In, ports, "10.244.0.1", "192.0.2.0/24")
	second := grant(policies.In, ports, "10.244.0.1", "198.51.100.0/24")
	rules := render(allPods, policies.Verdict{Grants: []policies.Grant{first, second}}).rules
	second.Pods = addresses("10.244.0.7", "10.244.0.8")
	more := []policies.Grant{second, first, grant(policies.In, one(27017), "10.244.0.1", "10.244.0.4/32")}
	if again := render(allPods, policies.Verdict{Grants: more, Known: addresses("10.244.0.1")}).rules; again != rules {
		t.Errorf("other rules:\n%s\n%s", rules, again)
	}
}

func TestEachDirectionEndsInARefusal(t *testing.T) {
	lines := strings.Split(render(allPods, policies.Verdict{}).rules, "\n")
	for _, name := range []string{"HOLDFAST-POLICY-IN", "HOLDFAST-POLICY-OUT"} {
		last := ""
		for _, line := range lines {
			if strings.HasPrefix(line, "-A "+name+" ") {
				last = line
			}
		}
		if last != "-A "+name+" -j DROP" {
			t.Errorf("%s ends with %q", name, last)
		}
	}
}

func TestASetIsFilledBesideAndSwapped(t *testing.T) {
	script := fill(newSet("holdfast-known", "hash:ip", []string{"10.244.0.2", "10.244.0.1", "10.244.0.2"}))
	expected := `create holdfast-new-ip hash:ip maxelem 1048576
add holdfast-new-ip 10.244.0.1
add holdfast-new-ip 10.244.0.2
swap holdfast-new-ip holdfast-known
destroy holdfast-new-ip
`
	if script != expected {
		t.Errorf("script:\n%s", script)
	}
}

func TestNamesFitIpset(t *testing.T) {
	drawn := render(allPods, policies.Verdict{Grants: []policies.Grant{grant(policies.Out, policies.Ports{}, "10.244.0.1", "192.0.2.0/24")}})
	for _, each := range drawn.sets() {
		if len(each.name) > 31 {
			t.Errorf("%s is too long a name", each.name)
		}
	}
}
