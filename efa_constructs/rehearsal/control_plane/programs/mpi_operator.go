//go:build program_mpi_operator

package main

import (
	"flag"
	"fmt"
	"net/http"

	"github.com/kubeflow/mpi-operator/cmd/mpi-operator/app"
	"github.com/kubeflow/mpi-operator/cmd/mpi-operator/app/options"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/klog/v2"
)

func init() {
	programs["mpi-operator"] = func() {
		server := options.NewServerOption()
		server.AddFlags(flag.CommandLine)
		flag.Parse()
		if server.PrintVersion {
			// Upstream's package has no such function, the build adds it: by this line, an operator that was built here is
			// told from another, which listens on a port of its own choice.
			fmt.Println("Health address:", app.HealthAddress())
		}
		if server.MonitoringPort != 0 {
			go monitor(server.MonitoringPort)
		}
		if err := app.Run(server); err != nil {
			klog.Fatalf("%v\n", err)
		}
	}
}

func monitor(port int) {
	http.Handle("/metrics", promhttp.Handler())
	if err := http.ListenAndServe(fmt.Sprintf(":%d", port), nil); err != nil {
		klog.Error("no metrics: ", err)
	}
}
