// Package announcement is what the network plugin tells the enforcer: a pod is about to start, and has these addresses.
package announcement

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

const path = "/pods"

// Announcement is answered when everything that holds for the pod is enforced.
type Announcement struct {
	Namespace string       `json:"namespace"`
	Name      string       `json:"name"`
	UID       string       `json:"uid"`
	Addresses []netip.Addr `json:"addresses"`
}

// Send waits for the answer; as long as nobody listens, it tries again.
func Send(ctx context.Context, socket string, announced Announcement) error {
	body, err := json.Marshal(announced)
	if err != nil {
		return err
	}
	dialer := net.Dialer{}
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
	}}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://enforcer"+path, bytes.NewReader(body))
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			return outcome(response)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the enforcer of network policies does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func outcome(response *http.Response) error {
	defer response.Body.Close()
	if response.StatusCode == http.StatusNoContent {
		return nil
	}
	told, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return err
	}
	return fmt.Errorf("the enforcer of network policies answers %d: %s", response.StatusCode, strings.TrimSpace(string(told)))
}

// Handler gives each announcement to `enforce`, and answers when that returns.
func Handler(enforce func(context.Context, Announcement) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+path, func(response http.ResponseWriter, request *http.Request) {
		var announced Announcement
		if err := json.NewDecoder(request.Body).Decode(&announced); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		if err := enforce(request.Context(), announced); err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
		response.WriteHeader(http.StatusNoContent)
	})
	return mux
}
