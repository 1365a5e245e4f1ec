// Command policy-enforcer makes NetworkPolicies hold on the one node of the local cluster. It ends without taking back
// what it enforced: the next one takes that over.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"holdfast.dev/local/network-policies/announcement"
	"holdfast.dev/local/network-policies/cluster"
	"holdfast.dev/local/network-policies/kernel"
)

const (
	// How long a pod that was announced may take to be known here.
	podBound = 10 * time.Second
	// After the kernel refused something.
	retryAfter = time.Second
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how to reach the cluster")
	socket := flag.String("socket", "", "where the network plugin announces pods")
	pods := flag.String("pods", "", "where all pods have their addresses, such as 10.244.0.0/22")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *kubeconfig, *socket, *pods); err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

func run(ctx context.Context, kubeconfig, socket, pods string) error {
	prefix, err := netip.ParsePrefix(pods)
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	watch, err := cluster.Start(ctx, client)
	if err != nil {
		return err
	}
	enforcer := enforcer{watch: watch, kernel: kernel.New(prefix)}
	if err := enforcer.enforce(); err != nil {
		return err
	}
	server := http.Server{Handler: announcement.Handler(enforcer.announced)}
	listener, err := listen(socket)
	if err != nil {
		return err
	}
	go enforcer.follow(ctx)
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// listen takes the place of an earlier run that was killed.
func listen(socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", socket)
}

func (e *enforcer) announced(ctx context.Context, announced announcement.Announcement) error {
	known, cancel := context.WithTimeout(ctx, podBound)
	defer cancel()
	uid := types.UID(announced.UID)
	if err := e.watch.Give(known, announced.Namespace, announced.Name, uid, announced.Addresses); err != nil {
		return err
	}
	return e.enforce()
}
