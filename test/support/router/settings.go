package main

import (
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// settings are the part of a configuration file of mongos that the stand-in heeds.
type settings struct {
	Net struct {
		Port      int    `yaml:"port"`
		BindIP    string `yaml:"bindIp"`
		BindIPAll bool   `yaml:"bindIpAll"`
		TLS       struct {
			CAFile             string `yaml:"CAFile"`
			CertificateKeyFile string `yaml:"certificateKeyFile"`
		} `yaml:"tls"`
	} `yaml:"net"`
	Security struct {
		KeyFile string `yaml:"keyFile"`
	} `yaml:"security"`
	Sharding struct {
		ConfigDB string `yaml:"configDB"`
	} `yaml:"sharding"`
}

func readSettings(file string) (*settings, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	read := &settings{}
	read.Net.Port = 27017
	read.Net.BindIP = "localhost"
	if err := yaml.Unmarshal(text, read); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return read, nil
}

// hosts are what to listen on; an empty one is all addresses, of both families.
func (s *settings) hosts() []string {
	if s.Net.BindIPAll {
		return []string{""}
	}
	return strings.Split(s.Net.BindIP, ",")
}

// systemPasswords are what members log in with at each other: the key file's text without white space, or the texts
// of a YAML sequence.
func (s *settings) systemPasswords() ([]string, error) {
	text, err := os.ReadFile(s.Security.KeyFile)
	if err != nil {
		return nil, err
	}
	var keys []string
	if yaml.Unmarshal(text, &keys) != nil {
		keys = []string{string(text)}
	}
	for index, key := range keys {
		keys[index] = strings.Join(strings.Fields(key), "")
	}
	return keys, nil
}

// splitHosts parses `set/host:port,host:port`.
func splitHosts(text string) (set string, hosts []string, err error) {
	set, list, found := strings.Cut(text, "/")
	if !found || set == "" || list == "" {
		return "", nil, fmt.Errorf("%q is not of the form set/host:port,host:port", text)
	}
	return set, strings.Split(list, ","), nil
}
