// The programs of a Kubernetes control plane in one: most of what each is made of, all need.
//
// Run under the name of a program, as a symbolic link gives it, this is that program. Which are in it, build tags say:
// program_etcd, program_kube_apiserver and so on, one for each file beside this one.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// What each program does, by its name. Every file adds its own.
var programs = map[string]func(){}

func main() {
	name := filepath.Base(os.Args[0])
	run, known := programs[name]
	if !known {
		fmt.Fprintf(os.Stderr, "there is no program '%s' in here: run this by a link with the name of one\n", name)
		os.Exit(2)
	}
	run()
}
