module holdfast.dev/chart-check

go 1.24.0

tool github.com/yannh/kubeconform/cmd/kubeconform

// Of these two, the definitions of their kinds are read, which `go mod tidy` does not see.
require (
	github.com/openshift/api v0.0.0-20240124164020-e2ce40831f2e
	github.com/prometheus-operator/prometheus-operator v0.85.0
)

require (
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.7 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.1 // indirect
	github.com/yannh/kubeconform v0.7.0 // indirect
	go.yaml.in/yaml/v2 v2.4.2 // indirect
	golang.org/x/text v0.28.0 // indirect
	sigs.k8s.io/yaml v1.6.0 // indirect
)
