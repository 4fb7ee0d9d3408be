package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
)

// Peak memory is that of a process of its own, which makes one call of one client.

// peakOf starts such a process and returns by how many bytes its memory grew, 0 where the system does not tell.
func peakOf(host, name string, kind int) (float64, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(program, "-peak", host+" "+strconv.Itoa(kind)+" "+name)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("peak memory of %s: %w", name, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// printPeak is that process. The value that a caller writes counts as memory of the call.
func printPeak(ctx context.Context, said string) error {
	host, rest, _ := strings.Cut(said, " ")
	number, name, _ := strings.Cut(rest, " ")
	kind, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	// A small call first, so that what is set up once does not count.
	all, end, err := allWorkloads(ctx, host)
	if err != nil {
		return err
	}
	defer end()
	provider, _, _ := strings.Cut(name, "/")
	if _, err := find(all, provider+"/get").call[kind](ctx); err != nil {
		return err
	}
	w := find(all, name)
	given := 0
	if w.want.value == nil {
		given = w.payload // made already
	}
	debug.FreeOSMemory()
	// This makes Linux start its count of the largest memory anew.
	ok := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil
	before := residentPeak()
	if _, err := w.call[kind](ctx); err != nil {
		return err
	}
	grown := residentPeak() - before + given
	if !ok {
		grown = 0
	}
	fmt.Println(grown)
	return nil
}

func find(all []workload, name string) workload {
	for _, w := range all {
		if w.name == name {
			return w
		}
	}
	panic("no workload " + name)
}

// residentPeak returns the largest memory so far, 0 where the system does not tell.
func residentPeak() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	number, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	kilobytes, _ := strconv.Atoi(string(number))
	return kilobytes << 10
}
