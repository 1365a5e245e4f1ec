package kernel

import (
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	core "k8s.io/api/core/v1"

	"holdfast.dev/local/network-policies/policies"
)

// inOwnNetwork gives the test a network of its own, with no rules and no sets, which ends with it.
func inOwnNetwork(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // And never unlocked: a thread in another network must not be used again.
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Skipf("this needs root: %v", err)
	}
	for _, program := range []string{"ipset", "iptables"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s", program)
		}
	}
}

func told(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	output, err := exec.Command(program, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", program, err, output)
	}
	return string(output)
}

func enforced(t *testing.T, kernel *Kernel, verdict policies.Verdict) {
	t.Helper()
	if err := kernel.Enforce(verdict); err != nil {
		t.Fatal(err)
	}
}

func elements(t *testing.T, name string) []string {
	t.Helper()
	var found []string
	for _, line := range strings.Split(told(t, "ipset", "save", name), "\n") {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "add" {
			found = append(found, fields[2])
		}
	}
	slices.Sort(found)
	return found
}

func ownSets(t *testing.T) int {
	t.Helper()
	names, err := ours()
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// Of two pods, one of which is isolated and lets the other in.
func isolating(more ...policies.Grant) policies.Verdict {
	return policies.Verdict{
		Known:    addresses("10.244.0.1", "10.244.0.2"),
		Isolated: map[policies.Direction][]netip.Addr{policies.In: addresses("10.244.0.1")},
		Grants:   append(more, grant(policies.In, one(27017), "10.244.0.1", "10.244.0.2/32")),
	}
}

func TestTheKernelTakesIt(t *testing.T) {
	inOwnNetwork(t)
	kernel := New(allPods)
	enforced(t, kernel, isolating())
	if got := elements(t, "holdfast-known"); !slices.Equal(got, []string{"10.244.0.1", "10.244.0.2"}) {
		t.Errorf("known: %v", got)
	}
	if got := elements(t, "holdfast-in-ports"); !slices.Equal(got, []string{"10.244.0.1,tcp:27017,10.244.0.2"}) {
		t.Errorf("granted: %v", got)
	}
	rules := told(t, "iptables-save", "-t", "mangle")
	for _, hook := range []string{"-A FORWARD -j HOLDFAST-POLICY", "-A INPUT -j HOLDFAST-POLICY"} {
		if strings.Count(rules, hook) != 1 {
			t.Errorf("not once: %s in\n%s", hook, rules)
		}
	}
}

func TestWhatIsTakenAwayGoes(t *testing.T) {
	inOwnNetwork(t)
	kernel := New(allPods)
	udp := policies.Ports{Protocol: core.ProtocolUDP, First: 100, Last: 200}
	enforced(t, kernel, isolating(
		grant(policies.In, udp, "10.244.0.1", "192.0.2.0/24"),
		grant(policies.Out, policies.Ports{}, "10.244.0.1", "0.0.0.0/0"),
	))
	if got := ownSets(t); got != 9 {
		t.Errorf("%d sets, not five that are always there and four of two wide grants", got)
	}
	if rules := told(t, "iptables-save", "-t", "mangle"); !strings.Contains(rules, "--dport 100:200") {
		t.Errorf("no range in\n%s", rules)
	}
	enforced(t, kernel, policies.Verdict{})
	if got := ownSets(t); got != 5 {
		t.Errorf("%d sets are left", got)
	}
	if got := elements(t, "holdfast-in"); len(got) > 0 {
		t.Errorf("isolated: %v", got)
	}
	if rules := told(t, "iptables-save", "-t", "mangle"); strings.Contains(rules, "--dport") {
		t.Errorf("a range in\n%s", rules)
	}
}

func TestTheNextRunTakesOver(t *testing.T) {
	inOwnNetwork(t)
	everything := grant(policies.In, policies.Ports{}, "10.244.0.1", "192.0.2.0/24")
	enforced(t, New(allPods), isolating(everything))
	// As one that was killed while it filled a set.
	told(t, "ipset", "create", "holdfast-new-ip", "hash:ip")
	enforced(t, New(allPods), isolating())
	if got := ownSets(t); got != 5 {
		t.Errorf("%d sets are left", got)
	}
	if rules := told(t, "iptables-save", "-t", "mangle"); strings.Count(rules, "-A FORWARD -j HOLDFAST-POLICY") != 1 {
		t.Errorf("not hooked in once:\n%s", rules)
	}
}

func TestAfterAnErrorEverythingIsToldAnew(t *testing.T) {
	inOwnNetwork(t)
	kernel := New(allPods)
	enforced(t, kernel, isolating())
	broken := isolating()
	broken.Grants[0].Ports.Protocol = "NONE"
	if err := kernel.Enforce(broken); err == nil {
		t.Fatal("a protocol that there is none of was taken")
	}
	told(t, "ipset", "flush", "holdfast-known")
	enforced(t, kernel, isolating())
	if got := elements(t, "holdfast-known"); len(got) != 2 {
		t.Errorf("known: %v", got)
	}
}
