// Command compose-check reads a compose file as Docker Compose does, refuses what cannot run, and prints what would.
package main

import (
	"context"
	"fmt"
	"os"
	"sort"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: compose-check docker-compose.yml .env [profile ...]"))
	}
	project, err := load(os.Args[1], os.Args[2], os.Args[3:])
	if err != nil {
		fail(err)
	}
	if err := checkHealth(project); err != nil {
		fail(err)
	}
	resolved, err := project.MarshalJSON()
	if err != nil {
		fail(err)
	}
	fmt.Println(string(resolved))
}

// load takes variables from the env file alone, so that it says the same on every machine, and from there the profiles
// too unless some are given.
func load(file string, env string, profiles []string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithEnvFiles(env), cli.WithDotEnv, cli.WithName("bangkom"),
		cli.WithDefaultProfiles(profiles...))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

// checkHealth wants a health check of every service that others wait for, which the file format does not.
func checkHealth(project *types.Project) error {
	for _, name := range sortedNames(project.Services) {
		for other, dependency := range project.Services[name].DependsOn {
			awaited, there := project.Services[other]
			if !there || dependency.Condition != types.ServiceConditionHealthy {
				continue
			}
			if awaited.HealthCheck == nil || awaited.HealthCheck.Disable || len(awaited.HealthCheck.Test) == 0 {
				return fmt.Errorf("service %q waits for %q to be healthy, which has no health check", name, other)
			}
		}
	}
	return nil
}

func sortedNames(services types.Services) []string {
	names := make([]string, 0, len(services))
	for name := range services {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "compose-check: %v\n", err)
	os.Exit(1)
}
