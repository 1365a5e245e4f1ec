package kernel

import (
	"bytes"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"

	"holdfast.dev/local/network-policies/policies"
)

// Kernel knows what it has told the kernel, and tells it only what is new. It is for one caller at a time.
type Kernel struct {
	pods netip.Prefix
	// What each set holds; nothing is known at first, and after an error.
	filled map[string][]string
	rules  string
}

// New takes over what an earlier run left, which goes on being enforced until the first verdict.
func New(pods netip.Prefix) *Kernel {
	return &Kernel{pods: pods}
}

// Enforce makes a verdict hold. On its way from the verdict before to this one, the kernel lets nothing pass that both
// of them refuse. After an error, the next call tells everything anew.
func (k *Kernel) Enforce(verdict policies.Verdict) error {
	drawn := render(k.pods, verdict)
	err := k.enforce(drawn)
	if err != nil {
		k.filled, k.rules = nil, ""
	}
	return err
}

func (k *Kernel) enforce(drawn picture) error {
	if k.filled == nil {
		if err := k.begin(drawn); err != nil {
			return err
		}
	}
	if err := k.fill(drawn.grants); err != nil {
		return err
	}
	rulesChanged := drawn.rules != k.rules
	if rulesChanged {
		if err := run(drawn.rules, "iptables-restore", "--noflush", "--wait"); err != nil {
			return err
		}
		k.rules = drawn.rules
	}
	if err := k.fill(drawn.guards); err != nil {
		return err
	}
	if rulesChanged {
		return k.forget(drawn)
	}
	return nil
}

// begin makes what the rules name, and hooks them in.
func (k *Kernel) begin(drawn picture) error {
	left, err := ours()
	if err != nil {
		return err
	}
	for _, name := range left {
		if strings.HasPrefix(name, filling) {
			if err := run("", "ipset", "destroy", name); err != nil {
				return err
			}
		}
	}
	var script strings.Builder
	for _, each := range drawn.guards {
		script.WriteString(create(each))
	}
	if err := run(script.String(), "ipset", "restore"); err != nil {
		return err
	}
	k.filled = map[string][]string{}
	return nil
}

// fill tells the sets that hold something else by now.
func (k *Kernel) fill(sets []set) error {
	var script strings.Builder
	for _, each := range sets {
		before, isKnown := k.filled[each.name]
		if isKnown && slices.Equal(before, each.elements) {
			continue
		}
		if !isKnown {
			script.WriteString(create(each))
		}
		script.WriteString(fill(each))
	}
	if script.Len() == 0 {
		return nil
	}
	if err := run(script.String(), "ipset", "restore"); err != nil {
		return err
	}
	for _, each := range sets {
		k.filled[each.name] = each.elements
	}
	return nil
}

// forget hooks the rules in where they are not, and removes the sets that they do not name any more.
func (k *Kernel) forget(drawn picture) error {
	for _, hook := range hooks {
		jump := []string{hook, "--jump", chain}
		if run("", "iptables", append([]string{"--wait", "--table", table, "--check"}, jump...)...) == nil {
			continue
		}
		if err := run("", "iptables", append([]string{"--wait", "--table", table, "--insert"}, jump...)...); err != nil {
			return err
		}
	}
	wanted := map[string]bool{}
	for _, each := range drawn.sets() {
		wanted[each.name] = true
	}
	there, err := ours()
	if err != nil {
		return err
	}
	for _, name := range there {
		if wanted[name] {
			continue
		}
		if err := run("", "ipset", "destroy", name); err != nil {
			return err
		}
		delete(k.filled, name)
	}
	return nil
}

// ours are the names of the sets that this program, or an earlier run of it, made.
func ours() ([]string, error) {
	output, err := exec.Command("ipset", "list", "-name").Output()
	if err != nil {
		return nil, fmt.Errorf("ipset list: %w", err)
	}
	var names []string
	for _, name := range strings.Fields(string(output)) {
		if strings.HasPrefix(name, setPrefix) {
			names = append(names, name)
		}
	}
	return names, nil
}

func run(input, program string, arguments ...string) error {
	command := exec.Command(program, arguments...)
	command.Stdin = strings.NewReader(input)
	var told bytes.Buffer
	command.Stderr = &told
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, strings.Join(arguments, " "), err, strings.TrimSpace(told.String()))
	}
	return nil
}
