// Package scheduling has what the local cluster's scheduler does besides what every scheduler does.
package scheduling

import (
	"context"
	"fmt"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	listers "k8s.io/client-go/listers/core/v1"
	scheduler "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// BoundVolumes hands a pod to its node only when every claim of it says that it is bound.
//
// A claim is bound in two writes: the name of its volume, then its phase. The scheduler goes by the first, the
// kubelet by the second; a pod that arrives between the two fails to mount and is tried again only after ten seconds.
const BoundVolumes = "BoundVolumes"

type boundVolumes struct {
	claims listers.PersistentVolumeClaimLister
}

var _ framework.PreBindPlugin = boundVolumes{}

// NewBoundVolumes makes the plugin.
func NewBoundVolumes(_ context.Context, _ runtime.Object, handle framework.Handle) (framework.Plugin, error) {
	return boundVolumes{handle.SharedInformerFactory().Core().V1().PersistentVolumeClaims().Lister()}, nil
}

func (boundVolumes) Name() string {
	return BoundVolumes
}

// PreBindPreFlight tells whether PreBind has anything to wait for.
func (b boundVolumes) PreBindPreFlight(_ context.Context, _ scheduler.CycleState, pod *core.Pod, _ string) *scheduler.Status {
	if b.unbound(pod) == "" {
		return scheduler.NewStatus(scheduler.Skip)
	}
	return nil
}

// PreBind waits; it runs beside the scheduling of other pods.
func (b boundVolumes) PreBind(ctx context.Context, _ scheduler.CycleState, pod *core.Pod, _ string) *scheduler.Status {
	err := wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, 10*time.Second, true, func(context.Context) (bool, error) {
		return b.unbound(pod) == "", nil
	})
	if err != nil {
		return scheduler.AsStatus(fmt.Errorf("claim %q is not bound: %w", b.unbound(pod), err))
	}
	return nil
}

// unbound names the first claim of the pod that does not say that it is bound.
func (b boundVolumes) unbound(pod *core.Pod) string {
	for _, volume := range pod.Spec.Volumes {
		name := ""
		switch {
		case volume.PersistentVolumeClaim != nil:
			name = volume.PersistentVolumeClaim.ClaimName
		case volume.Ephemeral != nil:
			name = pod.Name + "-" + volume.Name
		default:
			continue
		}
		claim, err := b.claims.PersistentVolumeClaims(pod.Namespace).Get(name)
		if err != nil || claim.Status.Phase != core.ClaimBound {
			return name
		}
	}
	return ""
}
