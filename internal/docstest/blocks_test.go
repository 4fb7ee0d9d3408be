package docstest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crosscloud-sdk/crosscloud"
)

// Every configuration in the documents is accepted.
func TestYAMLBlocks(t *testing.T) {
	for _, file := range documents(t) {
		for _, b := range blocksOf(t, file, "yaml") {
			client, err := crosscloud.Open(t.Context(), crosscloud.YAML(b.file, strings.NewReader(b.text)))
			if err != nil {
				t.Errorf("%s:%d: %v in\n%s", b.file, b.line, err, b.text)
				continue
			}
			_ = client.Close()
		}
	}
}

// commands are those that the documents may use.
var commands = []string{"cd", "export", "git", "go", "gofmt", ".ci/run"}

// Every command in the documents exists, and so do the packages, files and tests that it names.
func TestShellBlocks(t *testing.T) {
	tests := testNames(t)
	for _, file := range documents(t) {
		for _, b := range blocksOf(t, file, "sh") {
			for i, line := range strings.Split(strings.TrimSpace(b.text), "\n") {
				for _, problem := range wrongCommand(line, tests) {
					t.Errorf("%s:%d: %s: %s", b.file, b.line+i, line, problem)
				}
			}
		}
	}
}

func TestShellBlocksNotice(t *testing.T) {
	tests := []string{"TestRun"}
	for line, wrong := range map[string]bool{
		"go run ./examples/quickstart  # no account needed": false, "go run ./examples/nothing": true, "make all": true, "go test ./...": false,
		"go test -run TestRun ./examples/quickstart": false, "go test -run TestNothing ./kv": true, ".ci/run": false, "export A=b": false,
		"(cd examples/first && go run .)": false, "(cd examples/nothing && go run .)": true, "cat README.md | grep x": true, "go nothing": true,
		"go -C examples/driver test ./...": false, "go -C examples/nothing test ./...": true, "go -C examples/driver nothing": true,
		"go run ./internal/fuzzall -run x": false,
	} {
		if problems := wrongCommand(line, tests); (problems != nil) != wrong {
			t.Errorf("%s: %v", line, problems)
		}
	}
}

var goCommands = []string{"build", "doc", "env", "generate", "get", "list", "mod", "run", "test", "version", "vet", "work"}

// wrongCommand returns what is wrong with a line of a shell.
func wrongCommand(line string, tests []string) (problems []string) {
	line, _, _ = strings.Cut(line, "#")
	for _, command := range regexp.MustCompile(`&&|\||;|\(|\)`).Split(line, -1) {
		words := strings.Fields(command)
		for len(words) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(words[0]) {
			words = words[1:] // a variable for the command
		}
		if len(words) == 0 {
			continue
		}
		if !slices.Contains(commands, words[0]) {
			problems = append(problems, "no such command: "+words[0])
		}
		if len(words) > 3 && words[0] == "go" && words[1] == "-C" {
			if _, err := os.Stat(filepath.Join(root, words[2], "go.mod")); err != nil {
				problems = append(problems, "there is no module "+words[2])
			}
			words = append([]string{"go"}, words[3:]...)
		}
		if words[0] == "go" && (len(words) < 2 || !slices.Contains(goCommands, words[1])) {
			problems = append(problems, "no such command of go")
		}
		for i, word := range words[1:] {
			path, isPath := strings.CutPrefix(strings.Trim(word, `'"`), "./")
			isPath = isPath && path != "" || words[0] == "cd"
			if _, err := os.Stat(filepath.Join(root, strings.TrimSuffix(path, "..."))); isPath && err != nil && path != ".." {
				problems = append(problems, "there is no "+path)
			}
			if words[i] == "-run" && words[1] == "test" && !slices.ContainsFunc(tests, func(name string) bool {
				part, _, _ := strings.Cut(strings.Trim(word, `'"`), "/")
				match, err := regexp.MatchString(part, name)
				return err == nil && match
			}) {
				problems = append(problems, "no test is named so: "+word)
			}
		}
	}
	return problems
}

// testNames lists the tests of the module.
func testNames(t *testing.T) (names []string) {
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Example|Fuzz|Benchmark)\w*)\(`)
	for _, p := range packages(t) {
		if !p.isOurs() {
			continue
		}
		for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range declared.FindAllStringSubmatch(string(text), -1) {
				names = append(names, match[1])
			}
		}
	}
	return names
}
