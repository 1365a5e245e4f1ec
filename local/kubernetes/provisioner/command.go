// Package provisioner gives the local cluster its dynamic volumes: folders on the node.
package provisioner

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Name is what a StorageClass names as its provisioner.
const Name = "holdfast.dev/local-volumes"

// NewCommand is the program `volume-provisioner`.
func NewCommand() *cobra.Command {
	var kubeconfig, root, node string
	command := &cobra.Command{
		Use:          "volume-provisioner",
		SilenceUsage: true,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			config.QPS = -1
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			root, err = filepath.Abs(root)
			if err != nil {
				return err
			}
			controller.NewProvisionController(command.Context(), client, Name, volumes{root: root, node: node},
				controller.LeaderElection(false),
				controller.Threadiness(8),
				controller.ResyncPeriod(time.Minute),
				controller.RateLimiter(workqueue.NewTypedItemExponentialFailureRateLimiter[string](50*time.Millisecond, 10*time.Second)),
			).Run(command.Context())
			return nil
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the cluster")
	command.Flags().StringVar(&root, "root", "", "the folder that holds the volumes")
	command.Flags().StringVar(&node, "node", "", "the name of the node that the folder is on")
	return command
}
