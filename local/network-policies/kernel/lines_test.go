package kernel

import (
	"regexp"
	"strings"
	"testing"
)

func matchesLine(t *testing.T, text, pattern string) bool {
	t.Helper()
	expression := regexp.MustCompile("^" + pattern + "$")
	for _, line := range strings.Split(text, "\n") {
		if expression.MatchString(line) {
			return true
		}
	}
	return false
}
