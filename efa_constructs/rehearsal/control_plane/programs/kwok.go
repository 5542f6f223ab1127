//go:build program_kwok

package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

func init() {
	programs["kwok"] = func() {
		flags := pflag.NewFlagSet("kwok", pflag.ContinueOnError)
		// Those of the command itself, which is made only when these are read: it takes its defaults from them.
		flags.ParseErrorsAllowlist.UnknownFlags = true
		flags.Usage = func() {}
		ctx, logger := log.InitFlags(signals.SetupSignalContext(), flags)
		ctx, err := config.InitFlags(ctx, flags)
		if err != nil {
			logger.Error("Init config flags", "err", err)
			os.Exit(1)
		}
		command := cmd.NewCommand(ctx)
		command.PersistentFlags().AddFlagSet(flags)
		version := command.Version
		// Where a command has a version, cobra wants a flag of that name to be a plain one. The other programs' is not,
		// and all of them share one set of flags.
		command.Version = ""
		if len(os.Args) == 2 && os.Args[1] == "--version" {
			fmt.Println("kwok version", version)
			return
		}
		if err := command.ExecuteContext(ctx); err != nil {
			logger.Error("Execute exit", "err", err)
			os.Exit(1)
		}
	}
}
