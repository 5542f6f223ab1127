//go:build program_kube_controller_manager

package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func init() {
	programs["kube-controller-manager"] = func() { os.Exit(cli.Run(app.NewControllerManagerCommand())) }
}
