// Command types answers questions about Go packages with Go's own type checker.
//
// It reads one JSON document from stdin and writes one to stdout: a Request and a Reply.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	// The heap is small and short-lived: collecting it often would cost more than it saves.
	debug.SetGCPercent(400)
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var request Request
	if err := json.NewDecoder(in).Decode(&request); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(answer(request))
}
