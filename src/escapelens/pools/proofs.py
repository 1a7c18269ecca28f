"""What the proofs of the statements share, and a pool as it should be."""

EXAMPLE = """\
package p

import (
	"bytes"
	"io"
	"sync"
)

const keep = 64 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func free(buffer *bytes.Buffer) {
	if buffer.Cap() <= keep {
		buffers.Put(buffer)
	}
}

func Send(w io.Writer, render func(*bytes.Buffer) error) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer free(buffer)
	buffer.Reset()
	if err := render(buffer); err != nil {
		return err
	}
	_, err := w.Write(buffer.Bytes())
	return err
}
"""
"""A pool as it should be."""

HARNESS = """\
package p

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

// alone makes what a pool gives predictable: one processor, and no collection of its own.
func alone(t *testing.T) {
	processors, percent := runtime.GOMAXPROCS(1), debug.SetGCPercent(-1)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(processors)
		debug.SetGCPercent(percent)
	})
}

// children are run in a process of their own.
var children = map[string]func(){}

func TestMain(m *testing.M) {
	if run, ok := children[os.Getenv("POOL_CHILD")]; ok {
		run()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(t *testing.T, name string) (string, int) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "POOL_CHILD="+name)
	out, _ := command.CombinedOutput()
	return string(out), command.ProcessState.ExitCode()
}
"""
"""What the proofs share."""
