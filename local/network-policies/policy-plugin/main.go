// Command policy-plugin is the last network plugin of the local cluster: it lets a pod start when the NetworkPolicies
// that select it are enforced. https://www.cni.dev/docs/spec/
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"

	"holdfast.dev/local/network-policies/announcement"
)

// The enforcer starts after the node, when the whole machine starts.
const bound = 30 * time.Second

type configuration struct {
	types.NetConf
	Socket string `json:"socket"`
}

// What the runtime says of the pod.
type podArguments struct {
	types.CommonArgs
	K8S_POD_NAMESPACE types.UnmarshallableString
	K8S_POD_NAME      types.UnmarshallableString
	K8S_POD_UID       types.UnmarshallableString
}

func main() {
	nothing := func(*skel.CmdArgs) error { return nil }
	functions := skel.CNIFuncs{Add: add, Del: nothing, Check: nothing}
	skel.PluginMainFuncs(functions, version.All, "announces pods to the enforcer of network policies")
}

func add(arguments *skel.CmdArgs) error {
	var given configuration
	if err := json.Unmarshal(arguments.StdinData, &given); err != nil {
		return err
	}
	if err := version.ParsePrevResult(&given.NetConf); err != nil {
		return err
	}
	if given.PrevResult == nil {
		return errors.New("no plugin before this one has given the pod an address")
	}
	result, err := current.NewResultFromResult(given.PrevResult)
	if err != nil {
		return err
	}
	announced, err := announcementOf(arguments.Args, result)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := announcement.Send(ctx, given.Socket, announced); err != nil {
		return err
	}
	return types.PrintResult(given.PrevResult, given.CNIVersion)
}

func announcementOf(arguments string, result *current.Result) (announcement.Announcement, error) {
	var pod podArguments
	if err := types.LoadArgs(arguments, &pod); err != nil {
		return announcement.Announcement{}, err
	}
	announced := announcement.Announcement{
		Namespace: string(pod.K8S_POD_NAMESPACE),
		Name:      string(pod.K8S_POD_NAME),
		UID:       string(pod.K8S_POD_UID),
	}
	for _, each := range result.IPs {
		address, isAddress := netip.AddrFromSlice(each.Address.IP)
		if !isAddress {
			return announcement.Announcement{}, fmt.Errorf("%s is no address", each.Address.IP)
		}
		announced.Addresses = append(announced.Addresses, address.Unmap())
	}
	return announced, nil
}
