// Reads docker-compose.yml as Docker does: by the schema of the compose specification, with what it refers to.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(file string) error {
	options, err := cli.NewProjectOptions([]string{file})
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	for _, secret := range project.Secrets {
		if _, err := os.Stat(secret.File); err != nil {
			return err
		}
	}
	for name, service := range project.Services {
		if err := checkService(project, name, service); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d services\n", file, len(project.Services))
	return nil
}

// checkService looks at what the schema cannot say: folders that are built and mounted are there, and who waits for
// another's health waits for somebody who tells it.
func checkService(project *types.Project, name string, service types.ServiceConfig) error {
	if service.Build != nil {
		if _, err := os.Stat(service.Build.Context + "/Dockerfile"); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, volume := range service.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		if _, err := os.Stat(volume.Source); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	// Of the broker's image, the Dockerfile tells it.
	ofImage := []string{"api", "worker"}
	for other, dependency := range service.DependsOn {
		if dependency.Condition == types.ServiceConditionHealthy && project.Services[other].HealthCheck == nil && !slices.Contains(ofImage, other) {
			return fmt.Errorf("%s waits for the health of %s, which has no healthcheck", name, other)
		}
	}
	return nil
}
